"""Says in the reader's language what both sides put on record by a code: causes, waivers, outcomes of a complaint."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from sla_tracker.core.clean import clean
from sla_tracker.core.complaint import Stage, Taken
from sla_tracker.core.opinion import LEVEL_WORDS, Level
from sla_tracker.core.text import Text
from sla_tracker.desk.words import paired, person_word, text_of
from sla_tracker.errors import N_, UsageError
from sla_tracker.locale import LANGUAGES, speaking
from sla_tracker.locale import gettext as _

if TYPE_CHECKING:
    from sla_tracker.core.duty import Duty, Waiver
    from sla_tracker.core.people import Person

CAUSE_WORDS = {
    "workload": N_("too much work"),
    "waiting": N_("waited for others"),
    "forgotten": N_("forgotten"),
    "unclear": N_("unclear what was wanted"),
    "system": N_("system or network down"),
    "other": N_("other"),
}

CODE_WORDS = {
    "force_majeure": N_("nobody could help it"),
    "agreed": N_("agreed between the departments"),
    "not_needed": N_("not needed any more"),
    "other": N_("other"),
}


def cause_word(cause: str) -> str:
    """Return a category of causes in words; one that only the deployment knows shows as it is written there."""
    return _(CAUSE_WORDS[cause]) if cause in CAUSE_WORDS else clean(cause)


def code_word(code: str) -> str:
    """Return a kind of waiver in words; one that only the deployment knows shows as it is written there."""
    return _(CODE_WORDS[code]) if code in CODE_WORDS else clean(code)


def sides_in_words(duty: Duty, people: Mapping[str, Person]) -> Iterator[tuple[str, str]]:
    """Yield what both sides put on record about a duty, each with what it is called: waiver, cause, rating."""
    if duty.waiver is not None:
        yield _("Waiver"), _waiver(duty.waiver, people)
    if duty.cause:
        yield _("Cause"), _with_words(cause_word(duty.cause), duty.cause_note)
    if duty.rating is not None:
        yield (
            _("Rating"),
            _with_words(f"{duty.rating.level} {level_word(duty.rating.level)}", duty.rating.word),
        )


def _waiver(waiver: Waiver, people: Mapping[str, Person]) -> str:
    """Return why a duty was or is to be excused, and what became of that."""
    asked = _with_words(code_word(waiver.code), waiver.reason)
    if waiver.granted is None:
        return _("{asked} · asked by {who}", asked=asked, who=person_word(people, waiver.asked_by))
    who = person_word(people, waiver.decided_by)
    if waiver.granted:
        return _("{asked} · granted by {who}", asked=asked, who=who)
    return _with_words(_("{asked} · refused by {who}", asked=asked, who=who), waiver.answer)


def _with_words(said: str, words: str) -> str:
    return paired(said, words) if words else said


def coded_cause(given: str, allowed: Sequence[str]) -> str:
    """Return the category of causes that is meant; raises UsageError naming those there are."""
    return _coded(given, allowed, CAUSE_WORDS)


def coded_waiver(given: str, allowed: Sequence[str]) -> str:
    """Return the kind of waiver that is meant; raises UsageError naming those there are."""
    return _coded(given, allowed, CODE_WORDS)


def _coded(given: str, allowed: Sequence[str], words: Mapping[str, str]) -> str:
    """Return the code that goes by its own id or by its word in any language."""
    named = given.strip().casefold()
    for code in allowed:
        if named in {
            code.casefold(),
            *(word.casefold() for word in _in_every_language(words.get(code, code))),
        }:
            return code
    raise UsageError(
        N_("“{code}” is not one of {allowed}."),
        code=given.strip(),
        allowed=_(", ").join(_(words[code]) if code in words else clean(code) for code in allowed),
    )


def _in_every_language(message: str) -> Iterator[str]:
    for language in LANGUAGES:
        with speaking(language):
            yield _(message)


def level_word(level: int) -> str:
    """Return a level of service in words."""
    return _(LEVEL_WORDS[Level(level)])


def outcome_in_words(step: Taken, departments: Mapping[str, Text]) -> str:
    """Return what a step of a complaint came to; the empty text for a step without an outcome."""
    match step.stage:
        case Stage.JUDGE:
            return _("founded") if step.outcome == "yes" else _("unfounded")
        case Stage.APPROVE:
            return _("approved") if step.outcome == "yes" else _("sent back")
        case Stage.NAME:
            name = departments.get(step.outcome)
            return text_of(name) if name else clean(step.outcome)
        case Stage.ANALYSE:
            return cause_word(step.outcome)
        case Stage.EVALUATE:
            return f"{step.outcome} {level_word(int(step.outcome))}"
    return ""
