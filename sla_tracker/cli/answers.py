"""Parses typed answers to declared fields into the values that are stored."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from sla_tracker.cli import output, screen
from sla_tracker.cli.formats.text_table import Tone
from sla_tracker.cli.invocation import Invocation
from sla_tracker.domain.agreements.fields import TICKED, Field, FieldKind, problem_with
from sla_tracker.domain.agreements.typed_values import stored_value
from sla_tracker.domain.clean import clean
from sla_tracker.errors import N_, Incomplete, MissingValue, NeedsConfirmation, Refused, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import bracketed
from sla_tracker.wording.duties import text_of
from sla_tracker.wording.party_statements import cause_word, code_word


def understood(invocation: Invocation, fields: Sequence[Field], given: Mapping[str, str]) -> dict[str, str]:
    """Return all answers as stored values.

    Unknown field names are left for the services to refuse.
    """
    known = {field.id: field for field in fields}
    return {
        name: answer(invocation, known[name], value) if name in known else value
        for name, value in given.items()
    }


def answer(invocation: Invocation, field: Field, value: str) -> str:
    """Return one answer as a stored value; raises UsageError for a day that is none."""
    return stored_value(field, value, invocation.day)


def cause_words(invocation: Invocation) -> list[str]:
    """Return the words of the causes that the deployment knows."""
    return [cause_word(cause) for cause in invocation.context.settings.causes]


def waiver_words(invocation: Invocation) -> list[str]:
    """Return the words of the kinds of waivers that the deployment knows."""
    return [code_word(code) for code in invocation.context.settings.waiver_codes]


def confirm_doubt(invocation: Invocation, doubt: NeedsConfirmation) -> None:
    """Ask to confirm a doubtful act; raises Refused after a no.

    Raises the doubt itself when nobody can be asked.
    """
    if not invocation.may_ask:
        raise doubt
    if not screen.confirm(doubt.sentence()):
        raise Refused(N_("Nothing was done."))


@contextmanager
def explaining_missing(fields: Sequence[Field], example: str) -> Iterator[None]:
    """Add to an Incomplete error how each missing field is typed.

    `example` is the option, such as `-e`.
    """
    try:
        yield
    except Incomplete as error:
        typed = [f"{example} {_as_typed(field)}" for field in fields if _is_missing(field, error)]
        if not typed:
            raise
        how = UsageError(N_("Type it like this: {typed}"), typed=" ".join(typed))
        raise Incomplete(error.message, (*error.problems, how), **error.values) from error


def _is_missing(field: Field, error: Incomplete) -> bool:
    missing = (problem for problem in error.problems if isinstance(problem, MissingValue))
    return any(problem.values["name"] == field.id for problem in missing)


def _as_typed(field: Field) -> str:
    if field.kind is FieldKind.TICK:
        return field.id
    if not field.choices:
        return f"{field.id}=…"
    return bracketed(f"{field.id}=…", _(", ").join(clean(choice.id) for choice in field.choices))


def asked_for(invocation: Invocation, fields: Sequence[Field], have: Mapping[str, str]) -> dict[str, str]:
    """Prompt for each required field without an answer until it is acceptable.

    An empty answer skips the field.
    """
    found: dict[str, str] = {}
    for field in fields:
        if field.required and not have.get(field.id, "").strip():
            given = _asked(invocation, field)
            if given:
                found[field.id] = given
    return found


def _asked(invocation: Invocation, field: Field) -> str:
    label = text_of(field.label)
    if field.kind is FieldKind.TICK:
        return TICKED if screen.confirm(_("{label} – is it there?", label=label)) else ""
    hint = _(", ").join(clean(choice.id) + " " + text_of(choice.label) for choice in field.choices)
    shown = bracketed(label, hint) if hint else label
    while True:
        value = screen.prompt(shown, default="")
        try:
            kept = answer(invocation, field, value)
            problem = problem_with(field, kept) if kept else None
        except UsageError as error:
            kept, problem = "", error
        if problem is None:
            return kept
        output.message(problem.sentence(), Tone.WARNING)
