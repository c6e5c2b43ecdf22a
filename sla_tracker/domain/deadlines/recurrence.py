"""RFC 5545 recurrence rules by the day: validated, expanded only within a range."""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from sla_tracker.domain.clean import clean
from sla_tracker.domain.quoting import LONGEST_QUOTED, as_written
from sla_tracker.domain.time.instants import month_number, months_later
from sla_tracker.errors import N_, UsageError, Wrong
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from dateutil.rrule import rrule

FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
WEEKDAY_CODES = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
LARGEST_INTERVAL = 366  # periods of the rule's frequency
LARGEST_COUNT = 4000  # occurrences
LONGEST_RULE = 500  # characters

# The Gregorian calendar repeats after 400 years (146,097 days), weekdays included, and dateutil stops searching at the
# year 9999. So rules are expanded shifted by whole cycles towards that year: then dateutil gives up early on a rule
# that never matches.
_CYCLE_YEARS = 400
_CYCLE = timedelta(days=146_097)

_DAY_PARTS = ("BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO")
_PARTS = ("FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYSETPOS", *_DAY_PARTS)
# The parts that are lists of numbers, counted from 1: the largest, and whether they count from the end when negative.
_NUMBERS = {
    "BYMONTH": (12, False),
    "BYMONTHDAY": (31, True),
    "BYYEARDAY": (366, True),
    "BYWEEKNO": (53, True),
    "BYSETPOS": (366, True),
}
# Compiled when they are used: stored rules were checked before.
_WEEKDAY = rf"([+-]?[1-9][0-9]?)?({'|'.join(WEEKDAY_CODES)})"
_NUMBER = r"[+-]?[1-9][0-9]{0,2}"
_END = r"[0-9]{8}(T[0-9]{6}Z?)?"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pattern:
    """A validated rule with its first day.

    Defaults that come from the first day are written out.
    """

    parts: tuple[tuple[str, str], ...]
    start_on: date
    freq: str
    interval: int
    count: int | None
    until_on: date | None

    @staticmethod
    def parse(text: str, start_on: date) -> "Pattern":
        """Return the pattern of an RRULE.

        Raises Wrong when it is malformed or never matches.
        """
        return _parsed(text, start_on)

    @property
    def months(self) -> tuple[int, ...]:
        """Return the months that the rule names; empty for all."""
        return tuple(int(month) for month in dict(self.parts).get("BYMONTH", "").split(",") if month)

    def between(self, start: date, end: date) -> list[date]:
        """Return the rule's days in [start, end).

        The computation jumps to `start` instead of iterating from the rule's first day.
        """
        if self.count is not None:
            return [day for day in _counted(self) if start <= day < end]
        if self.until_on is not None:
            end = min(end, self.until_on + timedelta(days=1))
        start = max(start, self.start_on)
        if start >= end:
            return []
        jumped = self._period_before(start)
        shift = _CYCLE * ((date.max.year - end.year) // _CYCLE_YEARS)
        rule = self._rule(jumped + shift, end + shift - timedelta(days=1))
        return [day for day in (moment.date() - shift for moment in rule) if start <= day < end]

    def first(self) -> date | None:
        """Return the first matching day, or None when there is none within 400 years."""
        if self.count is not None:
            return next(iter(_counted(self)), None)
        shift = _CYCLE * ((date.max.year - self.start_on.year) // _CYCLE_YEARS)
        until = None if self.until_on is None else self.until_on + shift
        found = next(iter(self._rule(self.start_on + shift, until)), None)
        return None if found is None else found.date() - shift

    def _period_before(self, day: date) -> date:
        """Return the start of the rule's last period that begins on or before `day`.

        In the rule's first period that is the rule's start itself, since BYSETPOS counts from there.
        """
        start = self.start_on
        if self.freq == "DAILY":
            return day - timedelta(days=(day - start).days % self.interval)
        if self.freq == "WEEKLY":
            week_start = WEEKDAY_CODES.index(dict(self.parts).get("WKST", "MO"))
            monday = start - timedelta(days=(start.weekday() - week_start) % 7)
            weeks = (day - monday).days // 7 // self.interval * self.interval
            return monday + timedelta(weeks=weeks) if weeks else start
        size = self.interval * (12 if self.freq == "YEARLY" else 1)
        first = start.replace(month=1, day=1) if self.freq == "YEARLY" else start.replace(day=1)
        turns = (month_number(day) - month_number(first)) // size
        return months_later(first, turns * size) if turns else start

    def _rule(self, start: date, until: date | None) -> "rrule":
        # Imported here because dateutil takes as long to import as the interpreter to start, and few need it.
        from dateutil.rrule import rrule, rrulestr

        parts = {key: value for key, value in self.parts if key != "UNTIL"}
        if until is not None:
            parts["UNTIL"] = f"{until:%Y%m%d}"
        rule = rrulestr(_joined(parts), dtstart=datetime.combine(start, datetime.min.time()))
        assert isinstance(rule, rrule)  # an rruleset needs parts that _split refuses
        return rule


# Cached: validation expands the rule, and every use of a Recurrence parses its text again.
@lru_cache(maxsize=4096)
def _parsed(text: str, start_on: date) -> Pattern:
    parts = _split(text)
    _check_lists(parts)
    pattern = Pattern(
        parts=tuple(_with_defaults(parts, start_on).items()),
        start_on=start_on,
        freq=_frequency(parts),
        interval=_number(parts, "INTERVAL", LARGEST_INTERVAL) or 1,
        count=_number(parts, "COUNT", LARGEST_COUNT),
        until_on=_until(parts),
    )
    if pattern.count is not None and pattern.until_on is not None:
        raise _wrong(N_("COUNT and UNTIL exclude each other."))
    if pattern.first() is None:
        raise _wrong(N_("{rule} never comes round after {start}."), rule=_joined(parts), start=start_on)
    return pattern


# Cached: a rule with COUNT has to be expanded as a whole for every range.
@lru_cache(maxsize=1024)
def _counted(pattern: Pattern) -> tuple[date, ...]:
    """Return all days of a rule with COUNT; they can only be counted from its start."""
    shift = _CYCLE * ((date.max.year - pattern.start_on.year) // _CYCLE_YEARS)
    return tuple(moment.date() - shift for moment in pattern._rule(pattern.start_on + shift, None))


def _split(text: str) -> dict[str, str]:
    if len(text) > LONGEST_RULE:
        raise _wrong(N_("A rule has at most {limit} characters."), limit=LONGEST_RULE)
    parts: dict[str, str] = {}
    for part in text.strip().removeprefix("RRULE:").split(";"):
        key, equals, value = part.partition("=")
        key = key.strip().upper()
        if key not in _PARTS:
            raise _wrong(
                N_("{part} is unknown here; allowed are {allowed}."),
                part=as_written(key or part),
                allowed=", ".join(_PARTS),
            )
        if not equals or not value.strip() or key in parts:
            raise _wrong(N_("{part} needs one value, and only once."), part=key)
        parts[key] = ",".join(piece.strip() for piece in value.upper().split(","))
    return parts


def _check_lists(parts: Mapping[str, str]) -> None:
    """Raise Wrong for values that dateutil would refuse, misread or never match."""
    for key, value in parts.items():
        pieces = value.split(",")
        if key in _NUMBERS:
            largest, backwards = _NUMBERS[key]
            if not all(_is_number(piece, largest, backwards=backwards) for piece in pieces):
                raise _impossible(key, value, f"-{largest}…-1, 1…{largest}" if backwards else f"1…{largest}")
        elif key == "WKST" and value not in WEEKDAY_CODES:
            raise _impossible(key, value, ", ".join(WEEKDAY_CODES))
        elif key == "BYDAY" and not all(re.fullmatch(_WEEKDAY, piece) for piece in pieces):
            raise _impossible(key, value, ", ".join((*WEEKDAY_CODES, "1MO", "-1FR")))


def _is_number(text: str, largest: int, *, backwards: bool) -> bool:
    return (
        re.fullmatch(_NUMBER, text) is not None
        and abs(int(text)) <= largest
        and (backwards or not text.startswith("-"))
    )


def _frequency(parts: Mapping[str, str]) -> str:
    freq = parts.get("FREQ", "")
    if not freq:
        raise _wrong(
            N_("{part} is missing; allowed are {allowed}."), part="FREQ", allowed=", ".join(FREQUENCIES)
        )
    if freq not in FREQUENCIES:
        raise _impossible("FREQ", freq, ", ".join(FREQUENCIES))
    return freq


def _number(parts: Mapping[str, str], key: str, largest: int) -> int | None:
    text = parts.get(key)
    if text is None:
        return None
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= largest:
        raise _impossible(key, text, f"1…{largest}")
    return int(text)


def _until(parts: Mapping[str, str]) -> date | None:
    text = parts.get("UNTIL")
    if text is None:
        return None
    try:
        if re.fullmatch(_END, text):
            return datetime.fromisoformat(text).date()
    except ValueError:
        pass  # no such day or time
    raise _wrong(
        N_("UNTIL={value} is no day; write it like 20271231."), value=clean(text, limit=LONGEST_QUOTED)
    )


def _with_defaults(parts: Mapping[str, str], start_on: date) -> dict[str, str]:
    """Return the rule's parts, with the defaults from its start day written out.

    The start can then be moved without changing the rule. RFC 5545 says which parts the start day decides.
    """
    full = dict(parts)
    if not any(key in parts for key in _DAY_PARTS):
        if parts.get("FREQ") == "WEEKLY":
            full["BYDAY"] = WEEKDAY_CODES[start_on.weekday()]
        elif parts.get("FREQ") in ("MONTHLY", "YEARLY"):
            full["BYMONTHDAY"] = str(start_on.day)
            if parts.get("FREQ") == "YEARLY":
                full.setdefault("BYMONTH", str(start_on.month))
    return full


def _joined(parts: Mapping[str, str]) -> str:
    return ";".join(f"{key}={value}" for key, value in parts.items())


def _impossible(key: str, value: str, allowed: str) -> Wrong:
    part = clean(f"{key}={value}", limit=LONGEST_QUOTED)
    return _wrong(N_("{part} is not possible; allowed are {allowed}."), part=part, allowed=allowed)


def _wrong(message: str, **values: object) -> Wrong:
    return Wrong(UsageError(message, **values))
