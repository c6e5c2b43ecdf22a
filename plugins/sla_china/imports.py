"""Reads a year's holidays from a file of an admin, and checks them against China's law."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from sla_china.days import ChinaDays
from sla_china.law import FIRST_YEAR_OF_THIS_LAW, WORKDAYS_OFF_BY_LAW, days_by_law
from sla_tracker import DayRule, DayStatus, Text, read_calendar_year


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedYear:
    """A year from a file: its days, those of the December before, and what is wrong or was passed over.

    With `problems` the days must not be used. `doubts` are days off by law that a confirmed file lacks.
    """

    days: Mapping[date, DayRule]
    december_before: Mapping[date, DayRule]
    problems: tuple[Text, ...] = ()
    remarks: tuple[Text, ...] = ()
    doubts: tuple[Text, ...] = ()


def imported_year(name: str, text: str, year: int) -> ImportedYear:
    """Return the year that a file describes; contradictions with the law are problems unless it is confirmed."""
    read = read_calendar_year(name, text, year, zone=ChinaDays.zone)
    days = {day: rule for day, rule in read.days.items() if not _is_redundant(day, rule)}
    redundant = tuple(_redundant(day) for day in sorted(read.days) if day not in days)
    missing = _missing_by_law(year, days) if days else ()
    unbalanced = () if read.problems else _unbalanced(year, days)
    return ImportedYear(
        days=days,
        december_before={
            day: rule for day, rule in read.december_before.items() if not _is_redundant(day, rule)
        },
        problems=read.problems + (() if read.confirmed else (*missing, *unbalanced)),
        remarks=(*read.remarks, *redundant, *(unbalanced if read.confirmed else ())),
        doubts=missing if read.confirmed else (),
    )


def _is_redundant(day: date, rule: DayRule) -> bool:
    return rule.status is DayStatus.USUAL and day.weekday() < 5


def _redundant(day: date) -> Text:
    return Text(
        zh=f"{day} 标为上班，而当天本来就上班，不作更改。",
        en=f"{day} is said to be worked, which it is anyway; nothing changes.",
    )


def _missing_by_law(year: int, found: Mapping[date, DayRule]) -> tuple[Text, ...]:
    """Return an error for the days off by law that are missing.

    A notice may add days to those of the law, never drop one.
    """
    if year < FIRST_YEAR_OF_THIS_LAW:
        return ()
    missing = [
        (day, rule.name)
        for day, rule in sorted(days_by_law(year).items())
        if day not in found or found[day].status is not DayStatus.CLOSED
    ]
    if not missing:
        return ()
    zh = "、".join(f"{day}（{name.zh}）" for day, name in missing)
    en = ", ".join(f"{day} ({name.en})" for day, name in missing)
    return (
        Text(
            zh=f"依法放假而文件里没有的：{zh}；文件是否完整？",
            en=f"Days off by law that are not in this file: {en}; is the file complete?",
        ),
    )


def _unbalanced(year: int, found: Mapping[date, DayRule]) -> tuple[Text, ...]:
    """Return an error where make-up days are missing.

    The law gives 13 workdays off a year; every further one is worked on a Saturday or Sunday.
    """
    if year < FIRST_YEAR_OF_THIS_LAW:
        return ()
    off = sum(rule.status is DayStatus.CLOSED and day.weekday() < 5 for day, rule in found.items())
    worked = sum(rule.status is DayStatus.USUAL for rule in found.values())
    wanted = off - WORKDAYS_OFF_BY_LAW
    if worked >= wanted:
        return ()
    return (
        Text(
            zh=f"周一至周五放假 {off} 天，比法定的 {WORKDAYS_OFF_BY_LAW} 天多 {wanted} 天，应有 {wanted} 个调休上班日，"
            f"文件里有 {worked} 个；文件是否只列了放假日？",
            en=f"{off} weekdays off are {wanted} more than the {WORKDAYS_OFF_BY_LAW} by law, so {wanted} make-up days "
            f"are due, and this file has {worked}; does it hold days off only?",
        ),
    )
