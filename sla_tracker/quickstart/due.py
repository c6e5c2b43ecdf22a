"""Answers `sla due` from the start-up cache.

Valid while day, settings and plugins are those of the last opening; only for the simplest calls (fast_call.py).
The list is written by the code of the ordinary command (cli/formats/due_list.py).
"""

from collections.abc import Callable, Mapping
from datetime import date
from pathlib import Path

from sla_tracker.cli import output
from sla_tracker.cli.formats.due_list import DueList, RowContext, scope_of, write_document, write_list
from sla_tracker.domain.duties.states import OWED
from sla_tracker.domain.text import Text
from sla_tracker.quickstart import cache_file
from sla_tracker.quickstart.cache_file import Cache
from sla_tracker.quickstart.fast_call import FastCall
from sla_tracker.quickstart.journal_tail import CacheInconclusive, Delta, DutySummary
from sla_tracker.services.queries.rows import Scope, urgency


def answer(call: FastCall) -> int:
    """Write the list and return the exit code.

    Raises CacheOutdated and CacheInconclusive.
    """
    folder = cache_file.deployment(call.folder)
    with cache_file.read(folder) as cache:
        due, row_context = _found(call, folder, cache)
    return output.finished(lambda: (write_document if call.as_json else write_list)(row_context, due))


def _found(call: FastCall, folder: Path, cache: Cache) -> tuple[DueList, RowContext]:
    now, delta = cache_file.checked(folder, cache)
    cache_file.set_language(call, cache)
    row_context = RowContext(
        at=now,
        zone=cache_file.zone_of(cache),
        departments=cache.departments(),
        people={id: person["name"] for id, person in cache.header["people"].items()},
        next_workdays={id: date.fromisoformat(day) for id, day in cache.header["next_workdays"].items()},
    )
    return _due(call, cache, delta, row_context), row_context


def _due(call: FastCall, cache: Cache, delta: Delta, row_context: RowContext) -> DueList:
    person, own = cache_file.actor_of(call, cache, row_context.at)
    named = _department(call.department, row_context.departments)
    scope = scope_of(
        Scope(call.scope) if call.scope else None, named or own, looked_at=bool(named), ahead=False
    )
    department = "" if scope is Scope.ALL else named or own
    if (scope is Scope.ALL and named) or (scope is not Scope.ALL and not department):
        raise CacheInconclusive
    fits = _scope_filter(scope, department, person)
    sections = [department] if scope in {Scope.OURS, Scope.MINE, Scope.POOL} else list(cache.header["spans"])
    chosen = (summary for summary in cache_file.summaries(cache, delta, sections) if fits(summary))
    rows = [cache_file.row_of(summary, cache, delta, row_context.at, row_context.zone) for summary in chosen]
    return DueList(scope=scope, department=department, rows=sorted(rows, key=urgency))


def _scope_filter(scope: Scope, department: str, person: str) -> Callable[[DutySummary], bool]:
    """Return the function that decides whether a duty is in the scope."""
    match scope:
        case Scope.OURS:
            return lambda summary: summary.provider == department
        case Scope.MINE:
            return lambda summary: summary.provider == department and summary.assignee == person
        case Scope.POOL:
            return lambda summary: (
                summary.provider == department and not summary.assignee and summary.state in OWED
            )
        case Scope.OWED_TO_US:
            return lambda summary: summary.consumer == department
    return lambda _summary: True


def _department(named: str, departments: Mapping[str, Text]) -> str:
    if not named:
        return ""
    for id, name in departments.items():
        if named in {id, name.zh, name.en}:
            return id
    raise CacheInconclusive
