"""Formats the steps of a deadline as one line, or as one sentence per step."""

import re
from collections.abc import Callable, Sequence
from datetime import date, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from sla_tracker.domain.deadlines.phrases import PHRASES
from sla_tracker.domain.deadlines.recompute import clock_instant
from sla_tracker.domain.deadlines.steps import Piece, Step, StepKind
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.instants import month_length

_DAY = r"\d{4}-\d\d-\d\d"
_INSTANT = r"\d{4}-\d\d-\d\dT[^/ ]*Z"
_FREE_TEXT = frozenset({"why", "why_en", "zh", "en", "name_zh", "name_en", "rrule", "zone"})
_WEEKDAYS = tuple(
    Text(f"周{zh}", en)
    for zh, en in zip("一二三四五六日", ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), strict=True)
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MOST_LISTED = 6  # entries of a list that are shown


def explain(steps: Sequence[Step], *, lang: str, zone: tzinfo) -> tuple[str, ...]:
    """Return one sentence for each step, in the reader's language and time zone.

    Dates are written in full.
    """
    return tuple(_sentence(step, _Formatter(lang, zone, short=False)) for step in steps)


def explain_line(steps: Sequence[Step], *, lang: str, zone: tzinfo) -> str:
    """Return all steps on one line.

    An example is `11-16 周一 16:40 起 · 3 日内 · 11-19 周四 18:00 下班前`.
    """
    formatter = _Formatter(lang, zone, short=True)
    return " · ".join(filter(None, (_sentence(step, formatter) for step in steps)))


class _Formatter:
    """Formats days, instants and spans in one language, short or long."""

    def __init__(self, lang: str, zone: tzinfo, *, short: bool) -> None:
        self.lang, self.zone, self.short = lang, zone, short
        self.zh = lang.lower().startswith("zh")

    def day(self, day: date) -> str:
        weekday = _WEEKDAYS[day.weekday()].get(self.lang)
        if self.zh:
            return f"{day:%m-%d} {weekday}" if self.short else f"{day:%Y-%m-%d}（{weekday}）"
        return f"{weekday} {day.day} {_MONTHS[day.month - 1]}" + ("" if self.short else f" {day.year}")

    def instant(self, instant: datetime) -> str:
        local = instant.astimezone(self.zone)
        return f"{self.day(local.date())}{'' if self.zh and not self.short else ' '}{self.clock(local)}"

    def clock(self, local: datetime) -> str:
        return f"{local:%H:%M:%S}" if local.second else f"{local:%H:%M}"

    def clock_in(self, step: Step) -> str:
        """Return a step's time of day, in its own zone.

        The zone is named where the reader's differs.
        """
        shown = self.wall_clock(step.get("at"))
        at = clock_instant(step)
        local, here = at.astimezone(ZoneInfo(step.get("zone"))), at.astimezone(self.zone)
        if local.utcoffset() == here.utcoffset():
            return shown
        theirs = local.tzname() or step.get("zone")
        same_day = here.date() == step.day("on")
        return f"{shown} {theirs}{self.aside(self.clock(here) if same_day else self.instant(at))}"

    def wall_clock(self, text: str) -> str:
        """Return a time of day; one after 24:00 as that of the next day."""
        hour = int(text[:2])
        if hour < 24 or text == "24:00":
            return text
        later = f"{hour - 24:02d}{text[2:]}"
        return f"次日 {later}" if self.zh else f"{later} the next day"

    def month(self, text: str) -> str:
        year, _, month = text.partition("-")
        return f"{year} 年 {int(month)} 月" if self.zh else f"{_MONTHS[int(month) - 1]} {year}"

    def span(self, text: str) -> str:
        minutes, rest = divmod(int(float(text)), 60)
        hours, minutes = divmod(minutes, 60)
        units = ("小时", "分", "秒") if self.zh else ("h", "min", "s")
        parts = [
            f"{amount} {unit}" for amount, unit in zip((hours, minutes, rest), units, strict=True) if amount
        ]
        return " ".join(parts) or f"0 {units[1]}"

    def several(self, shown: Sequence[str]) -> str:
        """Join a list; of a long one only the beginning and the last entry are kept."""
        comma = "、" if self.zh else ", "
        if len(shown) > _MOST_LISTED:
            head = comma.join(shown[: _MOST_LISTED - 1])
            return f"{head}{comma}…{comma}{shown[-1]}"
        return comma.join(shown)

    def skipped(self, days: Sequence[date]) -> str:
        if not days:
            return ""
        listed = self.several([f"{day:%m-%d}" for day in days])
        return f"（不计 {listed}）" if self.zh else f" (not counting {listed})"

    def pieces(self, pieces: Sequence[Piece]) -> str:
        return self.several([self.piece(piece) for piece in pieces])

    def piece(self, piece: Piece) -> str:
        start, end = piece.start.astimezone(self.zone), piece.end.astimezone(self.zone)
        if piece.is_whole:
            return f"{start:%m-%d} {self.clock(start)}–{self.clock(end)}"
        worked = self.span(str(piece.worked // timedelta(seconds=1)))
        return f"{start:%m-%d}–{end:%m-%d} {worked}"

    def day_name(self, name: str) -> str:
        if not name:
            return ""
        return f"{name}，" if self.zh else f" ({name})"

    def aside(self, text: str) -> str:
        if not text:
            return ""
        return f"（{text}）" if self.zh else f" ({text})"


def _sentence(step: Step, formatter: _Formatter) -> str:
    phrase = PHRASES[(step.kind, _case_of(step))]
    words = (phrase.short if formatter.short else phrase.long).get(formatter.lang)
    said = words.format_map(_figures(step, formatter)) if words else ""
    return said.replace("） ", "）")  # a Chinese bracket brings its own room


def _figures(step: Step, formatter: _Formatter) -> dict[str, str]:
    figures = {key: value if key in _FREE_TEXT else _shown(value, formatter) for key, value in step.details}
    name = Text(step.get("name_zh") or step.get("zh"), step.get("name_en") or step.get("en")).get(
        formatter.lang
    )
    is_title = step.kind in (StepKind.TRIGGER, StepKind.AFTER_DUTY, StepKind.CHANGED)
    figures["name"] = name if is_title else formatter.day_name(name)
    figures["why"] = formatter.aside("" if formatter.zh else step.get("why_en")) or formatter.aside(
        step.get("why")
    )
    for key in ("day", "days", "workdays", "n"):
        figures[key] = step.get(key).removeprefix("-")
    counted = step.get("counted") or figures["days"] or figures["workdays"]
    figures["s"] = "" if counted == "1" else "s"
    if step.get("seconds"):
        figures["span"] = formatter.span(step.get("seconds"))
    if step.get("month"):
        figures["month"] = formatter.month(step.get("month"))
    if step.get("weekday"):
        figures["weekday"] = _WEEKDAYS[step.number("weekday")].get(formatter.lang)
    if step.kind is StepKind.PERIOD:
        figures["last"] = formatter.day(step.day("end") - timedelta(days=1))
    if step.kind in (StepKind.TIME, StepKind.CLOSE):
        figures["at"] = formatter.clock_in(step)
    figures["skipped"] = formatter.skipped(step.days("skipped"))
    figures["pieces"] = formatter.pieces(step.pieces("pieces"))
    return figures


def _shown(value: str, formatter: _Formatter) -> str:
    if re.fullmatch(_DAY, value):
        return formatter.day(date.fromisoformat(value))
    return formatter.instant(datetime.fromisoformat(value)) if re.fullmatch(_INSTANT, value) else value


def _case_of(step: Step) -> str:
    """Return the case of the step's kind, which selects its phrase."""
    case = _CASES.get(step.kind)
    return case(step) if case else ""


def _direction(days: int) -> str:
    if days == 0:
        return "same"
    return "after" if days > 0 else "before"


def _elapsed(step: Step) -> str:
    if step.get("undated"):
        return "undated"
    return "after" if step.get("direction") == "1" else "before"


def _working_time(step: Step) -> str:
    if step.get("undated"):
        return "undated"
    if not step.get("pieces"):
        return "none"
    return "after" if step.get("direction") == "1" else "before"


def _day_of_month(step: Step) -> str:
    day, on = step.number("day"), step.day("on")
    if day > 0:
        return "short" if on.day < day else ""
    if month_length(on.year, on.month) < -day:
        return "short end"
    return "last" if day == -1 else "end"


def _nth_workday(step: Step) -> str:
    n, counted = step.number("n"), step.number("counted")
    if counted < abs(n):
        return "fewer" if counted else "none"
    if n > 0:
        return "first"
    return "last" if n == -1 else "end"


def _recalculated(step: Step) -> str:
    return "delivered" if step.get("delivered") else step.get("cause") or "open"


def _excuse(step: Step) -> str:
    if not step.get("until"):
        return _in_unit("so far", step) if step.get("now") else "running"
    return _in_unit("counted", step) if step.get("seconds") != "0" else "idle"


def _extended(step: Step) -> str:
    return _in_unit("so far" if step.get("now") else "", step)


def _in_unit(case: str, step: Step) -> str:
    """Return the case for time that was measured day and night, or for working time."""
    return f"{case} {step.get('unit')}".strip()


_CASES: dict[StepKind, Callable[[Step], str]] = {
    StepKind.AFTER_DUTY: lambda step: step.get("of"),
    StepKind.CHANGED: lambda step: step.get("effect"),
    StepKind.CLOCK_START: lambda step: step.get("cause"),
    StepKind.NEXT_WORKDAY: lambda step: step.get("why"),
    StepKind.DAYS: lambda step: _direction(step.number("days")),
    StepKind.WORKDAYS: lambda step: "after" if step.number("workdays") > 0 else "before",
    StepKind.WORKING_TIME: _working_time,
    StepKind.ELAPSED: _elapsed,
    StepKind.DAY_OF_MONTH: _day_of_month,
    StepKind.NTH_WORKDAY: _nth_workday,
    StepKind.ROLL: lambda step: (
        ("following" if step.get("direction") == "1" else "preceding")
        + (" turned" if step.get("turned") else "")
    ),
    StepKind.RECALCULATED: _recalculated,
    StepKind.EXCUSE: _excuse,
    StepKind.EXTENDED: _extended,
    StepKind.GRACE: lambda step: "elapsed" if step.get("at") else "",
    StepKind.PROVISIONAL: lambda step: step.get("cause"),
}
