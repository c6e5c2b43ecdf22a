"""Reads a deployment's settings and builds the values that a ServiceContext needs.

There are two steps, because plugins are loaded in between: `read_config` needs only the file; `build` needs the
departments and national days that the plugins declare.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from copy import deepcopy
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pydantic import ValidationError

from sla_tracker.config.deployment import (
    CALENDAR_FOLDER,
    FILE_NAME,
    LARGEST_FILE,
    Basics,
    Contents,
    Deployment,
)
from sla_tracker.config.schema import Config, problems_between
from sla_tracker.config.sections.notify import channel_problems, terms_of
from sla_tracker.domain.agreements.renames import NOTHING_RENAMED, RenamedIds, Renames
from sla_tracker.domain.people import Person, Role
from sla_tracker.domain.time.calendar_layers import DaySource, MissingDays
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.domain.toml_reader import Key, TomlFile, problem_at, read_toml, unknown_name, worded
from sla_tracker.errors import LONGEST_SHOWN, N_, ConfigError, Names, SlaError, UsageError
from sla_tracker.services.context import COMPANY, Settings
from sla_tracker.trusted_files import NotTrusted, Trusted, read_trusted
from sla_tracker.value_class import dataclass

# Where the settings are read, their type and names are imported, too.
__all__ = [
    "CALENDAR_FOLDER",
    "FILE_NAME",
    "LARGEST_FILE",
    "Built",
    "Deployment",
    "build",
    "parse_config",
    "parsed",
    "people_of",
    "read_config",
    "settings_file",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """Settings, people and calendars; `warnings` are errors caused by missing plugins."""

    settings: Settings
    people: Mapping[str, Person]
    calendars: Mapping[str, WorkCalendar]
    warnings: tuple[SlaError, ...] = ()


def read_config(path: Path) -> Deployment:
    """Return the deployment of a folder or settings file.

    Raises ConfigError with line and key of every error.
    """
    return parse_config(*_read(path))


def parse_config(file: Path, trusted: Trusted) -> Deployment:
    """Return the deployment whose settings file has this content.

    It may be a copy of the file. Raises ConfigError.
    """
    source = parsed(file, trusted.content)
    config = _validated(file, source)
    deployment = Deployment(
        folder=file.parent.resolve(),
        file=file,
        basics=_basics(config),
        read=Contents(config=config, source=source).read,
        digest=trusted.digest,
        owner=trusted.owner,
    )
    for folder in (deployment.plugin_folder, deployment.calendar_folder):
        _must_be_readable(folder)
    return deployment


def parsed(file: Path, content: bytes) -> TomlFile:
    """Return the TOML of a settings file, whatever it sets; raises ConfigError."""
    try:
        return read_toml(content, file.name, largest=LARGEST_FILE)
    except UsageError as problem:
        raise _failed(file, (problem,)) from None


def _basics(config: Config) -> Basics:
    return Basics(
        store_kind=config.store.kind,
        store_folder=config.store.folder,
        database_variable=config.store.url_from,
        plugin_folder=config.plugins.folder,
        syslog=config.store.syslog,
        zone=config.zone,
        trial=config.trial.enabled,
        default_person=config.trial.default_person,
        anonymous_surveys=config.surveys.anonymous,
        keys=dict(config.keys),
    )


def settings_file(path: Path) -> Path:
    """Return the settings file of a folder.

    A path that is no folder is the file itself.
    """
    return path / FILE_NAME if path.is_dir() else path


def _read(path: Path) -> tuple[Path, Trusted]:
    """Return the settings file of a folder or path, and its content.

    Raises ConfigError.

    Settings of somebody else are not read: they could send the user's files away, or make anybody an administrator.
    """
    file = path if path.name == FILE_NAME else path / FILE_NAME  # as far as the name tells
    try:
        file = settings_file(path)
        return file, read_trusted(file, file.parent, LARGEST_FILE)
    except OSError as reason:
        raise _unreadable(file, reason) from reason
    except NotTrusted as refusal:
        if isinstance(refusal.__cause__, OSError):
            raise _unreadable(file, refusal.__cause__) from refusal
        raise ConfigError(
            N_("The settings {file} are not used: {refusal}"), file=file, refusal=refusal
        ) from None


def _unreadable(file: Path, reason: OSError) -> ConfigError:
    if isinstance(reason, PermissionError):
        return ConfigError(
            N_("The settings {file} cannot be read ({reason}); its rights have to be put right."),
            file=file,
            reason=reason,
        )
    return ConfigError(
        N_("The settings {file} cannot be read ({reason}); sla init makes a new deployment."),
        file=file,
        reason=reason,
    )


def _must_be_readable(folder: Path) -> None:
    """Raise ConfigError for an existing folder that cannot be read.

    Ignoring it would change deadlines, as plugins or calendar years would be missing.
    """
    try:
        if folder.is_dir():
            next(folder.iterdir(), None)
    except OSError as reason:
        raise ConfigError(
            N_("The folder {folder} cannot be read ({reason}); its rights have to be put right."),
            folder=folder,
            reason=reason,
        ) from reason


def build(
    deployment: Deployment,
    *,
    departments: Collection[str],
    sources: Mapping[str, DaySource],
    kinds: Collection[str] = (),
    complete: bool = True,
    renames: Renames = NOTHING_RENAMED,
) -> Built:
    """Return settings, people and calendars.

    Raises ConfigError for names that no plugin declares.

    Old names, by `renames`, mean the present ones, so that settings may follow later than a plugin.

    When the plugins are not `complete`, an undeclared name may belong to a broken plugin and is only a warning. Without
    the source of national days, every deadline is provisional.
    """
    config = deployment.config
    old_names = renames.departments.present_by_old
    problems = tuple(
        problem_at(deployment.source, *one)
        for one in _undeclared(config, {**dict.fromkeys(departments), **old_names}, sources, kinds)
    )
    if config.in_force_from is None:
        missing = UsageError(N_("Write the first day that counts, such as in_force_from = 2026-11-20."))
        raise _failed(
            deployment.file, (problem_at(deployment.source, ("in_force_from",), missing), *problems)
        )
    if problems and complete:
        raise _failed(deployment.file, problems)
    settings = _with_present_names(_settings(deployment, config.in_force_from), renames)
    calendars = _calendars(config, settings.zone, sources)
    return Built(
        settings=settings,
        people={person.id: person for person in people_of(config, renames.departments)},
        calendars={**{old_names.get(name, name): one for name, one in calendars.items()}, **calendars},
        warnings=problems,
    )


def people_of(config: Config, departments: RenamedIds) -> list[Person]:
    """Return the people of the settings.

    A department's old name means the present one.
    """
    people = (table.person() for table in config.people)
    return [replace(person, department=departments.present(person.department)) for person in people]


def _with_present_names(settings: Settings, renames: Renames) -> Settings:
    if not renames:
        return settings
    departments, policies = renames.departments, settings.reminders
    return replace(
        settings,
        complaint_judge=departments.present(settings.complaint_judge),
        closing_departments=tuple(map(departments.present, settings.closing_departments)),
        reminders=replace(
            policies,
            departments={departments.present(id): one for id, one in policies.departments.items()},
            obligations={renames.obligations.present(id): one for id, one in policies.obligations.items()},
        ),
    )


def _settings(deployment: Deployment, in_force_from: date) -> Settings:
    config = deployment.config
    settings = Settings(
        name=config.name,
        web_url=config.web.url.rstrip("/"),
        name_en=config.name_en,
        zone=ZoneInfo(config.zone),
        in_force_from=in_force_from,
        target=config.targets.usual,
        trial=config.trial.enabled,
        demonstration=config.trial.demonstration,
        digest=deployment.digest,
        language=config.language,
        hand_over_within=config.hand_over_within,
        complaint_judge=config.complaints.judge,
        closing_departments=tuple(config.closing.by),
        fiscal=config.fiscal.calendar(),
        reports=config.reports.mail(terms_of(config.notify)),
        people_figures_since=config.people_figures.shown_since(),
        people_figures_agreed_with=config.people_figures.agreed_with,
        complaint_limits=config.complaints.all_limits(),
        survey_anonymous=config.surveys.anonymous,
        survey_minimum=config.surveys.minimum,
        survey_weights=config.surveys.all_weights(),
        reminders=config.reminders.policies(terms_of(config.notify)),
    )
    causes, codes = config.causes or settings.causes, config.waiver_codes or settings.waiver_codes
    return replace(settings, causes=tuple(causes), waiver_codes=tuple(codes))


def _validated(file: Path, source: TomlFile) -> Config:
    try:
        config = Config.model_validate(source.tree)
    except ValidationError as errors:
        listed: Any = errors.errors(include_url=False)
        rest = _remaining_problems(source, [error["loc"] for error in listed])
        raise _failed(file, (*worded(source, listed, Config.model_json_schema()), *rest)) from None
    problems = tuple(problem_at(source, *one) for one in problems_between(config))
    if problems:
        raise _failed(file, problems)
    return config


def _remaining_problems(source: TomlFile, wrong: Sequence[Key]) -> tuple[SlaError, ...]:
    """Return the errors between settings that remain without the invalid values.

    All errors are thus shown at once, not only after the invalid values are corrected.
    """
    tree = deepcopy(dict(source.tree))
    for key in wrong:
        _remove(tree, key)
    try:
        config = Config.model_validate(tree)
    except ValidationError:
        return ()
    found = (
        (key, what) for key, what in problems_between(config) if not any(_overlap(key, one) for one in wrong)
    )
    return tuple(problem_at(source, *one) for one in found)


def _remove(tree: dict[str, Any], key: Key) -> None:
    """Remove the innermost named value on the path of a key.

    List entries are kept, because keys count them.
    """
    node: Any = tree
    table, name = tree, ""
    for part in key:
        if isinstance(node, dict):
            if part not in node:
                return
            table, name = node, str(part)
            node = node[part]
        elif isinstance(node, list) and isinstance(part, int) and part < len(node):
            node = node[part]
        else:
            break
    table.pop(name, None)


def _overlap(one: Key, other: Key) -> bool:
    return all(mine == theirs for mine, theirs in zip(one, other, strict=False))


def _failed(file: Path, problems: tuple[SlaError, ...]) -> ConfigError:
    return ConfigError(N_("The settings {file} cannot be used:"), problems, file=file)


def _undeclared(
    config: Config, departments: Collection[str], sources: Mapping[str, DaySource], kinds: Collection[str]
) -> Iterator[tuple[Key, SlaError]]:
    yield from _undeclared_sources(config, sources)
    for index, person in enumerate(config.people):
        if person.department not in departments and (
            person.department or person.role in (Role.STAFF, Role.HEAD)
        ):
            yield ("people", index, "department"), _no_department(person.department, departments)
    if config.complaints.judge and config.complaints.judge not in departments:
        yield ("complaints", "judge"), unknown_name(config.complaints.judge, departments)
    for index, id in enumerate(config.closing.by):
        if id not in departments:
            yield ("closing", "by", index), unknown_name(id, departments)
    for id in config.reminders.departments:
        if id not in departments:
            yield ("reminders", "departments", id), unknown_name(id, departments)
    yield from channel_problems(config.notify, kinds)


def _no_department(named: str, departments: Collection[str]) -> SlaError:
    """Return why somebody's department is none, and what would be one."""
    if named and departments:
        return unknown_name(named, departments)
    if named:
        return UsageError(
            N_("“{wrong}” is unknown: no department is declared, because no plugin in use declares one."),
            wrong=named[:64],
        )
    if not departments:
        return UsageError(
            N_(
                "Staff belong to a department, and none is declared yet. Put a department's plugin into use first: "
                "[plugins] enabled, or a file in the folder plugins/."
            )
        )
    allowed = Names(sorted(departments), LONGEST_SHOWN)
    return UsageError(N_("Staff belong to a department; name one of {allowed}."), allowed=allowed)


def _undeclared_sources(config: Config, sources: Mapping[str, DaySource]) -> Iterator[tuple[Key, SlaError]]:
    if config.calendar.national and config.calendar.national not in sources:
        yield ("calendar", "national"), unknown_name(config.calendar.national, sources)
    for name, table in config.calendar.departments.items():
        if table.national and table.national not in sources:
            yield ("calendar", "departments", name, "national"), unknown_name(table.national, sources)


def _calendars(config: Config, zone: ZoneInfo, sources: Mapping[str, DaySource]) -> dict[str, WorkCalendar]:
    national = config.calendar.national
    company = config.calendar.company(zone, _source(national, sources))
    calendars = {COMPANY: company}
    for name, table in config.calendar.departments.items():
        source = company.source if table.national is None else _source(table.national, sources)
        calendars[name] = table.on_top_of(company, source, name)
    return calendars


def _source(name: str, sources: Mapping[str, DaySource]) -> DaySource | None:
    """Return the source of national days of a name, None for an empty one.

    A missing source knows no day of any year, which marks every deadline as provisional.
    """
    return sources.get(name, MissingDays(name)) if name else None
