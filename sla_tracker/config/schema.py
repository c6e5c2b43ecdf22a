"""Schema of `sla_tracker.toml`, the settings of a deployment."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from typing import Annotated

from pydantic import AfterValidator
from pydantic import Field as Key

from sla_tracker import i18n
from sla_tracker.config.sections.access import AccessSection
from sla_tracker.config.sections.backup import BackupSection
from sla_tracker.config.sections.base import Name, Section, ZoneName, plain_name
from sla_tracker.config.sections.calendar import CalendarSection
from sla_tracker.config.sections.figures import (
    FiscalSection,
    PeopleFiguresSection,
    ReportSection,
    figure_problems,
    report_problems,
)
from sla_tracker.config.sections.inbox import InboxSection, inbox_problems
from sla_tracker.config.sections.notify import Channels, terms_of
from sla_tracker.config.sections.people import PersonTable, people_problems
from sla_tracker.config.sections.plugins import PluginSection
from sla_tracker.config.sections.quality import ClosingSection, ComplaintSection, SurveySection
from sla_tracker.config.sections.reminders import ReminderSection, reminder_problems
from sla_tracker.config.sections.serve import ServeSection, serve_problems
from sla_tracker.config.sections.store import StoreSection
from sla_tracker.config.sections.targets import TargetSection
from sla_tracker.config.sections.trial import TrialSection
from sla_tracker.config.sections.web import FeedSection, OidcSection, WebSection, web_problems
from sla_tracker.domain.clean import clean
from sla_tracker.domain.toml_reader import Key as Place
from sla_tracker.domain.toml_reader import unknown_name
from sla_tracker.errors import SlaError, Wrong


def _language(tag: str) -> str:
    if tag and i18n.match(tag) is None:
        raise Wrong(unknown_name(clean(tag), i18n.LANGUAGES))
    return tag


def _english(name: str) -> str:
    return plain_name(name) if name else ""


class Config(Section):
    """Everything that `sla_tracker.toml` may say.

    `in_force_from` is the first day whose dues open duties; `sla init` writes the day it runs. `assumed` sets figures
    that a plugin only assumes; which there are depends on the plugins and is checked against them. `keys` gives
    bindings of the terminal other keys, by the binding's id.
    """

    name: Name
    name_en: Annotated[str, AfterValidator(_english)] = ""
    zone: ZoneName = "Asia/Shanghai"
    language: Annotated[str, AfterValidator(_language)] = ""
    in_force_from: date | None = None
    calendar: CalendarSection
    people: list[PersonTable]
    plugins: PluginSection = PluginSection()
    store: StoreSection = StoreSection()
    backup: BackupSection = BackupSection()
    inbox: InboxSection = InboxSection()
    targets: TargetSection = TargetSection()
    assumed: dict[str, dict[str, object]] = Key(default_factory=dict)
    trial: TrialSection = TrialSection()
    keys: dict[str, str] = Key(default_factory=dict)
    hand_over_within: Annotated[int, Key(ge=0, le=60)] = 3
    complaints: ComplaintSection = ComplaintSection()
    surveys: SurveySection = SurveySection()
    closing: ClosingSection = ClosingSection()
    fiscal: FiscalSection = FiscalSection()
    people_figures: PeopleFiguresSection = PeopleFiguresSection()
    reports: ReportSection = ReportSection()
    reminders: ReminderSection = ReminderSection()
    serve: ServeSection | None = None
    web: WebSection = WebSection()
    oidc: OidcSection = OidcSection()
    feed: FeedSection = FeedSection()
    access: AccessSection = AccessSection()
    notify: Channels = Key(default_factory=dict)
    causes: list[Name] = Key(default_factory=list)
    waiver_codes: list[Name] = Key(default_factory=list)


def problems_between(config: Config) -> Iterator[tuple[Place, SlaError]]:
    """Yield the errors between settings that are each valid on their own."""
    yield from people_problems(config.people)
    for place, person in enumerate(config.people):
        if person.calendar and person.calendar not in config.calendar.departments:
            yield ("people", place, "calendar"), unknown_name(person.calendar, config.calendar.departments)
    ids = [person.id for person in config.people]
    yield from reminder_problems(config.reminders, terms_of(config.notify), ids)
    kinds = {name: table.kind or name for name, table in config.notify.items()}
    roles = {person.id: person.role for person in config.people}
    yield from report_problems(config.reports, kinds, roles, config.access.reading)
    yield from figure_problems(config.fiscal, config.people_figures)
    yield from inbox_problems(config.inbox, {person.id: person for person in config.people})
    yield from serve_problems(config.serve, {person.id: person for person in config.people})
    yield from web_problems(config.web, config.oidc)
    trial = config.trial
    if trial.enabled and trial.default_person not in ids:
        yield ("trial", "default_person"), unknown_name(trial.default_person, ids)
    for index, person in enumerate(config.people):
        if person.language and i18n.match(person.language) is None:
            yield ("people", index, "language"), unknown_name(person.language, i18n.LANGUAGES)


def schema_text() -> str:
    """Return the JSON Schema of the settings, by which editors complete and check."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "sla_tracker settings"}
    return json.dumps(Config.model_json_schema() | head, ensure_ascii=False, indent=2) + "\n"
