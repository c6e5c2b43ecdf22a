"""A form generated from declared fields.

Fields are ticks, texts, numbers, dates, choices and references.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import zip_longest

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Input, Select, Static

from sla_tracker.domain.agreements.fields import (
    LONGEST_VALUE,
    TICKED,
    Field,
    FieldKind,
    filled,
    problems_with,
)
from sla_tracker.domain.agreements.typed_values import stored_value
from sla_tracker.errors import N_, SlaError, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.tui.text_content import declared, plain, row
from sla_tracker.tui.widgets.forms.tick import Tick
from sla_tracker.wording.duties import text_of
from sla_tracker.wording.parse_time import parse_day

Answer = Tick | Input | Select[str]


class FieldForm(Vertical):
    """Asks for the values of fields, and returns values and problems at any time."""

    DEFAULT_CSS = """
    FieldForm { height: auto; }
    FieldForm .field { height: auto; min-height: 1; }
    FieldForm .field--label { width: 30%; max-width: 24; padding-right: 1; color: $foreground; }
    FieldForm Input, FieldForm Select, FieldForm Checkbox { width: 1fr; }
    """

    class Changed(Message):
        """A value was changed."""

    def __init__(
        self, fields: Sequence[Field], values: Mapping[str, str], today: date, *, id: str | None = None
    ) -> None:
        super().__init__(id=id)
        self.fields = tuple(fields)
        self._initial = dict(values)
        self._today = today
        self._answers: dict[str, Answer] = {}
        self._labels: dict[str, Static] = {}

    def compose(self) -> ComposeResult:
        """Return one line per field; ticks stand close together."""
        for field, following in zip_longest(self.fields, self.fields[1:]):
            answer = self._answer(field, self._initial.get(field.id, ""))
            self._answers[field.id] = answer
            is_last_tick = field.kind is FieldKind.TICK and (
                following is None or following.kind is not FieldKind.TICK
            )
            with Horizontal(classes="field last-tick" if is_last_tick else "field"):
                if field.kind is FieldKind.TICK:
                    yield answer
                else:
                    self._labels[field.id] = Static(labelled(field), classes="field--label")
                    yield self._labels[field.id]
                    yield answer

    def _answer(self, field: Field, value: str) -> Answer:
        match field.kind:
            case FieldKind.TICK:
                return Tick(labelled(field), value == TICKED, compact=True)
            case FieldKind.CHOICE:
                options = [(declared(choice.label), choice.id) for choice in field.choices]
                known = value in {choice.id for choice in field.choices}
                return Select(
                    options, value=value if known else Select.NULL, prompt=_("choose"), compact=True
                )
            case _:
                return Input(
                    value,
                    placeholder=_(HINTS[field.kind]) if HINTS[field.kind] else "",
                    max_length=LONGEST_VALUE,
                    compact=True,
                )

    def ask_for(self, fields: Sequence[Field]) -> None:
        """Update which fields are required; the fields must be the same."""
        changed = [field for field, before in zip(fields, self.fields, strict=True) if field != before]
        self.fields = tuple(fields)
        for field in changed:
            answer = self._answers.get(field.id)
            if isinstance(answer, Tick):
                answer.label = labelled(field)
            elif field.id in self._labels:
                self._labels[field.id].update(labelled(field))

    def values(self) -> dict[str, str]:
        """Return the values as stored; invalid ones stay as typed."""
        return filled({field.id: self._value(field) for field in self.fields})

    def _value(self, field: Field) -> str:
        answer = self._answers.get(field.id)
        match answer:
            case Tick():
                return TICKED if answer.value else ""
            case Input():
                return stored(field, answer.value, self._today)
            case Select():
                return "" if answer.is_blank() else str(answer.value)
        return ""

    def changes(self) -> dict[str, str]:
        """Return the values, with an empty one for each value that was removed."""
        return {**dict.fromkeys(self._initial, ""), **self.values()}

    def problems(self) -> tuple[SlaError, ...]:
        """Return the missing and invalid values."""
        return problems_with(self.fields, self.values())

    def mistakes(self) -> tuple[SlaError, ...]:
        """Return the problems of the values given."""
        values = self.values()
        return problems_with([field for field in self.fields if field.id in values], values)

    def missing(self) -> list[str]:
        """Return the labels of the required fields without a value."""
        values = self.values()
        return [text_of(field.label) for field in self.fields if field.required and field.id not in values]

    def focus_problem(self) -> None:
        """Focus the first field that is missing or invalid."""
        values = self.values()
        for field in self.fields:
            if problems_with([field], {key: value for key, value in values.items() if key == field.id}):
                self._answers[field.id].focus()
                return

    def answers(self) -> Iterator[Widget]:
        """Yield the input widgets."""
        yield from self._answers.values()

    def ticks(self) -> list[Tick]:
        """Return the tick boxes."""
        return [answer for answer in self._answers.values() if isinstance(answer, Tick)]

    def tick_all(self) -> None:
        """Tick every box; when all are ticked, none."""
        ticks = self.ticks()
        value = not all(tick.value for tick in ticks)
        for tick in ticks:
            tick.value = value

    @on(Tick.Changed)
    @on(Input.Changed)
    @on(Select.Changed)
    def _changed(self, message: Message) -> None:
        message.stop()
        self.post_message(self.Changed())

    @on(Input.Submitted)
    def _next(self, message: Input.Submitted) -> None:
        message.stop()
        self.screen.focus_next()


HINTS = {
    FieldKind.TEXT: "",
    FieldKind.NUMBER: N_("a number, such as 1200.50"),
    FieldKind.DATE: N_("a day: 11-20, today, last Friday"),
    FieldKind.REFERENCE: N_("a number, file or link that proves it"),
}


def labelled(field: Field) -> Content:
    """Return a field's label, starred if required."""
    return row(declared(field.label), plain(" *" if field.required else "", "$accent"))


def stored(field: Field, typed: str, today: date) -> str:
    """Return a typed value as stored; a day that is none stays as it was typed."""
    try:
        return stored_value(field, typed.strip(), lambda day: parse_day(day, today))
    except UsageError:
        return typed.strip()
