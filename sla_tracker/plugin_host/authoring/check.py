"""Checks one plugin file, with a deployment's plugins, without enabling it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime
from pathlib import Path
from types import MappingProxyType

from sla_tracker.domain.agreements.clocks import CalendarLookup, clock_for
from sla_tracker.domain.agreements.obligation import Obligation, Recurring
from sla_tracker.domain.agreements.occurrences import Occurrence
from sla_tracker.domain.agreements.versions import needs_calendar
from sla_tracker.domain.deadlines.calendar_rules import RecurringRule
from sla_tracker.domain.deadlines.rules import Turn
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.errors import N_, PluginError, SlaError, WithProblems
from sla_tracker.plugin_host.authoring.unknown_names import unknown_names
from sla_tracker.plugin_host.checklists.places import placed
from sla_tracker.plugin_host.checks import turn_problems
from sla_tracker.plugin_host.field_checks import place_of
from sla_tracker.plugin_host.host import PluginHost
from sla_tracker.plugin_host.sources import CHECKLIST_SUFFIX
from sla_tracker.plugin_host.status import PluginStatus
from sla_tracker.services.authoring.joins import Join, NeverJoined, joins, never_joined
from sla_tracker.services.authoring.preview import Example, alike, calendars_by, coming, examples
from sla_tracker.services.authoring.workshop import DRAFT_MARK
from sla_tracker.services.deployment import PluginState
from sla_tracker.value_class import dataclass

MONTHS_AHEAD = 12

# Loads the deployment's plugins, with the given files (by plugin name) instead of those of the same name.
Loader = Callable[[Mapping[str, object]], PluginHost]


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckReport:
    """Result of checking a plugin file.

    `coming` are the duties of the next twelve months, `examples` those that events and requests would open now, each
    with the steps that explain its deadline. `unknown` are errors of undeclared names in a checklist that cannot be
    loaded, `joins` what waits for what, `unjoined` errors of dependencies by which nothing ever waits,
    `misnamed` errors of exceptions that name no turn on the calendar.
    """

    status: PluginStatus
    host: PluginHost
    obligations: tuple[Obligation, ...] = ()
    coming: tuple[Occurrence, ...] = ()
    examples: tuple[Example, ...] = ()
    unknown: tuple[SlaError, ...] = ()
    joins: tuple[Join, ...] = ()
    unjoined: tuple[SlaError, ...] = ()
    misnamed: tuple[SlaError, ...] = ()

    @property
    def is_good(self) -> bool:
        """Return whether the plugin can be enabled as it is."""
        return self.status.state is PluginState.ACTIVE and not (self.unjoined or self.misnamed)

    @property
    def problems(self) -> tuple[SlaError, ...]:
        """Return all errors of the plugin, one sentence each."""
        problem = self.status.problem
        if problem is None:
            return (*self.unjoined, *self.misnamed)
        return (*flat(problem), *self.unknown)


def flat(problem: SlaError) -> tuple[SlaError, ...]:
    """Return the innermost errors of a nested error, without the headings around them."""
    inner = problem.problems if isinstance(problem, WithProblems) else ()
    return tuple(one for outer in inner for one in flat(outer)) or (problem,)


def check_file(
    path: Path,
    load: Loader,
    calendars: Mapping[str, WorkCalendar],
    now: datetime,
    company: str = "",
    until: date | None = None,
    together: Mapping[str, Path] = MappingProxyType({}),
) -> CheckReport:
    """Return the report on a plugin file.

    The file is loaded together with the deployment's other plugins, and with the files `together` by plugin name, which
    are to come into use with it.

    `load` loads the plugins with the deployment's settings; `calendars` are the deployment's, `company` the name
    of the company's own. The duties of the calendar are listed to `until`, else for twelve months. Python is run.
    A draft is checked under the name it will have once enabled.
    """
    name = path.stem.removeprefix(DRAFT_MARK)
    host = load({**together, name: path})
    (status,) = (one for one in host.plugins if one.name == name and one.place == str(path))
    declared = host.declared.get(name)
    if declared is None or status.state is not PluginState.ACTIVE:
        unreadable = path.suffix == CHECKLIST_SUFFIX and not status.contributed
        unknown = unknown_names(path, host.catalogue) if unreadable else ()
        return CheckReport(status=status, host=host, unknown=unknown)
    calendar_of = calendars_by(host.catalogue, calendars, company)
    obligations = tuple(host.catalogue.obligations[one.id] for one in declared.obligations)
    bound = alike((one for owed in obligations for one in host.catalogue.bound(owed.id)), calendar_of)
    today = now.astimezone(calendars[company].zone).date()
    year = today.replace(year=today.year + MONTHS_AHEAD // 12, day=min(today.day, 28))
    until = until or year
    found = joins(host.catalogue, bound, calendar_of, today, until)
    ahead = found if until >= year else joins(host.catalogue, bound, calendar_of, today, year)
    never = never_joined(host.catalogue, bound, ahead)
    return CheckReport(
        status=status,
        host=host,
        obligations=obligations,
        joins=found,
        unjoined=tuple(placed(_unjoined(host, one), declared.checklist) for one in never),
        misnamed=tuple(placed(one, declared.checklist) for one in _misnamed(bound, calendar_of)),
        coming=coming(host.catalogue, bound, calendar_of, today, until),
        examples=examples(bound, calendar_of, now.replace(second=0, microsecond=0)),
    )


def _misnamed(obligations: Iterable[Obligation], calendar_of: CalendarLookup) -> Iterator[PluginError]:
    """Yield an error for each exception that names no turn on its calendar.

    Only exceptions of rules of workdays need a calendar.
    """
    for obligation in obligations:
        for number, trigger in enumerate(obligation.triggers, start=1):
            rule = trigger.due
            if isinstance(trigger, Recurring) and isinstance(rule, RecurringRule) and needs_calendar(rule):
                place = f"{place_of('obligation', obligation.id)}.triggers[{number}]"
                _clocked, calendar = clock_for(obligation, rule, calendar_of)
                yield from turn_problems(obligation, trigger, place, calendar)


def _unjoined(host: PluginHost, never: NeverJoined) -> PluginError:
    """Return the error of a dependency by which nothing ever waits."""
    message = (
        N_(
            "{where}.depends_on: “{title}” opens by an event or a request and has no period to compare with those of "
            "“{other}” (turn = {turn}); leave out turn for the same event or subject, or write turn = {latest}."
        )
        if never.is_without_period
        else N_(
            "{where}.depends_on: in twelve months no turn of “{title}” joins one of “{other}” (turn = {turn}), so it "
            "would never wait. Compare their periods (about), or write another turn: {turns}."
        )
    )
    return PluginError(
        message,
        where=place_of("obligation", never.obligation.id),
        title=never.obligation.title,
        other=host.catalogue.obligations[never.dependency.obligation].title,
        turn=f'"{never.dependency.turn}"',
        latest=f'"{Turn.LATEST}"',
        turns=", ".join(Turn),
    )


def schema_text() -> str:
    """Return the JSON Schema of a checklist, by which editors complete and check."""
    from sla_tracker.plugin_host.checklists.reader import json_schema

    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "sla_tracker checklist"}
    return json.dumps(dict(json_schema()) | head, ensure_ascii=False, indent=2) + "\n"
