"""Reads a calendar file of any of the known forms by the end of its name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from zoneinfo import ZoneInfo

from sla_tracker import i18n
from sla_tracker.calendar_files.entries import CalendarFile
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.calendar_layers import DayRule
from sla_tracker.errors import N_, SlaError, UsageError
from sla_tracker.value_class import dataclass

SUFFIXES = (".toml", ".ics", ".csv")
"""Known ends of names; where two files are about one year, the earlier one here is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarYear:
    """A calendar file's days of one year, for plugins.

    `december_before` are the days of the December before that the same notice moves. With `problems` the days must not
    be used; `remarks` say what was passed over. `confirmed`: an administrator has seen what contradicts the law and
    takes the days all the same.
    """

    days: Mapping[date, DayRule]
    december_before: Mapping[date, DayRule]
    problems: tuple[Text, ...] = ()
    remarks: tuple[Text, ...] = ()
    confirmed: bool = False


def read_calendar_year(
    name: str, text: str, year: int, *, zone: str, names_are_off: bool = False
) -> CalendarYear:
    """Return the days of one year from a calendar file's text.

    The file is .ics, .toml or .csv. Never raises for its content. `zone` is the IANA zone in which UTC instants
    become days. With `names_are_off` an event that says neither "off" nor "worked" is a day off, as in feeds that
    hold public holidays only.
    """
    file = read_calendar_file(
        name, text, zone=zone, first_year=year, last_year=year, names_are_off=names_are_off
    )
    found = file.year_days(year)
    return CalendarYear(
        days=found.days,
        december_before=found.december_before,
        problems=tuple(map(in_both_languages, found.problems)),
        remarks=tuple(map(in_both_languages, file.remarks)),
        confirmed=file.confirmed,
    )


def in_both_languages(problem: SlaError) -> Text:
    """Return an error's sentence as a text of both languages."""
    with i18n.speaking("zh"):
        zh = problem.sentence()
    with i18n.speaking("en"):
        return Text(zh=zh, en=problem.sentence())


def read_calendar_file(
    name: str, text: str, *, zone: str, first_year: int, last_year: int, names_are_off: bool = False
) -> CalendarFile:
    """Return what a calendar file says about the days of some years.

    Never raises for the file's content. `zone` is the IANA zone in which UTC instants become days. With
    `names_are_off` an event that says neither "off" nor "worked" is a day off, as in feeds that hold public holidays
    only.
    """
    try:
        return _read(name, text, ZoneInfo(zone), first_year, last_year, names_are_off=names_are_off)
    except SlaError as problem:
        return CalendarFile(problems=(problem,))


def _read(
    name: str, text: str, zone: ZoneInfo, first_year: int, last_year: int, *, names_are_off: bool
) -> CalendarFile:
    if not text.strip():
        raise UsageError(N_("It is empty, or its text cannot be read."))
    if name.endswith(".ics"):
        from sla_tracker.calendar_files.ics import read_ics

        return read_ics(
            text, zone=zone, first_year=first_year, last_year=last_year, names_are_off=names_are_off
        )
    if name.endswith(".toml"):
        from sla_tracker.calendar_files.toml import read_calendar_toml

        return read_calendar_toml(text, name)
    if name.endswith(".csv"):
        from sla_tracker.calendar_files.csv import read_calendar_csv

        return read_calendar_csv(text, names_are_off=names_are_off)
    raise UsageError(
        N_("{file} is no calendar file; known are {known}."), file=name, known=", ".join(SUFFIXES)
    )
