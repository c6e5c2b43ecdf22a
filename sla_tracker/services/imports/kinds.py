"""Table of the kinds of lists: how each is judged and taken over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sla_tracker.domain.imports.run import ImportKind, ImportRun
from sla_tracker.domain.people import Actor
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.imports.events import import_events, plan_events
from sla_tracker.services.imports.past import import_past, plan_past
from sla_tracker.services.imports.requests import import_requests, plan_requests
from sla_tracker.services.imports.rows import Entry, Imported, ImportPlan, ReadList
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class _Steps:
    """The two use cases of one kind of list."""

    plan: Callable[..., Any]
    take: Callable[..., Any]


_STEPS: Mapping[ImportKind, _Steps] = {
    ImportKind.EVENTS: _Steps(plan=plan_events, take=import_events),
    ImportKind.REQUESTS: _Steps(plan=plan_requests, take=import_requests),
    ImportKind.PAST: _Steps(plan=plan_past, take=import_past),
}


def plan_list(
    context: ServiceContext, actor: Actor, read: ReadList[Entry], run: ImportRun | None = None
) -> ImportPlan[Entry]:
    """Return what would become of each row of a list of any kind; changes nothing.

    Raises Forbidden.
    """
    plan: ImportPlan[Entry] = _STEPS[read.kind].plan(context, actor, read, run)
    return plan


def take_list(
    context: ServiceContext,
    actor: Actor,
    plan: ImportPlan[Entry],
    *,
    update: bool = False,
    run: ImportRun | None = None,
    progress: Callable[[int], None] | None = None,
) -> Imported[Entry]:
    """Take the certain rows of a list of any kind over.

    `update` makes its corrections, too. `run` is an import that was broken off and goes on; `progress` is called with
    the number of the last row of each commit. Raises Forbidden, and Refused where the import cannot go on.
    """
    found: Imported[Entry] = _STEPS[plan.read.kind].take(
        context, actor, plan, update=update, run=run, progress=progress
    )
    return found
