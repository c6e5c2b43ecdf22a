"""Reads, checks and writes calendar files for an import.

Their days are compared with law and with published days.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from sla_tracker.calendar_files.entries import CalendarFile, EntryKind, YearDays, distinct, is_of
from sla_tracker.calendar_files.reader import SUFFIXES, in_both_languages, read_calendar_file
from sla_tracker.calendar_files.sources import FileDays
from sla_tracker.calendar_files.toml import calendar_toml
from sla_tracker.config.load import Deployment
from sla_tracker.deployment.calendar_folder import CalendarFolder, read_calendar_folder, text_of
from sla_tracker.deployment.plugin_loading import build_with, load_host
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.calendar_layers import (
    DayRule,
    DaySource,
    DayStatus,
    doubts_of,
    left_out_years,
    remarks_of,
)
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.durable_files import replace_file
from sla_tracker.errors import N_, NotFound, Refused, SlaError, UsageError, unwritten
from sla_tracker.services.calendar_import import CalendarReading, CalendarSource, ReadDay, ReadStatus
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from sla_tracker.plugin_host.host import PluginHost

FILE_MODE = 0o644
LOOK_BACK, LOOK_AHEAD = 1, 2
"""Years before and after this one in which days are looked for when none is named."""
_NAME = re.compile(r"[a-z][a-z0-9-]{0,39}")
_NAME_AND_YEAR = re.compile(r"(?P<name>[a-z][a-z0-9-]{0,39})-(?P<year>[0-9]{4})\.\w+")


def open_regular(file: str) -> BinaryIO:
    """Open a regular file for reading; raises FileNotFoundError for anything else."""
    if not Path(file).is_file():
        raise FileNotFoundError(file)
    return Path(file).open("rb")


@dataclass(frozen=True, slots=True, kw_only=True)
class FolderImporter:
    """Implements `services.calendar_import.CalendarImporter` for one deployment."""

    deployment: Deployment
    host: PluginHost
    today: date
    open_file: Callable[[str], BinaryIO] = open_regular
    """Opens the file that was named; behind a service the caller's program does."""

    def read(
        self, file: Path, name: str, year: int | None, *, content: bytes | None = None
    ) -> CalendarReading:
        """Return what a file says about one year of a named source.

        `content` is the content of a file that was read before.
        """
        text = _text_of(file, self.open_file if content is None else lambda _name: BytesIO(content))
        named = _NAME_AND_YEAR.fullmatch(file.name.lower())
        name = name or (named["name"] if named else "") or self.deployment.config.calendar.national
        if not _NAME.fullmatch(name):
            raise UsageError(N_("Say whose days these are, by a name of a to z, 0 to 9 and -: --name china"))
        source = self.host.calendars.get(name)
        read = self._read(file, text, name, year)
        year = year or _only_year(read, int(named["year"]) if named else None)
        days = read.year_days(year)
        problems = _blocking(file, read, days)
        unread = [one for one in read.problems if one not in problems]
        reading = CalendarReading(
            name=name,
            year=year,
            file=str(file),
            target=self.deployment.calendar_folder / f"{name}-{year}.toml",
            text=_toml_of(read, year, file.name, confirmed=read.confirmed),
            days=_days(read, year),
            problems=problems,
            contradictions=tuple(_against_published(source, days)),
            remarks=tuple(map(in_both_languages, distinct((*unread, *read.remarks)))),
        )
        return reading if problems else self._checked(reading, read, file.name)

    def _read(self, file: Path, text: str, name: str, year: int | None) -> CalendarFile:
        source = self.host.calendars.get(name)
        return read_calendar_file(
            file.name.lower(),
            text,
            zone=getattr(source, "zone", self.deployment.config.zone),
            first_year=year or self.today.year - LOOK_BACK,
            last_year=year or self.today.year + LOOK_AHEAD,
            names_are_off=source is None or isinstance(source, FileDays),
        )

    def _checked(self, reading: CalendarReading, read: CalendarFile, file: str) -> CalendarReading:
        """Return the reading with what its source's plugin says about it.

        What the plugin objects to is a contradiction that an administrator may confirm; the file then says so.
        """
        objection = self._objection(reading)
        if objection is None:
            return reading
        confirmed = replace(reading, text=_toml_of(read, reading.year, file, confirmed=True))
        still = self._objection(confirmed)
        if still is not None:
            problem = UsageError(N_("The plugin refuses it: {reason}"), reason=still)
            return replace(reading, problems=(problem,), contradictions=(objection,))
        return replace(
            confirmed, contradictions=(*reading.contradictions, *self._reasons(confirmed, objection))
        )

    def _objection(self, reading: CalendarReading) -> Text | None:
        """Return why the file would be left out, None when it would be used."""
        host = self._host_with(reading)
        return left_out_years(host.calendars.get(reading.name)).get(reading.year)

    def _reasons(self, confirmed: CalendarReading, objection: Text) -> Sequence[Text]:
        """Return what the plugin says of a confirmed file, of all that it objects to.

        The objection itself says that the file is left out, which it is not then.
        """
        source = self._host_with(confirmed).calendars.get(confirmed.name)
        said = (*doubts_of(source).get(confirmed.year, ()), *remarks_of(source).get(confirmed.year, ()))
        return [one for one in said if one.zh in objection.zh] or [objection]

    def _host_with(self, reading: CalendarReading) -> PluginHost:
        """Return the plugins as they would be loaded with the file of a reading."""
        files = read_calendar_folder(self.deployment.calendar_folder)
        changed = CalendarFolder(
            texts={**files.texts, reading.target.name: reading.text}, unread=files.unread
        )
        return load_host(self.deployment, files=changed)

    def calendars_with(self, reading: CalendarReading) -> Mapping[str, WorkCalendar]:
        """Return the working calendars as they would be once a reading is taken."""
        return build_with(self.deployment, self._host_with(reading), complete=False).calendars

    def take(self, reading: CalendarReading) -> Path:
        """Write the file of a reading; the one it replaces is kept beside it, hidden."""
        target = reading.target
        if target.exists():
            _write(target.with_name(f".{target.name}.before"), target.read_bytes())
        _write(target, reading.text.encode())
        return target

    def sources(self) -> Sequence[CalendarSource]:
        """Return every named source, those of plugins first."""
        files = read_calendar_folder(self.deployment.calendar_folder)
        plugins = {name: one.plugin for one in self.host.declared.values() for name in one.calendars}
        names = sorted(self.host.calendars, key=lambda name: (name not in plugins, name))
        return [
            CalendarSource(
                name=name,
                plugin=plugins.get(name, ""),
                files=[file for file in files.texts if file.rpartition("-")[0] == name],
                published=_published(self.host.calendars[name], self.today.year),
                left_out=left_out_years(self.host.calendars[name]),
                used_by=self.deployment.config.calendar.users_of(name),
            )
            for name in names
        ]


def _text_of(file: Path, open_file: Callable[[str], BinaryIO]) -> str:
    if file.suffix.lower() not in SUFFIXES:
        raise UsageError(
            N_("{file} is no calendar file; known are {known}."), file=file.name, known=", ".join(SUFFIXES)
        )
    try:
        return text_of(file.name, lambda: open_file(str(file)))
    except UsageError as problem:
        if isinstance(problem.values.get("reason"), FileNotFoundError):
            raise NotFound(N_("There is no file {file}."), file=str(file)) from problem
        raise UsageError(N_("{file}: {problem}"), file=file.name, problem=problem) from problem


def _only_year(read: CalendarFile, named: int | None) -> int:
    """Return the one year that a file is about.

    Raises UsageError where it must be given.
    """
    years = read.years()
    if read.year is not None or (named in years) or len(years) == 1:
        return read.year or (named if named is not None and named in years else years[0])
    if not years:
        raise _nothing_found(read)
    raise UsageError(
        N_("The file has days of {years}; say which to take: --year {last}"),
        years=", ".join(map(str, years)),
        last=years[-1],
    )


def _nothing_found(read: CalendarFile) -> SlaError:
    known = (*read.problems, *read.remarks)
    if known:
        return known[0]
    return UsageError(
        N_("The file says of no day of these years that it is off or worked; name a year: --year")
    )


def _blocking(file: Path, read: CalendarFile, days: YearDays) -> tuple[SlaError, ...]:
    """Return the problems with which a file cannot be taken.

    Single events and rows that cannot be read are not among them, when others can: they are shown before anything is
    confirmed.
    """
    if file.suffix.lower() == ".toml" or not days.days:
        return days.problems
    return tuple(one for one in days.problems if one not in read.problems)


def _days(read: CalendarFile, year: int) -> tuple[ReadDay, ...]:
    status = {EntryKind.OFF: ReadStatus.OFF, EntryKind.WORKED: ReadStatus.WORKED}
    days = [
        ReadDay(entry.day, status.get(entry.kind, ReadStatus.UNCLEAR), entry.name)
        for entry in read.entries
        if is_of(entry.day, year)
    ]
    return tuple(dict.fromkeys(days))


def _toml_of(read: CalendarFile, year: int, file: str, *, confirmed: bool) -> str:
    entries = [entry for entry in read.entries if is_of(entry.day, year)]
    return calendar_toml(
        entries, year=year, source=file, confirmed=confirmed, comment="Written by sla calendar import."
    )


def _against_published(source: DaySource | None, days: YearDays) -> Iterator[Text]:
    """Yield each published day about which the file says something else.

    In the December before, only days that the file names are compared.
    """
    if source is None:
        return
    if source.is_published(days.year):
        published = source.days(days.year)
        yield from _differences(published, days.days, {*published, *days.days})
    if source.is_published(days.year - 1):
        yield from _differences(source.days(days.year - 1), days.december_before, days.december_before)


def _differences(
    published: Mapping[date, DayRule], read: Mapping[date, DayRule], compared: Collection[date]
) -> Iterator[Text]:
    for day in sorted(compared):
        before, after = _is_worked(day, published), _is_worked(day, read)
        if before != after:
            message = (
                N_("{day} ({name}): published as worked, in the file a day off")
                if before
                else N_("{day} ({name}): published as a day off, in the file worked")
            )
            rule = read.get(day) or published[day]
            yield in_both_languages(UsageError(message, day=str(day), name=rule.name))


def _is_worked(day: date, rules: Mapping[date, DayRule]) -> bool:
    rule = rules.get(day)
    return day.weekday() < 5 if rule is None else rule.status is not DayStatus.CLOSED


def _published(source: DaySource, year: int) -> tuple[int, int] | None:
    """Return the first and last year of those in a row up to the last known one."""
    known = [one for one in range(year - 50, year + 10) if source.is_published(one)]
    if not known:
        return None
    first = known[-1]
    while first - 1 in known:
        first -= 1
    return first, known[-1]


def _write(path: Path, content: bytes) -> None:
    """Write a file atomically, through a temporary one."""
    try:
        path.parent.mkdir(exist_ok=True)
        replace_file(path, content, mode=FILE_MODE)
    except OSError as reason:
        kind = unwritten(reason, Refused)
        raise kind(N_("{file} cannot be written: {reason}."), file=path, reason=reason) from reason
