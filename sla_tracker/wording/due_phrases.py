"""Understands due dates as people write them into lists.

Examples are 每月5日前, 每周一, 每季度首月10日, 交车后3天内, “by the 5th”,
“every Monday” and “within 3 days of delivery”. A phrase that can mean two things is not understood: somebody has to
decide it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence

from sla_tracker.domain.agreements.obligation import About, TriggerKind
from sla_tracker.domain.deadlines.due import RuleError, rule_from_table
from sla_tracker.domain.deadlines.due_rule import SPANS, RuleKey
from sla_tracker.domain.time.work_hours import WEEKDAYS
from sla_tracker.value_class import dataclass
from sla_tracker.wording import due_patterns as patterns
from sla_tracker.wording.parse_date import OutOfRange, month_named, normalised
from sla_tracker.wording.parse_time import without_time

Table = Mapping[str, object]
Match = re.Match[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class DuePhrase:
    """A due date as understood: what opens the duty, and the table of its due rule.

    `event` is what the phrase calls the event; `about` belongs to a recurring one.
    """

    opens: TriggerKind
    due: Table
    event: str = ""
    about: str = About.PREVIOUS

    @property
    def is_before(self) -> bool:
        """Return whether it is due before what opens it, an event that is planned ahead."""
        figures = (self.due.get(rule) for rule in SPANS)
        return any(isinstance(figure, int | float) and figure < 0 for figure in figures)


def due_of(due: str, trigger: str = "") -> DuePhrase | None:
    """Return what a due date and, beside it, a trigger or frequency mean.

    None when that is not certain. The trigger may be empty, and so may the due date when the trigger names it.
    """
    due, trigger = due.strip(), trigger.strip()
    alone = _understood(due or trigger)
    if not due or not trigger or (alone is not None and alone.opens is not TriggerKind.RECURRING):
        return alone
    return _understood(f"{trigger} {due}") or (None if _names_other_period(trigger, due) else alone)


def _names_other_period(trigger: str, due: str) -> bool:
    """Return whether the trigger names a period that the due date does not name.

    For example “5号前” of a quarter is no monthly due date.
    """
    found = [patterns.OTHER_PERIOD.search(normalised(text)) for text in (trigger, due)]
    return found[0] is not None and found[1] is None


def _understood(text: str) -> DuePhrase | None:
    plain, roll = _without_roll(normalised(text))
    try:
        rest, seconds = without_time(plain)
    except (OutOfRange, ValueError):
        return None
    limit = seconds is not None and patterns.TIME_LIMIT.search(plain) is not None
    for spoken in dict.fromkeys((_trimmed(rest), _trimmed(plain))):
        found = _matched(spoken)
        if found is not None and (seconds is None or spoken == _trimmed(rest)):
            return _finished(found, roll, _clock(seconds), limit=limit)
    return None


def _without_roll(plain: str) -> tuple[str, str]:
    """Take out what a text says about days off, and return that as a roll."""
    for roll, pattern in patterns.ROLLS.items():
        match = pattern.search(plain)
        if match is not None:
            return f"{plain[: match.start()]} {plain[match.end() :]}".strip(" ,;.。，；、()"), roll
    return plain, ""


def _trimmed(plain: str) -> str:
    """Return the text without the words around the due date itself."""
    text = patterns.CLOSE.sub("", plain)
    text = patterns.BEGINNING.sub("", text.strip(" ,;:.。，；：、"))
    text = patterns.ENDING.sub("", text.strip(" ,;:.。，；：、"))
    if not text.isascii():
        text = text.replace(" ", "")
    return text.strip(" ,;:.。，；：、")


def _clock(seconds: int | None) -> str:
    return "" if seconds is None else f"{seconds // 3600:02d}:{seconds // 60 % 60:02d}"


def _matched(text: str) -> DuePhrase | None:
    for pattern, build in _BUILDERS:
        match = pattern.fullmatch(text)
        if match is not None:
            return build(match)
    return None


def _finished(found: DuePhrase, roll: str, at: str, *, limit: bool) -> DuePhrase | None:
    """Return the phrase with its time of day and roll, if these make a rule together."""
    table = dict(found.due)
    names_day = not table.keys().isdisjoint({RuleKey.DAY, RuleKey.WEEKDAYS, RuleKey.DAYS})
    if roll and names_day:
        table["roll"] = roll
    elif limit and RuleKey.DAY in table:
        table.setdefault("roll", "preceding")
    if at:
        table["at"] = at
    try:
        rule_from_table(table)
    except RuleError:
        return None
    return DuePhrase(opens=found.opens, due=table, event=found.event, about=found.about)


# --- what each pattern means ------------------------------------------------------------------------------------------


def _recurring(table: Table, match: Match, about: str = About.PREVIOUS) -> DuePhrase:
    limit = (
        {"roll": "preceding"}
        if RuleKey.DAY in table and (match.groupdict().get("limit") or "").strip()
        else {}
    )
    return DuePhrase(opens=TriggerKind.RECURRING, due={**table, **limit}, about=about)


def _month(match: Match) -> DuePhrase:
    this = (match.groupdict().get("which") or "") in patterns.THIS_MONTH
    return _recurring({RuleKey.DAY: int(match["day"])}, match, About.CURRENT if this else About.PREVIOUS)


def _end(months: Sequence[int] = ()) -> Callable[[Match], DuePhrase]:
    table: Table = {RuleKey.DAY: 31, "months": list(months)} if months else {RuleKey.DAY: 31}
    return lambda match: _recurring(table, match, About.CURRENT)


def _workday(match: Match) -> DuePhrase:
    number, from_end = _number(match["n"] or "1"), match.groupdict().get("last")
    return _recurring(
        {RuleKey.NTH_WORKDAY: -number if from_end else number},
        match,
        About.CURRENT if from_end else About.PREVIOUS,
    )


def _weekly(match: Match) -> DuePhrase:
    days = [patterns.DAYS[day] for day in patterns.DAY.findall(match["days"])]
    return _recurring({RuleKey.WEEKDAYS: [WEEKDAYS[day] for day in sorted(set(days))]}, match)


def _every_workday(match: Match) -> DuePhrase:
    return _recurring({RuleKey.EVERY_WORKDAY: True}, match, About.CURRENT)


def _quarter(match: Match) -> DuePhrase:
    first = patterns.MONTH_OF_QUARTER[match["month"]]
    return _recurring({RuleKey.DAY: int(match["day"]), "months": [first + 3 * n for n in range(4)]}, match)


def _after_quarter(match: Match) -> DuePhrase:
    table = {RuleKey.DAY: int(match["n"]), "months": [1, 4, 7, 10], "roll": "preceding"}
    return _recurring(table, match)


def _yearly(match: Match) -> DuePhrase:
    months = [month_named(name) or int(name) for name in patterns.MONTH.findall(match["months"])]
    return _recurring({RuleKey.DAY: int(match["day"]), "months": sorted(set(months))}, match)


def _after(match: Match) -> DuePhrase | None:
    return _of_event(match, 1)


def _before(match: Match) -> DuePhrase | None:
    return _of_event(match, -1)


def _of_event(match: Match, sign: int) -> DuePhrase | None:
    unit = patterns.unit_of(match["unit"])
    half = match["n"] == "半"
    if unit is None or (half and unit != RuleKey.WORKING_HOURS):
        return None
    figure: float = 0.5 if half else _number(match["n"]) * (7 if unit == "weeks" else 1)
    rule = RuleKey.DAYS if unit == "weeks" else unit
    return _event_phrase(match, {rule: sign * figure})


def _same_day(match: Match) -> DuePhrase | None:
    return _event_phrase(match, {RuleKey.DAYS: 0})


def _next_day(match: Match) -> DuePhrase | None:
    return _event_phrase(match, {RuleKey.WORKDAYS if match["work"] else RuleKey.DAYS: 1})


def _event_phrase(match: Match, table: Table) -> DuePhrase | None:
    event = match["event"].strip(" ,，、的")
    if not event or patterns.PERIOD.match(event):
        return None
    if patterns.REQUEST.fullmatch(event):
        phrase = DuePhrase(opens=TriggerKind.ON_REQUEST, due=table)
        return None if phrase.is_before else phrase
    return DuePhrase(opens=TriggerKind.ON_EVENT, due=table, event=event)


def _number(text: str) -> int:
    return patterns.NUMBERS.get(text) or int(re.sub(r"\D", "", text))


_BUILDERS: Sequence[tuple[re.Pattern[str], Callable[[Match], DuePhrase | None]]] = (
    *((pattern, _month) for pattern in patterns.DAY_OF_MONTH),
    *((pattern, _end()) for pattern in patterns.END_OF_MONTH),
    *((pattern, _workday) for pattern in patterns.WORKDAY_OF_MONTH),
    *((pattern, _weekly) for pattern in patterns.WEEKLY),
    *((pattern, _every_workday) for pattern in patterns.EVERY_WORKDAY),
    *((pattern, _quarter) for pattern in patterns.QUARTERLY),
    *((pattern, _end((3, 6, 9, 12))) for pattern in patterns.END_OF_QUARTER),
    *((pattern, _after_quarter) for pattern in patterns.AFTER_QUARTER),
    *((pattern, _end((6, 12))) for pattern in patterns.END_OF_HALF),
    *((pattern, _end((12,))) for pattern in patterns.END_OF_YEAR),
    *((pattern, _yearly) for pattern in patterns.YEARLY),
    *((pattern, _same_day) for pattern in patterns.SAME_DAY),
    *((pattern, _next_day) for pattern in patterns.NEXT_DAY),
    *((pattern, _before) for pattern in patterns.BEFORE_EVENT),
    *((pattern, _after) for pattern in patterns.AFTER_EVENT),
)
