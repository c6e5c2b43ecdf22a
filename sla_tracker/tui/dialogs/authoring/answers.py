"""The answers of a form about one obligation, and those that show a checklist's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import time

from sla_tracker.domain.agreements.fields import FieldKind
from sla_tracker.domain.agreements.obligation import About, TriggerKind
from sla_tracker.domain.deadlines.due_rule import RuleKey
from sla_tracker.domain.text import Text
from sla_tracker.errors import N_
from sla_tracker.i18n import language
from sla_tracker.services.authoring.draft import DraftEvent, DraftObligation
from sla_tracker.tui.dialogs.authoring.further import Events, condition_text, fields_in, further_text
from sla_tracker.tui.dialogs.authoring.promises import RequestAnswers, request_answers
from sla_tracker.value_class import dataclass

NO_EVENTS: Events = {}
NEW = "+"
# Stands for a part of a checklist that the form cannot show and leaves as the file has it.
AS_WRITTEN = "="


@dataclass(frozen=True, slots=True)
class Rule:
    """A kind of due rule: its label and the format of its figure."""

    word: str
    hint: str
    takes_time: bool = True
    names_day: bool = False


_AFTER_IT: Mapping[str, Rule] = {
    RuleKey.WORKDAYS: Rule(N_("workdays after it"), N_("0 is the same day")),
    RuleKey.DAYS: Rule(N_("days after it"), N_("0 is the same day"), names_day=True),
    RuleKey.WORKING_HOURS: Rule(N_("working hours after it"), N_("such as 4"), takes_time=False),
}
RULES: Mapping[str, Mapping[str, Rule]] = {
    TriggerKind.RECURRING: {
        RuleKey.DAY: Rule(N_("on a day of the month"), N_("1 to 31"), names_day=True),
        RuleKey.NTH_WORKDAY: Rule(N_("on a workday of the month"), N_("1 is the first, -1 the last")),
        RuleKey.WEEKDAYS: Rule(N_("every week"), N_("such as fri"), names_day=True),
    },
    TriggerKind.ON_EVENT: _AFTER_IT,
    TriggerKind.ON_REQUEST: _AFTER_IT,
}
KINDS = {
    FieldKind.TICK: N_("tick"),
    FieldKind.TEXT: N_("text"),
    FieldKind.NUMBER: N_("number"),
    FieldKind.DATE: N_("day"),
    FieldKind.REFERENCE: N_("file or link"),
}
ABOUT = {About.PREVIOUS: N_("the period before"), About.CURRENT: N_("the period it lies in")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """The answers about one obligation.

    `evidence` are labels with their kinds, `promised` what a request is about, `when` is the condition of the first
    trigger, `also` has a further trigger in each line. `written` is the obligation as the file has it:
    what the answers leave as it was shown stays as it was written.
    """

    zh: str = ""
    en: str = ""
    consumer: str = ""
    consumer_name: str = ""
    opens: str = TriggerKind.RECURRING
    event: str = ""
    event_name: str = ""
    event_subject: str = ""
    rule: str = ""
    figure: str = ""
    at: str = ""
    roll: str = ""
    about: str = About.PREVIOUS
    answer_hours: str = ""
    evidence: Sequence[tuple[str, FieldKind]] = ()
    guide: str = ""
    when: str = ""
    also: str = ""
    written: DraftObligation | None = None
    promised: RequestAnswers = RequestAnswers()


@dataclass(frozen=True, slots=True, kw_only=True)
class Filled:
    """One complete obligation with the departments and events it declares anew."""

    answers: Answers
    obligation: DraftObligation
    event: DraftEvent | None = None
    consumer: tuple[str, Text] | None = None


def answers_of(draft: DraftObligation, events: Events = NO_EVENTS) -> Answers:
    """Return the answers that describe an obligation.

    Parts without a field in the form stay as they are written.
    """
    opens = draft.kind
    rule = next((key for key in draft.due if key in RULES[opens]), "")
    names = {"at"} if rule and RULES[opens][rule].takes_time else set()
    names |= {"roll"} if rule and RULES[opens][rule].names_day else set()
    is_shown = bool(rule) and draft.due.keys() <= {rule, *names}
    return Answers(
        zh=draft.title.zh,
        en=draft.title.en,
        consumer=draft.consumer,
        opens=opens if draft.due else AS_WRITTEN,
        event=draft.on_event,
        rule=rule if is_shown else AS_WRITTEN,
        figure=_figure_word(draft.due[rule]) if is_shown else "",
        at=_clock_word(draft.due.get("at")) if is_shown else "",
        roll=str(draft.due.get("roll", "")) if is_shown else "",
        about=draft.about,
        answer_hours=answer_word(draft.answer),
        evidence=tuple((shown_text(one.label), one.kind) for one in draft.evidence),
        guide=shown_text(draft.guide),
        when=condition_word(draft, events),
        also=further_text(draft, events),
        written=draft,
        promised=request_answers(draft),
    )


def filled_from(draft: DraftObligation, events: Events = NO_EVENTS) -> Filled:
    """Return an obligation of a checklist as a filled form."""
    return Filled(answers=answers_of(draft, events), obligation=draft)


def due_word(due: Mapping[str, object]) -> str:
    """Return a due rule's table as a checklist writes it: `day = 10, months = 1, 4`."""
    return ", ".join(f"{key} = {_figure_word(figure)}" for key, figure in due.items())


def _figure_word(figure: object) -> str:
    return ", ".join(map(str, figure)) if isinstance(figure, list) else str(figure)


def _clock_word(at: object) -> str:
    return at.isoformat("minutes") if isinstance(at, time) else str(at or "")


def answer_word(answer: Mapping[str, object] | None) -> str:
    """Return the limit of the first answer as it is typed."""
    if not answer:
        return ""
    return (
        str(answer[RuleKey.WORKING_HOURS]) if answer.keys() == {RuleKey.WORKING_HOURS} else due_word(answer)
    )


def condition_word(draft: DraftObligation, events: Events) -> str:
    """Return the condition of the first trigger as it is typed."""
    fields = fields_in(draft.asked.get("fields"))
    if draft.on_event:
        fields = tuple(events[draft.on_event].fields) if draft.on_event in events else ()
    return condition_text(draft.condition, fields)


def shown_text(text: Text | None) -> str:
    """Return a text in the reader's language, in the other one where it lacks it."""
    return text.get(language()).strip() if text else ""
