"""Calls that read a list, judge its rows and take it over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sla_tracker.domain.imports.run import ImportKind
from sla_tracker.errors import N_, Refused, UsageError
from sla_tracker.services.imports.events import import_events, plan_events
from sla_tracker.services.imports.maps import remembered
from sla_tracker.services.imports.rows import RowFate
from sla_tracker.tui.messages import Done, GatewayMessage
from sla_tracker.wording.imports.sentences import format_imported, plan_lines

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sla_tracker.domain.imports.run import Reading
    from sla_tracker.services.deployment import OpenDeployment
    from sla_tracker.services.imports.rows import Imported, ImportPlan
    from sla_tracker.tui.gateway import Call


class ListPlanned(GatewayMessage):
    """A list was read; `lines` say how, and what becomes of each row."""

    def __init__(self, plan: ImportPlan[Any], lines: Sequence[str]) -> None:
        super().__init__()
        self.plan, self.lines = plan, lines


class ListImported(Done):
    """A list was taken over."""

    undoable = False

    def __init__(self, found: Imported[Any], corrections: int) -> None:
        super().__init__()
        self.found, self.corrections = found, corrections

    def sentence(self) -> str:
        """Return what was done."""
        return " ".join(format_imported(self.found, corrections=self.corrections))


def plan_list(file: str, reading: Reading, named: str = "") -> Call:
    """Read a list of events and judge its rows; changes nothing.

    `named` is a remembered map; what the reading says itself goes before it.
    """

    def call(deployment: OpenDeployment) -> ListPlanned:
        context = deployment.context
        if not file:
            raise UsageError(N_("Name the file of the list."))
        known = reading
        if named:
            kept = remembered(context, named, ImportKind.EVENTS)
            known = replace(
                kept,
                about=reading.about or kept.about,
                columns={**kept.columns, **reading.columns},
                dates=reading.dates or kept.dates,
                year=reading.year,
                again=reading.again,
                sheet="",
            )
        try:
            read = deployment.read_events(file, known)
        except UsageError as problem:
            if isinstance(problem.values.get("reason"), PermissionError):
                raise Refused(
                    N_(
                        "{file} cannot be read from here. Behind a service only the command line reads files: "
                        "sla event import {file}"
                    ),
                    file=file,
                ) from problem
            raise
        plan = plan_events(context, deployment.actor, read)
        return ListPlanned(plan, tuple(plan_lines(context, plan)))

    return call


def take_list(plan: ImportPlan[Any], *, update: bool) -> Call:
    """Take the certain rows of a list over."""

    def call(deployment: OpenDeployment) -> ListImported:
        found = import_events(deployment.context, deployment.actor, plan, update=update)
        return ListImported(found, 0 if update else len(plan.with_fate(RowFate.CHANGED)))

    return call
