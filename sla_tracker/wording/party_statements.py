"""Formats causes, waivers, ratings and complaint outcomes in the current language."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.complaint import Complaint, Stage, Taken, acting_department
from sla_tracker.domain.duties.ratings import LEVEL_WORDS, RatingLevel
from sla_tracker.domain.duties.states import Decision
from sla_tracker.domain.people import Role
from sla_tracker.domain.text import Text
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.access import ROLE_WORDS
from sla_tracker.services.codes import CAUSE_WORDS, CODE_WORDS
from sla_tracker.wording.duties import person_word, text_of

if TYPE_CHECKING:
    from sla_tracker.domain.duties.duty import Duty, Waiver
    from sla_tracker.domain.people import Person


def cause_word(cause: str) -> str:
    """Return a cause code translated; the deployment's own codes as they are."""
    return _(CAUSE_WORDS[cause]) if cause in CAUSE_WORDS else clean(cause)


def code_word(code: str) -> str:
    """Return a waiver code translated; the deployment's own codes as they are."""
    return _(CODE_WORDS[code]) if code in CODE_WORDS else clean(code)


def format_statements(duty: Duty, people: Mapping[str, Person]) -> Iterator[tuple[str, str]]:
    """Yield (label, text) of a duty's waiver, cause and rating, as far as it has them."""
    if duty.waiver is not None:
        yield _("Waiver"), _waiver(duty.waiver, people)
    if duty.cause:
        yield _("Cause"), _with_note(cause_word(duty.cause), duty.cause_note)
    if duty.rating is not None:
        yield (
            _("Rating"),
            _with_note(f"{duty.rating.level} {level_word(duty.rating.level)}", duty.rating.word),
        )


def _waiver(waiver: Waiver, people: Mapping[str, Person]) -> str:
    """Return a waiver's code and reason, who asked or decided, and the answer."""
    asked = _with_note(code_word(waiver.code), waiver.reason)
    if waiver.granted is None:
        return _("{asked} · asked by {who}", asked=asked, who=person_word(people, waiver.asked_by))
    who = person_word(people, waiver.decided_by)
    if waiver.granted:
        return _("{asked} · granted by {who}", asked=asked, who=who)
    return _with_note(_("{asked} · refused by {who}", asked=asked, who=who), waiver.answer)


def _with_note(text: str, note: str) -> str:
    return paired(text, note) if note else text


def level_word(level: int) -> str:
    """Return the translated name of a rating level."""
    return _(LEVEL_WORDS[RatingLevel(level)])


def turn_word(complaint: Complaint, departments: Mapping[str, Text]) -> str:
    """Return who takes a complaint's next step: a department, or an administrator."""
    id = acting_department(complaint)
    if not id:
        return _(ROLE_WORDS[Role.ADMIN]) if complaint.next else ""
    return text_of(departments[id]) if id in departments else clean(id)


def format_outcome(step: Taken, departments: Mapping[str, Text]) -> str:
    """Return the outcome of a complaint step; empty for a step without one."""
    match step.stage:
        case Stage.JUDGE:
            return _("founded") if step.outcome == Decision.YES else _("unfounded")
        case Stage.APPROVE:
            return _("approved") if step.outcome == Decision.YES else _("sent back")
        case Stage.NAME:
            name = departments.get(step.outcome)
            return text_of(name) if name else clean(step.outcome)
        case Stage.ANALYSE:
            return cause_word(step.outcome)
        case Stage.EVALUATE:
            return f"{step.outcome} {level_word(int(step.outcome))}"
    return ""
