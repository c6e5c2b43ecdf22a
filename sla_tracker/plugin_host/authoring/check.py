"""Checks one plugin file beside the plugins of a deployment, without taking it into use."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sla_tracker.domain.agreements.obligation import Obligation
from sla_tracker.domain.agreements.occurrences import Occurrence
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.errors import SlaError, WithProblems
from sla_tracker.plugin_host.authoring.unknown_names import unknown_names
from sla_tracker.plugin_host.host import PluginHost
from sla_tracker.plugin_host.sources import CHECKLIST_SUFFIX
from sla_tracker.plugin_host.status import PluginState, PluginStatus
from sla_tracker.services.authoring.preview import Example, calendars_by, coming, examples
from sla_tracker.services.authoring.workshop import DRAFT_MARK

MONTHS_AHEAD = 12

# Loads the deployment's plugins with these files in the place of those of the same name.
Loader = Callable[[Mapping[str, object]], PluginHost]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What a check of a plugin file has shown.

    `coming` are the duties of the next twelve months and `examples` what events and requests would open now; each
    carries the steps that say why. `unknown` are names that nobody declares, where the file cannot be understood.
    """

    status: PluginStatus
    host: PluginHost
    obligations: tuple[Obligation, ...] = ()
    coming: tuple[Occurrence, ...] = ()
    examples: tuple[Example, ...] = ()
    unknown: tuple[SlaError, ...] = ()

    @property
    def is_good(self) -> bool:
        """Say whether the plugin could be taken into use as it is."""
        return self.status.state is PluginState.ACTIVE

    @property
    def problems(self) -> tuple[SlaError, ...]:
        """Return everything that is wrong, one sentence each."""
        problem = self.status.problem
        if problem is None:
            return ()
        return (*flat(problem), *self.unknown)


def flat(problem: SlaError) -> tuple[SlaError, ...]:
    """Return the problems inside a problem, without the headings around them."""
    inner = problem.problems if isinstance(problem, WithProblems) else ()
    return tuple(one for outer in inner for one in flat(outer)) or (problem,)


def check_file(
    path: Path, load: Loader, calendars: Mapping[str, WorkCalendar], now: datetime, company: str = ""
) -> Report:
    """Return what there is to say about a plugin file, among the other plugins of a deployment.

    `load` is the host's loading with the deployment's settings; `calendars` are the deployment's, `company` the name
    of the company's own. Python in the file is run. A file that is not in use yet is checked under the name it will
    have.
    """
    name = path.stem.removeprefix(DRAFT_MARK)
    host = load({name: path})
    (status,) = (one for one in host.plugins if one.name == name and one.place == str(path))
    declared = host.declared.get(name)
    if declared is None or status.state is not PluginState.ACTIVE:
        unreadable = path.suffix == CHECKLIST_SUFFIX and not status.contributed
        unknown = unknown_names(path, host.catalogue) if unreadable else ()
        return Report(status=status, host=host, unknown=unknown)
    calendar_of = calendars_by(host.catalogue, calendars, company)
    obligations = tuple(host.catalogue.obligations[one.id] for one in declared.obligations)
    today = now.astimezone(calendars[company].zone).date()
    until = today.replace(year=today.year + MONTHS_AHEAD // 12, day=min(today.day, 28))
    return Report(
        status=status,
        host=host,
        obligations=obligations,
        coming=coming(obligations, calendar_of, today, until),
        examples=examples(obligations, calendar_of, now.replace(second=0, microsecond=0)),
    )


def schema_text() -> str:
    """Return the JSON Schema of a checklist, for editors that complete and check while one types."""
    from sla_tracker.plugin_host.checklist import json_schema

    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "sla_tracker checklist"}
    return json.dumps(dict(json_schema()) | head, ensure_ascii=False, indent=2) + "\n"
