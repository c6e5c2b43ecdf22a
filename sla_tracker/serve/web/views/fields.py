"""Makes the inputs of declared fields, and fills refused forms again.

Fields are the evidence of a delivery, or the details of an event or a request.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from sla_tracker.domain.agreements.fields import TICKED, Field, FieldKind
from sla_tracker.i18n import gettext as _
from sla_tracker.serve.web.exchange import Question
from sla_tracker.serve.web.page import Form, Input, InputKind, Page, Section
from sla_tracker.serve.web.views.visit import FIELD_PREFIX, LONGEST_ANSWER
from sla_tracker.wording.duties import text_of

KINDS: Mapping[FieldKind, InputKind] = {
    FieldKind.TICK: InputKind.TICK,
    FieldKind.TEXT: InputKind.TEXT,
    FieldKind.NUMBER: InputKind.NUMBER,
    FieldKind.DATE: InputKind.DATE,
    FieldKind.REFERENCE: InputKind.TEXT,
    FieldKind.CHOICE: InputKind.CHOICE,
}


NEVER_KEPT = frozenset({InputKind.HIDDEN, InputKind.PASSWORD})
TEXTS = ("subject", "waits_for", "text", "reason", "note")
"""Names under which forms ask for sentences, which nobody wants to write twice."""


def inputs_of(fields: Iterable[Field], values: Mapping[str, str]) -> list[Input]:
    """Return one input for each field, filled with the values there are."""
    return [
        Input(
            name=FIELD_PREFIX + field.id,
            label=text_of(field.label),
            kind=KINDS[field.kind],
            value=_shown(field, values.get(field.id, "")),
            choices=[(choice.id, text_of(choice.label)) for choice in field.choices],
            required=field.required,
        )
        for field in fields
    ]


def confirmation(label: str, *, required: bool = True) -> Input:
    """Return the tick by which a doubt is overruled; it is asked anew each time."""
    return Input(name="again", label=label, kind=InputKind.TICK, required=required, anew=True)


def _shown(field: Field, value: str) -> str:
    return ("yes" if value == TICKED else "") if field.kind is FieldKind.TICK else value


def with_typed(page: Page, question: Question) -> Page:
    """Return a refused page; the form that was sent holds again what was typed.

    If the page has this form no more, the texts are shown below everything, so that they can be copied.
    """
    forms = [form for section in page.sections for form in section.forms]
    if any(_is_sent(form, question) for form in forms):
        kept = [
            replace(section, forms=[_refilled(form, question) for form in section.forms])
            for section in page.sections
        ]
        return replace(page, sections=kept)
    texts = [question.form[name][:LONGEST_ANSWER] for name in TEXTS if question.form.get(name, "").strip()]
    if not texts:
        return page
    typed = Section(heading=_("What you wrote"), lines=texts)
    return replace(page, sections=[*page.sections, typed])


def _is_sent(form: Form, question: Question) -> bool:
    return question.path in (form.action, *(form.other or ())[:1])


def _refilled(form: Form, question: Question) -> Form:
    """Return a form; the one that was sent is unfolded and holds what was typed."""
    if not _is_sent(form, question):
        return form
    inputs = [
        one
        if one.anew or one.kind in NEVER_KEPT
        else replace(one, value=question.form.get(one.name, "")[:LONGEST_ANSWER])
        for one in form.inputs
    ]
    return replace(form, inputs=inputs, folded=False)
