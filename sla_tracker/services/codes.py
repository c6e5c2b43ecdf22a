"""Codes of causes and waivers: their translations, and parsing typed ones."""

from collections.abc import Iterator, Mapping, Sequence

from sla_tracker.domain.clean import clean
from sla_tracker.errors import N_, Choices, Phrase, UsageError
from sla_tracker.i18n import LANGUAGES, speaking
from sla_tracker.i18n import gettext as _

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


def coded_cause(given: str, allowed: Sequence[str]) -> str:
    """Return the cause code for a typed code or word.

    Raises UsageError with all codes.
    """
    return _coded(given, allowed, CAUSE_WORDS)


def coded_waiver(given: str, allowed: Sequence[str]) -> str:
    """Return the waiver code for a typed code or word.

    Raises UsageError with all codes.
    """
    return _coded(given, allowed, CODE_WORDS)


def _coded(given: str, allowed: Sequence[str], words: Mapping[str, str]) -> str:
    """Return the code whose id, or translation in any language, equals the given text."""
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
        allowed=Choices(
            {code: Phrase(words[code]) if code in words else code for code in map(clean, allowed)}
        ),
    )


def _in_every_language(message: str) -> Iterator[str]:
    for language in LANGUAGES:
        with speaking(language):
            yield _(message)
