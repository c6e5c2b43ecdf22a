"""Turns the answers of a form into a drafted department or problems by field."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import field, replace

from sla_tracker.domain.agreements.obligation import About, TriggerKind
from sla_tracker.domain.deadlines.due import RuleError, rule_from_table
from sla_tracker.domain.deadlines.due_rule import RuleKey
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.work_hours import WEEKDAYS
from sla_tracker.domain.typed_text import folded
from sla_tracker.errors import SlaError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language
from sla_tracker.services.authoring.draft import Draft, DraftEvent, DraftEvidence, DraftObligation
from sla_tracker.services.authoring.ids import free_id, spelled_id
from sla_tracker.tui.dialogs.authoring.answers import (
    AS_WRITTEN,
    NEW,
    NO_EVENTS,
    RULES,
    Answers,
    Filled,
    answer_word,
    answers_of,
    condition_word,
    shown_text,
)
from sla_tracker.tui.dialogs.authoring.further import (
    Events,
    condition_table,
    fields_in,
    further_of,
)
from sla_tracker.tui.dialogs.authoring.promises import (
    asked_tables,
    measure_of,
    target_of,
)
from sla_tracker.value_class import dataclass

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
_WEEKDAY_WORDS = dict(zip("一二三四五六日天", (*WEEKDAYS, "sun"), strict=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The result of checking answers: the obligation, or problems by field."""

    filled: Filled | None = None
    problems: Mapping[str, str] = field(default_factory=dict)


def department_problems(id: str, zh: str, en: str, taken: Sequence[str]) -> dict[str, str]:
    """Return the problems of a department's names by field."""
    found = {}
    if not (zh.strip() or en.strip()):
        found["zh"] = _("Write the name, in Chinese or in English.")
    if not ID.fullmatch(id):
        found["id"] = _("Use a to z, 0 to 9 and -, beginning with a letter or digit.")
    elif id in taken:
        found["id"] = _("There is a department with this id already.")
    return found


def understood(
    answers: Answers, department: str, taken: Sequence[str] = (), events: Events = NO_EVENTS
) -> Outcome:
    """Return the obligation that the answers describe, or their problems by field.

    `events` are the event types that are known.
    """
    problems: dict[str, str] = {}
    if not (answers.zh.strip() or answers.en.strip()):
        problems["zh"] = _("Write what is owed, in Chinese or in English.")
    consumer, brought = _consumer(answers, problems)
    event_id, event = _event(answers, department, problems)
    due = _due(answers, problems)
    answer = _answer(answers, problems)
    written, evidence = answers.written, _evidence(answers)
    asked: Mapping[str, object] = {}
    if answers.opens == TriggerKind.ON_REQUEST:
        asked = asked_tables(answers.promised, written, problems)
    elif written is not None and answers.opens == AS_WRITTEN:
        asked = written.asked
    condition = _condition(answers, event_id, asked, events, problems)
    wrong: list[str] = []
    further = further_of(
        answers.also,
        asked,
        _kind(answers),
        written,
        events,
        wrong.append,
    )
    if wrong:
        problems["also"] = wrong[0]
    target = target_of(answers.promised, written, problems)
    measure = measure_of(answers.promised, evidence, written, problems)
    if problems:
        return Outcome(problems=problems)
    obligation = DraftObligation(
        id=written.id
        if written
        else free_id(f"{department}-{spelled_id(answers.en, answers.zh) or 'duty'}", taken),
        title=Text(answers.zh.strip(), answers.en.strip()),
        consumer=consumer,
        due=due,
        on_event=event_id,
        on_request=written.on_request
        if written and answers.opens == AS_WRITTEN
        else answers.opens == TriggerKind.ON_REQUEST,
        answer=answer,
        about=answers.about or (written.about if written else About.PREVIOUS),
        evidence=evidence,
        guide=_guide(answers),
        asked=asked,
        target=target,
        measure=measure,
        condition=condition,
        further=further,
    )
    return Outcome(filled=Filled(answers=answers, obligation=obligation, event=event, consumer=brought))


def drafted(id: str, zh: str, en: str, filled: Sequence[Filled]) -> Draft:
    """Return the draft of the department with all its obligations."""
    events = {one.event.id: one.event for one in filled if one.event is not None}
    consumers = dict(one.consumer for one in filled if one.consumer is not None)
    consumers.pop(id, None)
    return Draft(
        department=id,
        name=Text(zh.strip(), en.strip()),
        consumers=consumers,
        event_types=tuple(events.values()),
        obligations=tuple(one.obligation for one in filled),
    )


def place_of(problem: SlaError) -> str:
    """Return the field that a problem of the whole draft belongs to, or ""."""
    where = str(problem.values.get("where", ""))
    for part, field_id in _PLACES.items():
        if part in where:
            return field_id
    return ""


_PLACES = {
    "event type": "event_name",
    ".title": "zh",
    ".evidence": "evidence",
    ".guide": "guide",
    ".consumer": "consumer",
    ".fields": "fields",
    ".limits": "limits",
    ".papers": "papers",
    ".updates_every": "updates",
    ".earliest": "earliest",
    ".measure": "measure",
    ".target": "target",
    ".condition": "when",
    ".triggers": "figure",
}


def _consumer(answers: Answers, problems: dict[str, str]) -> tuple[str, tuple[str, Text] | None]:
    if answers.consumer != NEW:
        if not answers.consumer and not (answers.written and not answers.written.consumer):
            problems["consumer"] = _("Choose who is owed.")
        return answers.consumer, None
    name = answers.consumer_name.strip()
    id = spelled_id(name)
    if not id:
        problems["consumer_name"] = _("Write the name of the department that is owed.")
    return id, (id, Text(name, ""))


def _event(answers: Answers, department: str, problems: dict[str, str]) -> tuple[str, DraftEvent | None]:
    if answers.opens == AS_WRITTEN and answers.written:
        return answers.written.on_event, None
    if answers.opens != TriggerKind.ON_EVENT:
        return "", None
    if answers.event != NEW:
        if not answers.event:
            problems["event"] = _("Choose the event.")
        return answers.event, None
    name, subject = answers.event_name.strip(), answers.event_subject.strip()
    id = spelled_id(name)
    if not id:
        problems["event_name"] = _("Write what happens.")
    if not subject:
        problems["event_subject"] = _("Write what it happens to: a contract, a vehicle, a person.")
    event = DraftEvent(id=f"{department}-{id}", title=Text(name, ""), subject=Text(subject, ""))
    return event.id, event


def _due(answers: Answers, problems: dict[str, str]) -> Mapping[str, object]:
    if answers.written is not None and _rule_answers(answers) == _rule_answers(answers_of(answers.written)):
        return answers.written.due
    rule = RULES.get(answers.opens, {}).get(answers.rule)
    if rule is None:
        problems["rule"] = _("Choose when it is due.")
        return {}
    table: dict[str, object] = {answers.rule: _figure(answers.rule, answers.figure)}
    at = unicodedata.normalize("NFKC", answers.at).strip()
    if at and rule.takes_time:
        table["at"] = at
    if answers.roll and rule.names_day:
        table["roll"] = answers.roll
    for problem in _rule_problems(table):
        key = problem.values.get("key")
        if key == "at":
            problems["at"] = _("Write a time such as 12:00, or nothing for the close of the day.")
        elif key == "roll":
            problems["roll"] = problem.sentence()
        else:
            problems["figure"] = _("This takes a figure: {hint}", hint=_(rule.hint))
    return table


def _rule_problems(table: Mapping[str, object]) -> Sequence[SlaError]:
    try:
        rule_from_table(table)
    except RuleError as error:
        return error.problems
    return ()


def _figure(rule: str, typed: str) -> object:
    plain = folded(typed).strip()
    if rule == RuleKey.WEEKDAYS:
        return [_weekday(word) for word in re.split(r"[\s,、;]+", plain) if word]
    try:
        return float(plain) if rule == RuleKey.WORKING_HOURS and "." in plain else int(plain)
    except ValueError:
        return plain


def _weekday(word: str) -> str:
    return _WEEKDAY_WORDS.get(word[-1], word[:3])


def _rule_answers(answers: Answers) -> tuple[str, ...]:
    return answers.opens, answers.rule, answers.figure.strip(), answers.at.strip(), answers.roll


def _answer(answers: Answers, problems: dict[str, str]) -> Mapping[str, object] | None:
    if answers.written is not None and answers.answer_hours == answer_word(answers.written.answer):
        return answers.written.answer
    hours = answers.answer_hours.strip()
    if answers.opens != TriggerKind.ON_REQUEST or not hours:
        return None
    table: dict[str, object] = {RuleKey.WORKING_HOURS: _figure(RuleKey.WORKING_HOURS, hours)}
    if _rule_problems(table):
        problems["answer_hours"] = _("Write a number of working hours, such as 4.")
    return table


def _evidence(answers: Answers) -> tuple[DraftEvidence, ...]:
    written = answers.written.evidence if answers.written else ()
    found: dict[str, DraftEvidence] = {}
    for place, (label, kind) in enumerate(answers.evidence):
        before = written[place] if place < len(written) else None
        if not label.strip():
            continue
        if before is None:
            taken = [*found, *(one.id for one in written)]
            id = free_id(spelled_id(label) or "evidence", taken)
            found[id] = DraftEvidence(id=id, label=Text(label.strip(), ""), kind=kind)
        else:
            found[before.id] = replace(before, label=_reworded(before.label, label.strip()), kind=kind)
    return tuple(found.values())


def _kind(answers: Answers) -> str:
    """Return the kind of the first trigger, as a checklist calls it."""
    if answers.opens == AS_WRITTEN and answers.written is not None:
        return answers.written.kind
    return answers.opens or TriggerKind.RECURRING


def _condition(
    answers: Answers, event_type: str, asked: Mapping[str, object], events: Events, problems: dict[str, str]
) -> Mapping[str, object] | None:
    """Return the condition of the first trigger.

    An unchanged condition is returned as the file has it.
    """
    written, kind = answers.written, _kind(answers)
    if kind == TriggerKind.RECURRING:
        return None
    if written is not None and kind == written.kind and answers.when == condition_word(written, events):
        return written.condition
    fields = fields_in(asked.get("fields"))
    if kind == TriggerKind.ON_EVENT:
        fields = tuple(events[event_type].fields) if event_type in events else ()
    try:
        return condition_table(answers.when, fields)
    except SlaError as reason:
        problems["when"] = reason.sentence()
        return None


def _guide(answers: Answers) -> Text | None:
    typed, written = answers.guide.strip(), answers.written.guide if answers.written else None
    if not typed:
        return None
    return _reworded(written, typed) if written else Text(typed, "")


def _reworded(text: Text, typed: str) -> Text:
    """Return a text after its shown language was changed; the other language stays."""
    if typed == shown_text(text):
        return text
    shows_chinese = bool(text.zh) if language() == "zh_CN" else not text.en
    return Text(typed, text.en) if shows_chinese else Text(text.zh, typed)
