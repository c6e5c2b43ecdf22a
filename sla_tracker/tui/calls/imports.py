"""Calls that read a list, judge its rows, take it over, or take an import back."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING, Any

from sla_tracker.domain.imports.run import RunState
from sla_tracker.errors import N_, Refused, UsageError
from sla_tracker.services.access import Right, may
from sla_tracker.services.imports import kinds
from sla_tracker.services.imports.maps import completed_by, maps, remember, remembered
from sla_tracker.services.imports.parts import runs
from sla_tracker.services.imports.rows import KindNotSaid, RowFate
from sla_tracker.services.imports.undo import take_back
from sla_tracker.tui.messages import Done, GatewayMessage
from sla_tracker.wording.imports.sentences import format_imported, format_taken_back, plan_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sla_tracker.domain.imports.run import ImportKind, ImportMap, ImportRun, ListReading
    from sla_tracker.services.deployment import OpenDeployment
    from sla_tracker.services.imports.rows import Imported, ImportPlan, ReadList
    from sla_tracker.services.imports.undo import TakenBack
    from sla_tracker.tui.gateway import Call

MOST_RUNS = 20
"""Earlier imports that are offered, latest first."""


class ImportsLoaded(GatewayMessage):
    """The imports this person may continue or take back, and the remembered maps.

    A map tells how a list is read.
    """

    def __init__(self, found: Sequence[ImportRun], known: Sequence[ImportMap]) -> None:
        super().__init__()
        self.runs, self.maps = found, known


class ListPlanned(GatewayMessage):
    """A list was read; `lines` say how, and what becomes of each row.

    `run` is the import that is continued, if any.
    """

    def __init__(self, plan: ImportPlan[Any], lines: Sequence[str], run: ImportRun | None) -> None:
        super().__init__()
        self.plan, self.lines, self.run = plan, lines, run


class ListImported(Done):
    """A list was taken over."""

    undoable = False

    def __init__(self, found: Imported[Any], corrections: int) -> None:
        super().__init__()
        self.found, self.corrections = found, corrections

    def sentence(self) -> str:
        """Return what was done."""
        return " ".join(format_imported(self.found, corrections=self.corrections))


class ImportTakenBack(Done):
    """An import was taken back."""

    undoable = False

    def __init__(self, found: TakenBack) -> None:
        super().__init__()
        self.found = found

    def sentence(self) -> str:
        """Return what was done."""
        return " ".join(format_taken_back(self.found))


def load_imports(deployment: OpenDeployment) -> ImportsLoaded:
    """Return the imports the actor may continue or take back, and remembered maps."""
    context, actor = deployment.context, deployment.actor
    every = may(context.acting(actor, context.now()), Right.ADMINISTER)
    found = [
        run
        for run in runs(context)
        if run.state is not RunState.UNDONE and (every or run.department == actor.department)
    ]
    return ImportsLoaded(found[:MOST_RUNS], maps(context))


def plan_list(
    kind: ImportKind, file: str, reading: ListReading, named: str = "", run: ImportRun | None = None
) -> Call:
    """Read a list and judge its rows; changes nothing.

    `named` is a remembered map; what the reading says itself goes before it. `run` is an import that goes on, which
    knows how its list is read.
    """

    def call(deployment: OpenDeployment) -> ListPlanned:
        context = deployment.context
        if not file:
            raise UsageError(N_("Name the file of the list."))
        known = completed_by(reading, remembered(context, named, kind)) if named else reading
        read = _read(deployment, kind, file, run.reading if run is not None else known)
        plan = kinds.plan_list(context, deployment.actor, read, run)
        return ListPlanned(plan, tuple(plan_lines(context, plan)), run)

    return call


def _read(deployment: OpenDeployment, kind: ImportKind, file: str, reading: ListReading) -> ReadList[Any]:
    try:
        return deployment.read_list(kind, file, reading)
    except KindNotSaid as problem:
        raise UsageError(
            N_("The list does not say which kind of event it holds; choose it above.")
        ) from problem
    except UsageError as problem:
        reason = problem.values.get("reason")
        if isinstance(reason, OSError) and reason.errno == errno.EPERM:
            raise Refused(
                N_(
                    "Behind a service your own sla opens only files whose names you typed: type {file} in one go, "
                    "or paste it."
                ),
                file=file,
            ) from problem
        raise


def take_list(plan: ImportPlan[Any], *, update: bool, name: str = "", run: ImportRun | None = None) -> Call:
    """Take the certain rows of a list over.

    How the list was read is remembered under `name`, if there is one.
    """

    def call(deployment: OpenDeployment) -> ListImported:
        context, actor, read = deployment.context, deployment.actor, plan.read
        if name:
            remember(context, actor, name, read.kind, read.reading)
        corrects = update or (run is not None and run.update)
        found = kinds.take_list(context, actor, plan, update=corrects, run=run)
        return ListImported(found, 0 if corrects else len(plan.with_fate(RowFate.CHANGED)))

    return call


def take_import_back(run: ImportRun) -> Call:
    """Take back all that an import registered."""

    def call(deployment: OpenDeployment) -> ImportTakenBack:
        return ImportTakenBack(take_back(deployment.context, deployment.actor, run))

    return call
