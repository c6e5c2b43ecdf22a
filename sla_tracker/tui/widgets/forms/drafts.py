"""Keeps what was filled into a dialog and not confirmed.

It is offered when the dialog is opened again, also by the person's next session.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress

from textual.widget import Widget
from textual.widgets import Button, Checkbox, Input, Select, TextArea
from textual.widgets.select import InvalidSelectValueError

from sla_tracker.services.form_drafts import MOST_DRAFTS, DraftValue, FormDraft

ANSWERS = (Input, TextArea, Select, Checkbox)


def keep(drafts: dict[str, FormDraft], key: str, draft: FormDraft) -> None:
    """Keep a draft as the latest one."""
    drafts.pop(key, None)
    drafts[key] = draft
    while len(drafts) > MOST_DRAFTS:
        del drafts[next(iter(drafts))]


def answers_in(parent: Widget) -> list[Widget]:
    """Return the inputs below a widget, in their order."""
    return [answer for answer in parent.query("*") if isinstance(answer, ANSWERS)]


def is_left_by(focused: Widget | None, step: int) -> bool:
    """Return whether an arrow down (1) or up (-1) leaves the focused input or button.

    A text of several lines is left from its last or first one. Lists, an open choice too, keep their arrows.
    """
    if isinstance(focused, TextArea):
        lines, cursor = focused.navigator, focused.cursor_location
        return lines.is_last_wrapped_line(cursor) if step > 0 else lines.is_first_wrapped_line(cursor)
    return isinstance(focused, (*ANSWERS, Button))


def values_of(answers: Sequence[Widget]) -> tuple[DraftValue, ...]:
    """Return the values of inputs."""
    return tuple(_value(answer) for answer in answers)


def _value(answer: Widget) -> DraftValue:
    match answer:
        case TextArea():
            return answer.text
        case Select():
            return answer.value if isinstance(answer.value, str | bool) else None
        case Input() | Checkbox():
            return answer.value
    return None


def fill(answers: Sequence[Widget], values: Sequence[DraftValue], unless: Sequence[DraftValue] = ()) -> None:
    """Put values into inputs, except where `unless` has the same value."""
    for place, (answer, value) in enumerate(zip(answers, values, strict=True)):
        if not unless or unless[place] != value:
            _set_value(answer, value)


def _set_value(answer: Widget, value: DraftValue) -> None:
    match answer:
        case TextArea():
            answer.text = str(value)
        case Input():
            answer.value = str(value)
        case Checkbox():
            answer.value = bool(value)
        case Select():
            with suppress(InvalidSelectValueError):  # the choice may be offered no more
                answer.value = Select.NULL if value is None else value
