"""Parses proposed terms: limits, what happens on a day off, targets, days."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from decimal import Decimal, InvalidOperation

from sla_tracker.domain.agreements.known_triggers import kind_of
from sla_tracker.domain.agreements.obligation import OnRequest, Trigger, TriggerKind
from sla_tracker.domain.consent.agreement import AgreedLimit, AgreedParts
from sla_tracker.domain.consent.applied import trigger_name
from sla_tracker.domain.consent.limit_rows import parts_set
from sla_tracker.domain.deadlines.due import RuleError, rule_from_table
from sla_tracker.domain.deadlines.due_rule import DueRule, Roll
from sla_tracker.domain.typed_text import folded
from sla_tracker.errors import N_, Choices, Phrase, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.value_class import dataclass
from sla_tracker.wording.due_phrases import DuePhrase, due_of
from sla_tracker.wording.parse_date import normalised
from sla_tracker.wording.parse_time import parse_day
from sla_tracker.wording.terms import ROLL_WORDS

# What a span is counted from is known, so people need not say it; the phrases that are understood do.
_FROM_ITS_START = ("收到请求后{limit}", "{limit} of delivery", "{limit} after delivery")
_FIGURE = r"\d{1,5}(?:\.\d{1,3})?"
# Spans as they are shown elsewhere, so that what is read can be typed: day and night, and of working time.
_UNIT_ZH, _UNIT_EN = "小时|分钟", "hour|minute"
_ELAPSED = re.compile(
    rf"(?:连续|昼夜)\s*(?P<zh>{_FIGURE})\s*个?(?P<zh_unit>{_UNIT_ZH})"
    rf"|(?P<zh2>{_FIGURE})\s*个?(?P<zh2_unit>{_UNIT_ZH})内?\s*\(不分昼夜和节假日\)"
    rf"|(?P<en>{_FIGURE})\s*elapsed\s+(?P<en_unit>{_UNIT_EN})s?"
    rf"|(?:within\s+)?(?P<en2>{_FIGURE})\s*(?P<en2_unit>{_UNIT_EN})s?,?\s*day and night"
)
_WORKING = re.compile(rf"(?P<zh>{_FIGURE})\s*个?(?P<zh_unit>{_UNIT_ZH})工作时间内?")
_EXAMPLES: Mapping[str, str] = {
    TriggerKind.RECURRING: N_("each month by the 5th, every Friday, last workday of the month, or day = 5"),
    TriggerKind.ON_EVENT: N_("3 workdays, 4 working hours, the same day, or workdays = 3"),
    TriggerKind.ON_REQUEST: N_("3 workdays, 4 working hours, the same day, or workdays = 3"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedTerms:
    """Terms as a person types them; an empty text changes nothing.

    `trigger` names the one that limits and roll are about, where the obligation has several; `value` the row of its
    limits, by id or label, where a field chooses them.
    """

    trigger: str = ""
    value: str = ""
    due: str = ""
    answer: str = ""
    earliest: str = ""
    roll: str = ""
    target: str = ""

    @property
    def is_empty(self) -> bool:
        """Return whether nothing was typed."""
        return not any((self.due, self.answer, self.earliest, self.roll, self.target))


def changed_parts(base: AgreedParts, typed: TypedTerms, declared: tuple[Trigger, ...]) -> AgreedParts:
    """Return the parts of an agreement, changed by what was typed.

    Raises UsageError for what is not understood.
    """
    limits = {(one.trigger, one.value): one for one in base.limits}
    target = base.target
    if typed.target and not typed.value:
        target = parse_target(typed.target)
    if typed.value or typed.due or typed.answer or typed.earliest or typed.roll:
        trigger = _meant(typed.trigger, declared)
        name, kind = trigger_name(trigger), kind_of(trigger)
        value = _value_meant(typed.value, trigger) if typed.value else ""
        limit = limits.get((name, value), AgreedLimit(trigger=name, value=value))
        if typed.due:
            due, roll = parse_limit(typed.due, kind)
            limit = replace(limit, due=due, roll=roll or limit.roll)
        if typed.answer:
            limit = replace(limit, answer=parse_limit(typed.answer, kind)[0])
        if typed.earliest:
            limit = replace(limit, earliest=parse_limit(typed.earliest, kind)[0])
        if typed.roll:
            limit = replace(limit, roll=parse_roll(typed.roll))
        if typed.target and value:
            limit = replace(limit, target=parse_target(typed.target))
        if not parts_set(limit):
            raise UsageError(N_("Nothing is proposed for {value}: name a limit or a target."), value=value)
        limits[name, value] = limit
    return AgreedParts(limits=tuple(limits.values()), target=target)


def _meant(name: str, declared: tuple[Trigger, ...]) -> Trigger:
    """Return the trigger of a name, or the only one; raises UsageError."""
    names = {trigger_name(one): one for one in declared}
    if name in names:
        return names[name]
    if not name and len(names) == 1:
        return next(iter(names.values()))
    raise UsageError(
        N_("Several things open it; say which limit you mean (--trigger): {known}."), known=", ".join(names)
    )


def _value_meant(text: str, trigger: Trigger) -> str:
    """Return the value of the choosing field that a text means, by id or label.

    Returns the text itself where it means none.
    """
    plain = folded(text.strip())
    asked = trigger if isinstance(trigger, OnRequest) else None
    chosen = [one for one in asked.fields if one.id == asked.limits_by] if asked is not None else []
    for choice in (choice for field in chosen for choice in field.choices):
        if plain in set(map(folded, (choice.id, choice.label.zh, choice.label.en))):
            return choice.id
    return text.strip()


def parse_limit(text: str, kind: str) -> tuple[DueRule, Roll | None]:
    """Return the due rule and the roll that a text means for a kind of trigger.

    The text is a phrase of the language, or in the notation of checklists. Raises UsageError with examples.
    """
    table = as_table(text) or _as_span(text) or _as_phrase(text, kind)
    if table is None:
        raise UsageError(
            N_("“{text}” is not understood as a limit; write something like {examples}."),
            text=text,
            examples=Phrase(_EXAMPLES[kind]),
        )
    try:
        rule = rule_from_table(table)
    except RuleError as wrong:
        raise wrong.problems[0] from None
    return rule, Roll(str(table["roll"])) if "roll" in table else None


def as_table(text: str) -> Mapping[str, object] | None:
    """Return the inline table that a text is; None for any other text."""
    if "=" not in text:
        return None
    inner = text.strip().removeprefix("{").removesuffix("}")
    try:
        return tomllib.loads(f"due = {{{inner}}}")["due"]  # type: ignore[no-any-return]
    except (ValueError, RecursionError):  # no TOML, numbers of thousands of digits, brackets in brackets
        return None


def _as_span(text: str) -> Mapping[str, object] | None:
    """Return the table of a span that says by which clock it counts.

    None for any other text.
    """
    plain = normalised(text).strip()
    for pattern, prefix in ((_ELAPSED, ""), (_WORKING, "working_")):
        match = pattern.fullmatch(plain)
        if match is None:
            continue
        said = {key: value for key, value in match.groupdict().items() if value}
        unit = next(value for key, value in said.items() if key.endswith("_unit"))
        number = next(value for key, value in said.items() if not key.endswith("_unit"))
        figure = float(number) if "." in number else int(number)
        return {prefix + ("minutes" if unit in {"分钟", "minute"} else "hours"): figure}
    return None


def _as_phrase(text: str, kind: str) -> Mapping[str, object] | None:
    spoken = (text, *(form.format(limit=text) for form in _FROM_ITS_START))
    found: list[DuePhrase] = [one for one in map(due_of, spoken) if one is not None]
    if not found:
        return None
    # What is understood but does not fit is refused with a better reason than that it is not understood.
    by_calendar = kind == TriggerKind.RECURRING
    return next((one for one in found if (one.opens is TriggerKind.RECURRING) is by_calendar), found[0]).due


def parse_roll(text: str) -> Roll:
    """Return what happens on a day off, by its name or its words.

    Raises UsageError with the choices.
    """
    plain = folded(text.strip())
    for roll, word in ROLL_WORDS.items():
        if plain in {roll.value, folded(word), folded(_(word))}:
            return roll
    known = {roll.value: Phrase(word) for roll, word in ROLL_WORDS.items()}
    raise UsageError(
        N_("“{text}” does not say what happens on a day off; choose one of {known}."),
        text=text,
        known=Choices(known),
    )


def parse_target(text: str) -> Decimal:
    """Return a target as a share: `95%`, `95 %`, `0.95`; raises UsageError."""
    plain = normalised(text).replace(" ", "")
    try:
        number = Decimal(plain.removesuffix("%"))
    except InvalidOperation:
        number = Decimal("NaN")
    share = number / 100 if plain.endswith("%") else number
    if not share.is_finite() or not 0 <= share <= 1:
        raise UsageError(N_("“{text}” is no target; write a share such as 95% or 0.95."), text=text)
    return share


def parse_first_day(text: str, today: date) -> date:
    """Return the first day of proposed terms, by default the first of next month."""
    if text.strip():
        return parse_day(text, today, future=True)
    return date(today.year + (today.month == 12), today.month % 12 + 1, 1)
