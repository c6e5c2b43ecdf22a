"""Writes conditions and further triggers of a checklist as text, and reads them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from sla_tracker.domain.agreements.fields import Choice, Field, FieldKind
from sla_tracker.domain.agreements.obligation import TriggerKind
from sla_tracker.domain.deadlines.due import rule_to_table
from sla_tracker.domain.duties.event import EventType
from sla_tracker.domain.text import Text
from sla_tracker.errors import SlaError
from sla_tracker.services.authoring.draft import DraftObligation, FurtherTrigger
from sla_tracker.services.authoring.ids import free_id
from sla_tracker.wording.consent.parse_new import BOUNDS, parse_condition
from sla_tracker.wording.consent.parse_terms import as_table, parse_limit
from sla_tracker.wording.consent.spoken_limits import as_notation, spoken_limit
from sla_tracker.wording.consent.typed_triggers import TypedTrigger, trigger_line, typed_trigger
from sla_tracker.wording.duties import text_of

Table = Mapping[str, object]
Events = Mapping[str, EventType]
_SIGNS = {"at_least": ">=", "at_most": "<=", "less_than": "<"}


def fields_in(tables: object) -> tuple[Field, ...]:
    """Return the fields of a checklist's tables, as far as conditions need them."""
    listed = tables if isinstance(tables, list | tuple) else [tables]
    return tuple(
        Field(
            id=str(one.get("id", "")),
            kind=FieldKind(str(one.get("kind", FieldKind.TICK))),
            label=_text(one.get("label")),
            choices=tuple(
                Choice(id=str(choice.get("id", "")), label=_text(choice.get("label")))
                for choice in one.get("choices", ())
            ),
        )
        for one in listed
        if isinstance(one, Mapping)
    )


def _text(label: object) -> Text:
    if isinstance(label, Mapping):
        return Text(str(label.get("zh", "")), str(label.get("en", "")))
    return Text(str(label or ""), str(label or ""))


def condition_text(table: object, fields: Sequence[Field]) -> str:
    """Return a condition as it is typed, such as `Amount>=1000`.

    A condition that cannot be typed like this is in the notation of checklists.
    """
    if not isinstance(table, Mapping):
        return ""
    field = next((one for one in fields if one.id == table.get("field")), None)
    name = text_of(field.label) if field is not None else ""
    bounds = {key: table[key] for key in BOUNDS if key in table}
    if name and bounds and table.keys() == {"field", *bounds} and all(map(_is_number, bounds.values())):
        return ", ".join(f"{name}{_SIGNS[key]}{bound}" for key, bound in bounds.items())
    if field is not None and name and table.keys() <= {"field", "equals"}:
        value = str(table.get("equals", "yes"))
        labels = {one.id: text_of(one.label) for one in field.choices}
        return f"{name}={labels.get(value, value)}"
    return as_notation(table)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def condition_table(text: str, fields: Sequence[Field]) -> Table | None:
    """Return the table of a condition that is typed; None for none.

    The notation of checklists is understood, too. Raises UsageError.
    """
    if not text.strip():
        return None
    written = as_table(text)
    if written is not None and all(isinstance(one, str | list | int | float) for one in written.values()):
        return dict(written)
    found = parse_condition(text, fields)
    bounds = {key: getattr(found, key) for key in BOUNDS if getattr(found, key) is not None}
    if not bounds:
        return {"field": found.field, "equals": found.equals}
    return {
        "field": found.field,
        **{key: int(one) if one == int(one) else float(one) for key, one in bounds.items()},
    }


def further_text(draft: DraftObligation, events: Events) -> str:
    """Return the further triggers of an obligation, one a line."""
    return "\n".join(_line(one, draft, events) for one in draft.further)


def _line(trigger: FurtherTrigger, draft: DraftObligation, events: Events) -> str:
    kind, table = trigger
    event_type = str(table.get("type", ""))
    fields = _fields_of(event_type, events, table.get("fields", draft.asked.get("fields")))
    due, answer = table.get("due"), table.get("answer")
    typed = TypedTrigger(
        kind=kind,
        event_type=event_type,
        due=spoken_limit(due) if isinstance(due, Mapping) else "",
        answer=spoken_limit(answer) if isinstance(answer, Mapping) else "",
        when=condition_text(table.get("condition"), fields),
    )
    return trigger_line(typed, events)


def _fields_of(event_type: str, events: Events, asked: object) -> Sequence[Field]:
    if not event_type:
        return fields_in(asked)
    return events[event_type].fields if event_type in events else ()


def further_of(
    text: str,
    asked: Table,
    main: str,
    written: DraftObligation | None,
    events: Events,
    wrong: Callable[[str], None],
) -> tuple[FurtherTrigger, ...]:
    """Return the further triggers that are typed.

    `wrong` is told what is not understood. A line that is unchanged leaves its trigger as the file has it, and a
    changed one the keys that it does not name. Triggers of the `main` trigger's kind come first, then the other kinds
    together, as a file has them.
    """
    there = written.further if written is not None else ()
    # Two triggers may look alike here: versions of one, for example, differ in keys that a line does not show.
    left = [(_line(one, written, events), one) for one in there] if written is not None else []
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    changed = [one for line, one in left if line not in lines]
    found: list[FurtherTrigger] = []
    for line in lines:
        known = next((pair for pair in left if pair[0] == line), None)
        if known is not None:
            left.remove(known)
            found.append(known[1])
            continue
        try:
            kind, table = _read(line, asked, events)
        except SlaError as reason:
            wrong(reason.sentence())
            return ()
        before = next((one for one in changed if one[0] == kind), None)
        if before is not None:
            changed.remove(before)
            table = {**_unnamed(before[1]), **table}
        else:
            taken = [str(one.get("id", "")) for _kind, one in (*found, *there)]
            table = {"id": free_id("also", taken), **table}
        found.append((kind, table))
    kinds = list(dict.fromkeys([main, *(kind for kind, _table in found)]))
    return tuple(sorted(found, key=lambda one: kinds.index(one[0])))


def _unnamed(table: Table) -> Table:
    return {key: one for key, one in table.items() if key not in {"type", "due", "answer", "condition"}}


def _read(line: str, asked: Table, events: Events) -> FurtherTrigger:
    typed = typed_trigger(line, events)
    due, roll = parse_limit(typed.due, typed.kind)
    table: dict[str, object] = {"type": typed.event_type} if typed.event_type else {}
    if typed.answer:
        table["answer"] = dict(rule_to_table(parse_limit(typed.answer, typed.kind)[0]))
    table["due"] = {**rule_to_table(due), **({"roll": roll.value} if roll is not None else {})}
    fields = _fields_of(typed.event_type, events, asked.get("fields"))
    if (condition := condition_table(typed.when, fields)) is not None:
        table["condition"] = condition
        if typed.kind == TriggerKind.ON_REQUEST and asked.get("fields"):
            table["fields"] = asked["fields"]  # a request asks for what its condition is about
    return typed.kind, table
