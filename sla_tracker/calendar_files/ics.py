"""Reads holidays and make-up days from iCalendar (RFC 5545), recurrences included."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sla_tracker.calendar_files.entries import (
    FIRST_YEAR,
    LAST_YEAR,
    CalendarEntry,
    CalendarFile,
    EntryKind,
    distinct,
    spread,
)
from sla_tracker.calendar_files.titles import Meaning, bare_name, meaning_of
from sla_tracker.domain.clean import clean
from sla_tracker.domain.deadlines.recurrence import Pattern
from sla_tracker.domain.time.instants import ONE_DAY
from sla_tracker.errors import N_, SlaError, UsageError, Wrong
from sla_tracker.value_class import dataclass

LONGEST_TITLE = 80  # characters
MOST_ENTRIES = 20_000  # days of one file; bounds what a hostile file can cost
# Events that cannot be read; each may cost a tenth of a second, where its rule never comes round.
MOST_UNREADABLE = 20
MOST_NAMED = 5  # titles named of the events that were passed over

_MIDNIGHT = time()
_DAY_END = time(23, 59)  # some programs end a whole day at 23:59 or 23:59:59
# A rule that names days of week, month or year means days of its own zone; moved to another it would mean others.
_NAMING_PARTS = ("BYDAY", "BYMONTHDAY", "BYYEARDAY", "BYWEEKNO", "BYSETPOS")


@dataclass(frozen=True, slots=True, kw_only=True)
class IcsReader:
    """Reads one iCalendar text.

    Instants in UTC become days of `zone`; times with a zone of their own keep their day. Only days from December before
    `first_year` to the end of `last_year` are returned. `names_are_off`: an event that says neither is a day off.
    """

    zone: ZoneInfo
    first_year: int
    last_year: int
    names_are_off: bool = False
    entries: list[CalendarEntry] = field(default_factory=list)
    problems: list[SlaError] = field(default_factory=list)
    remarks: list[SlaError] = field(default_factory=list)
    unclear: list[str] = field(default_factory=list)

    def read(self, text: str) -> CalendarFile:
        """Return what the file says.

        An event that cannot be read is a problem where it may be a day off or worked.
        """
        events = [event for event in _events(text) if not _is_cancelled(event)]
        replaced = _replaced_occurrences(_events(text), self.zone)
        for event in events:
            try:
                self._add(event, replaced.get(str(event.get("UID", "")), frozenset()))
            except (Wrong, SlaError, ValueError, OverflowError, TypeError, AttributeError) as reason:
                self._note(event, reason)
            if self._is_too_much():
                break
        if self.unclear:
            named = dict.fromkeys(self.unclear)
            self.remarks.append(_passed_over(list(named)))
        return CalendarFile(
            entries=tuple(sorted(self.entries, key=lambda entry: entry.day)),
            problems=distinct(self.problems),
            remarks=distinct(self.remarks),
        )

    def _is_too_much(self) -> bool:
        """Return whether to stop: a hostile file must not keep everybody waiting."""
        if len(self.entries) > MOST_ENTRIES:
            self.problems.append(UsageError(N_("The file names more than {limit} days."), limit=MOST_ENTRIES))
        elif len(self.problems) + len(self.remarks) >= MOST_UNREADABLE:
            self.problems.append(
                UsageError(
                    N_("The file has {limit} or more events that cannot be read."), limit=MOST_UNREADABLE
                )
            )
        else:
            return False
        return True

    def _add(self, event: Any, replaced: frozenset[date]) -> None:
        meaning = self._meaning(event)
        span = _Span.of(event, self.zone)
        title = _title(event)
        kinds = set()
        for first in self._starts(event, span, replaced):
            for day in spread(first, first + span.more, title):
                if self._is_in_range(day):
                    kind = _kind_on(day, meaning)
                    kinds.add(kind)
                    self.entries.append(CalendarEntry(day, kind, bare_name(title)))
        for period in _periods(event, self.zone):
            for day in spread(period.first, period.first + period.more, title):
                if self._is_in_range(day):
                    kinds.add(_kind_on(day, meaning))
                    self.entries.append(CalendarEntry(day, _kind_on(day, meaning), bare_name(title)))
        if EntryKind.UNCLEAR in kinds:
            self.unclear.append(title)
        if not span.is_whole and EntryKind.OFF in kinds:
            raise UsageError(N_("{title}: a day off has to be a whole day, not a part of one."), title=title)

    def _meaning(self, event: Any) -> Meaning:
        meaning = meaning_of(_title(event), _categories(event), str(event.get("X-APPLE-SPECIAL-DAY", "")))
        if meaning is Meaning.UNMARKED and self.names_are_off and not _is_observance(event):
            return Meaning.OFF
        return meaning

    def _starts(self, event: Any, span: _Span, replaced: frozenset[date]) -> list[date]:
        """Return the first days of all occurrences in range."""
        starts = {span.first, *self._by_rule(event, span), *_listed(event, "RDATE", self.zone)}
        return sorted(starts - set(_listed(event, "EXDATE", self.zone)) - replaced)

    def _by_rule(self, event: Any, span: _Span) -> Iterable[date]:
        rule = event.get("RRULE")
        if rule is None:
            return ()
        parts = {key.upper(): values for key, values in _only(rule, "RRULE").items()}
        if span.is_moved and any(part in parts for part in _NAMING_PARTS):
            raise UsageError(N_("Its rule names days of another time zone."))
        until = parts.pop("UNTIL", None)
        written = [f"{key}={','.join(map(str, values))}" for key, values in parts.items()]
        if until:
            written.append(f"UNTIL={_day_of(until[0], self.zone):%Y%m%d}")
        pattern = Pattern.parse(";".join(written), span.first)
        start = max(date(self.first_year - 1, 11, 1), span.first)
        return pattern.between(start, date(self.last_year + 1, 1, 1))

    def _is_in_range(self, day: date) -> bool:
        return date(self.first_year - 1, 12, 1) <= day <= date(self.last_year, 12, 31)

    def _note(self, event: Any, reason: Exception) -> None:
        """Keep the reason why an event cannot be read.

        The reason is a problem unless the event would not have counted anyway.
        """
        title = _title(event)
        why = reason if isinstance(reason, SlaError | Wrong) else UsageError(N_("its days cannot be read."))
        problem = UsageError(N_("The event “{title}” cannot be read: {reason}"), title=title, reason=why)
        counts = self._meaning(event) in {Meaning.OFF, Meaning.WORKED, Meaning.SWAPPED}
        (self.problems if counts else self.remarks).append(problem)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Span:
    """First day of an event, and how many more follow.

    `is_moved` means that the day differs from the day in the event's own zone.
    """

    first: date
    more: timedelta
    is_whole: bool = True
    is_moved: bool = False

    @classmethod
    def of(cls, event: Any, zone: ZoneInfo) -> _Span:
        """Return the span of DTSTART to DTEND or by DURATION."""
        start = _moment(event, "DTSTART")
        if start is None:
            raise UsageError(N_("it has no DTSTART."))
        end = _moment(event, "DTEND")
        length = event.get("DURATION")
        if end is None and length is not None:
            length = _only(length, "DURATION").dt
            if not isinstance(length, timedelta):
                raise UsageError(N_("{key} is no length of time."), key="DURATION")
            end = start + length
        return cls.between(start, end, zone)

    @classmethod
    def between(cls, start: date, end: date | None, zone: ZoneInfo) -> _Span:
        """Return the span of two days or instants.

        A day at the end is excluded, as RFC 5545 has it.
        """
        if not isinstance(start, datetime):
            last = _day_of(end, zone) - ONE_DAY if end is not None else start
            if end is not None and last < start - ONE_DAY:
                raise UsageError(N_("it ends before it begins."))
            return cls(first=_possible(start), more=max(last, start) - start)
        is_moved = _is_utc(start) and not _is_day_in_utc(start, end)
        first = _local(start, zone) if is_moved else start.replace(tzinfo=None)
        if end is None or end == start:
            return cls(first=_possible(first.date()), more=timedelta(), is_whole=first.time() == _MIDNIGHT)
        if not isinstance(end, datetime):
            end = datetime.combine(end, _MIDNIGHT)
        last = _local(end, zone) if is_moved else end.replace(tzinfo=None)
        if last < first:
            raise UsageError(N_("it ends before it begins."))
        whole = first.time() == _MIDNIGHT and (last.time() == _MIDNIGHT or last.time() >= _DAY_END)
        final = (last - timedelta(microseconds=1)).date()
        return cls(
            first=_possible(first.date()),
            more=max(final, first.date()) - first.date(),
            is_whole=whole,
            is_moved=is_moved and first.date() != start.date(),
        )


def read_ics(
    text: str, *, zone: ZoneInfo, first_year: int, last_year: int, names_are_off: bool = False
) -> CalendarFile:
    """Return what an iCalendar text says about the days of some years.

    Raises UsageError when it is no iCalendar.
    """
    return IcsReader(zone=zone, first_year=first_year, last_year=last_year, names_are_off=names_are_off).read(
        text
    )


def _events(text: str) -> list[Any]:
    # Imported here because it takes a tenth of a second, and few starts read a calendar file.
    from icalendar import Calendar

    try:
        calendars = Calendar.from_ical(text, multiple=True)
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        raise _no_calendar() from error
    if not calendars:
        raise _no_calendar()
    return [event for one in calendars for event in one.walk("VEVENT")]


def _no_calendar() -> UsageError:
    return UsageError(N_("This is no calendar file that can be read."))


def _replaced_occurrences(events: Sequence[Any], zone: ZoneInfo) -> dict[str, frozenset[date]]:
    """Return the days of occurrences that events with a RECURRENCE-ID replace, by UID."""
    found: dict[str, set[date]] = {}
    for event in events:
        try:
            moment = _moment(event, "RECURRENCE-ID")
            if moment is not None:
                found.setdefault(str(event.get("UID", "")), set()).add(_day_of(moment, zone))
        except (SlaError, ValueError):
            continue  # the event itself is reported when its days are read
    return {uid: frozenset(days) for uid, days in found.items()}


def _kind_on(day: date, meaning: Meaning) -> EntryKind:
    """Return what a meaning says about one day.

    A weekend day is off anyway, so 调休 on it means that it is worked.
    """
    if meaning is Meaning.SWAPPED:
        return EntryKind.WORKED if day.weekday() > 4 else EntryKind.OFF
    kinds = {Meaning.OFF: EntryKind.OFF, Meaning.WORKED: EntryKind.WORKED}
    return kinds.get(meaning, EntryKind.UNCLEAR)


def _passed_over(titles: Sequence[str]) -> UsageError:
    return UsageError(
        N_("Passed over ({count}), as nothing says whether they are days off or worked: {titles}"),
        count=len(titles),
        titles=", ".join(titles[:MOST_NAMED]) + ("…" if len(titles) > MOST_NAMED else ""),
    )


def _title(event: Any) -> str:
    summary = event.get("SUMMARY", "")
    summary = summary[0] if isinstance(summary, list) and summary else summary
    return clean(str(summary), limit=LONGEST_TITLE).strip()


def _categories(event: Any) -> list[str]:
    found = event.get("CATEGORIES", [])
    groups = found if isinstance(found, list) else [found]
    return [str(one) for group in groups for one in getattr(group, "cats", [group])]


def _is_cancelled(event: Any) -> bool:
    return str(event.get("STATUS", "")).strip().upper() == "CANCELLED"


def _is_observance(event: Any) -> bool:
    """Return whether a public feed marks the event as only observed, not off."""
    return str(event.get("DESCRIPTION", "")).strip().lower().startswith(("observance", "纪念日"))


def _only(value: Any, key: str) -> Any:
    if isinstance(value, list):
        raise UsageError(N_("{key} stands there twice."), key=key)
    return value


def _moment(event: Any, key: str) -> date | None:
    """Return the day or instant of a property; raises UsageError for other values."""
    value = event.get(key)
    if value is None:
        return None
    try:
        moment = _only(value, key).dt
    except (ValueError, AttributeError):
        raise UsageError(
            N_("{key} is no possible day: {value}"), key=key, value=clean(str(value), limit=40)
        ) from None
    if not isinstance(moment, date):
        raise UsageError(N_("{key} is no day."), key=key)
    return moment


def _values(event: Any, key: str) -> Iterator[Any]:
    found = event.get(key, [])
    for group in found if isinstance(found, list) else [found]:
        yield from (one.dt for one in group.dts)


def _listed(event: Any, key: str, zone: ZoneInfo) -> Iterator[date]:
    """Yield the days of RDATE or EXDATE; periods have a length of their own."""
    yield from (_day_of(value, zone) for value in _values(event, key) if isinstance(value, date))


def _periods(event: Any, zone: ZoneInfo) -> Iterator[_Span]:
    for value in _values(event, "RDATE"):
        if isinstance(value, tuple):
            start, end = value
            yield _Span.between(start, start + end if isinstance(end, timedelta) else end, zone)


def _day_of(moment: date, zone: ZoneInfo) -> date:
    if not isinstance(moment, datetime):
        return moment
    return (_local(moment, zone) if _is_utc(moment) else moment).date()


def _is_utc(moment: datetime) -> bool:
    return moment.tzinfo is not None and (moment.tzinfo is UTC or str(moment.tzinfo) == "UTC")


def _is_day_in_utc(start: datetime, end: date | None) -> bool:
    """Return whether whole days were written as UTC midnights.

    Programs that know no zones write them like this.
    """
    ends = end.time() if isinstance(end, datetime) else _MIDNIGHT
    return start.time() == _MIDNIGHT and end is not None and (ends == _MIDNIGHT or ends >= _DAY_END)


def _local(moment: datetime, zone: ZoneInfo) -> datetime:
    return (moment.astimezone(zone) if moment.tzinfo else moment).replace(tzinfo=None)


def _possible(day: date) -> date:
    if not FIRST_YEAR <= day.year <= LAST_YEAR:
        raise UsageError(
            N_("{day} lies outside the years {first} to {last}."),
            day=str(day),
            first=FIRST_YEAR,
            last=LAST_YEAR,
        )
    return day
