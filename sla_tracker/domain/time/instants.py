"""Conversions of instants (aware UTC or ticks) and arithmetic with months.

A tick is one microsecond; ticks count from 1970-01-01 in UTC.
"""

from datetime import UTC, date, datetime, time, timedelta, tzinfo

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ONE_DAY = timedelta(days=1)  # 24 hours; of civil dates, the next one
SECOND = 1_000_000  # ticks
MINUTE = 60 * SECOND  # ticks


def to_utc(instant: datetime) -> datetime:
    """Return the instant in UTC.

    Raises TypeError for anything but a datetime, ValueError for one without a zone: guessing a zone moves deadlines.
    """
    if not isinstance(instant, datetime):
        raise TypeError(f"An instant is a datetime with a time zone, not {type(instant).__name__}.")
    if instant.tzinfo is None or instant.utcoffset() is None:
        raise ValueError(
            f"{instant.isoformat()} has no time zone; give an aware instant, for example in UTC."
        )
    return instant.astimezone(UTC)


def to_day(day: date) -> date:
    """Return the day unchanged; raises TypeError for a datetime.

    The day of a datetime depends on a zone.
    """
    if isinstance(day, datetime) or not isinstance(day, date):
        raise TypeError(
            f"A civil day is a date, not {type(day).__name__}; take local_date() of an instant first."
        )
    return day


def local_instant(day: date, at: time, zone: tzinfo) -> datetime:
    """Return the instant of a local clock time.

    A time in a DST gap moves forward by the gap; a time that occurs twice means the first.
    """
    if at.tzinfo is not None:
        raise ValueError("A clock time of a calendar is local; give it without a time zone.")
    return to_utc(datetime.combine(to_day(day), at.replace(fold=0), tzinfo=zone))


def to_ticks(instant: datetime) -> int:
    """Return the instant as whole microseconds since 1970 in UTC.

    The result is exact, unlike that of `timestamp()`.
    """
    since = to_utc(instant) - EPOCH
    return span_ticks(since)


def span_ticks(span: timedelta) -> int:
    """Return the length of a span in whole microseconds."""
    return (span.days * 86_400 + span.seconds) * SECOND + span.microseconds


def from_ticks(ticks: int) -> datetime:
    """Return the UTC instant that is `ticks` microseconds after 1970."""
    return EPOCH + timedelta(microseconds=ticks)


def month_length(year: int, month: int) -> int:
    """Return the number of days of a month."""
    return 31 if month == 12 else date(year, month + 1, 1).toordinal() - date(year, month, 1).toordinal()


def month_number(day: date) -> int:
    """Return the month of a day as one number (year × 12 + month − 1), for arithmetic."""
    return day.year * 12 + day.month - 1


def numbered_month(number: int) -> tuple[int, int]:
    """Return year and month of a month number."""
    return number // 12, number % 12 + 1


def months_later(day: date, months: int) -> date:
    """Return the same day some months later or earlier, or that month's last day.

    A negative number of months goes back.
    """
    year, month = numbered_month(month_number(day) + months)
    return date(year, month, day.day if day.day <= 28 else min(day.day, month_length(year, month)))


def following(month: str) -> str:
    """Return the following month; months are written YYYY-MM."""
    return _moved(month, 1)


def preceding(month: str) -> str:
    """Return the previous month; months are written YYYY-MM."""
    return _moved(month, -1)


def months_around(month: str) -> tuple[str, str, str]:
    """Return the previous month, the month itself and the following month, as YYYY-MM."""
    return _moved(month, -1), month, following(month)


def _moved(month: str, months: int) -> str:
    return months_later(date.fromisoformat(f"{month}-01"), months).isoformat()[:7]
