"""Turns answers about requests and levels into tables of a checklist, and back.

Each answer is one line, or one line for each field or row; what is left as it was shown stays as the file has it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import TypeVar

from sla_tracker.domain.agreements.fields import FieldKind
from sla_tracker.domain.agreements.obligation import TriggerKind
from sla_tracker.domain.deadlines.due import rule_to_table
from sla_tracker.domain.deadlines.due_rule import TIME_SPANS
from sla_tracker.errors import N_, SlaError, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.services.authoring.draft import DraftEvidence, DraftObligation
from sla_tracker.services.authoring.ids import free_id, spelled_id
from sla_tracker.value_class import dataclass
from sla_tracker.wording.consent.parse_terms import parse_limit, parse_target
from sla_tracker.wording.consent.spoken_limits import spoken_limit
from sla_tracker.wording.consent.typed_requests import (
    BETWEEN,
    FIELD_WORDS,
    NONE,
    TypedRow,
    example_row,
    typed_field,
    typed_row,
)

T = TypeVar("T")
Table = Mapping[str, object]
STARTS = {
    "request": N_("with the request"),
    "answer": N_("with the first answer"),
    "papers": N_("when these papers are there"),
}
OPTIONAL = "?"  # behind the name of a field that may stay empty
_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")
_NUMBER = r"\d+(?:\.\d+)?"
_BOUND = re.compile(
    rf"(?P<name>[^<>=≤≥]+?)\s*(?=[<>≤≥])(?:(?:>=|≥)\s*(?P<min>{_NUMBER}))?"
    rf"\s*(?:(?:<=|≤)\s*(?P<max>{_NUMBER}))?\s*(?P<unit>[^\s\d<>=≤≥].*)?"
)
_SHARE = re.compile(r"(?P<good>.+?)\s*/\s*(?P<of>.+?)\s*(?:>=|≥)\s*(?P<target>\d+(?:\.\d+)?\s*%?)")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestAnswers:
    """What was typed about a request and about measured levels; empty for nothing."""

    target: str = ""
    measure: str = ""
    earliest: str = ""
    fields: str = ""
    limits: str = ""
    starts: str = "request"
    papers: str = ""
    updates: str = ""


class Wrong(Exception):
    """What was typed is not understood; says what to write."""


# --- to text ----------------------------------------------------------------------------------------------------------


def request_answers(draft: DraftObligation) -> RequestAnswers:
    """Return the answers that describe what an obligation asks for and promises."""
    asked = draft.asked
    start = asked.get("settle_from", "request")
    papers = start.get("papers", []) if isinstance(start, Mapping) else []
    return RequestAnswers(
        target=_percent(draft.target),
        measure=_measure_text(draft.measure, draft.evidence),
        earliest=_limit_text(asked.get("earliest")),
        fields="\n".join(_field_text(one) for one in _tables(asked.get("fields"))),
        limits="\n".join(_row_texts(asked)),
        starts="papers" if isinstance(start, Mapping) else str(start),
        papers=", ".join(_label(one) for one in _tables(papers)),
        updates=_limit_text(asked.get("updates_every")),
    )


def _tables(value: object) -> list[Table]:
    found = value if isinstance(value, list | tuple) else [value]
    return [one for one in found if isinstance(one, Mapping)]


def _label(table: Table) -> str:
    label = table.get("label", "")
    if isinstance(label, Mapping):
        return str(label.get("zh") or label.get("en") or "")
    return str(label)


def _percent(share: object) -> str:
    return "" if share is None else f"{(Decimal(str(share)) * 100).normalize():f}%"


def _limit_text(table: object) -> str:
    return spoken_limit(table) if isinstance(table, Mapping) else ""


def _field_text(table: Table) -> str:
    kind = FieldKind(str(table.get("kind", FieldKind.TICK)))
    mark = "" if table.get("required", True) else OPTIONAL
    if kind is FieldKind.CHOICE:
        choices = ", ".join(_label(one) for one in _tables(table.get("choices")))
        return f"{_label(table)}{mark}: {choices}"
    word = f" ({_(FIELD_WORDS[kind])})" if kind is not FieldKind.TEXT else ""
    return f"{_label(table)}{mark}{word}"


def _row_texts(asked: Table) -> Iterator[str]:
    limits = asked.get("limits")
    if not isinstance(limits, Mapping):
        return
    labels = {
        str(choice.get("id")): _label(choice)
        for one in _tables(asked.get("fields"))
        if one.get("id") == limits.get("field")
        for choice in _tables(one.get("choices"))
    }
    for value, row in limits.items():
        if not isinstance(row, Mapping):
            continue
        due, earliest = _limit_text(row.get("due")), _limit_text(row.get("earliest"))
        parts = [f"{earliest} ~ {due}" if earliest else due, _limit_text(row.get("answer")) or NONE]
        parts += [_percent(row.get("target"))] if row.get("target") is not None else []
        if parts[1:] == [NONE]:
            parts = parts[:1]
        yield f"{labels.get(value, value)}: {' / '.join(parts)}"


def _measure_text(measure: Table | None, evidence: Sequence[DraftEvidence]) -> str:
    if not measure:
        return ""
    labels = {one.id: one.label.zh or one.label.en for one in evidence}
    if measure.get("good"):
        good, of = (labels.get(str(measure.get(key)), str(measure.get(key))) for key in ("good", "of"))
        return f"{good} / {of} ≥ {_percent(measure.get('target'))}"
    name = labels.get(str(measure.get("field")), str(measure.get("field")))
    unit = _label({"label": measure.get("unit", "")})
    bounds = [("≥", measure.get("min")), ("≤", measure.get("max"))]
    said = [f"{sign} {number}" for sign, number in bounds if number is not None]
    return " ".join(filter(None, (f"{name} {' '.join(said)}", unit)))


# --- from text --------------------------------------------------------------------------------------------------------


def asked_tables(answers: RequestAnswers, written: DraftObligation | None, problems: dict[str, str]) -> Table:
    """Return the keys of a request's trigger besides its limits.

    Problems are noted in `problems` by field.
    """
    shown = request_answers(written) if written is not None else RequestAnswers()
    before: Table = written.asked if written is not None else {}
    found: dict[str, object] = {}

    def keep(key: str, name: str, read: Callable[[], object]) -> None:
        """Take a key over as it is written where its answer is unchanged, else read it."""
        if written is not None and getattr(answers, name) == getattr(shown, name):
            if key in before:
                found[key] = before[key]
            return
        try:
            value = read()
        except (Wrong, SlaError) as reason:
            problems[name] = reason.sentence() if isinstance(reason, SlaError) else str(reason)
            return
        if value:
            found[key] = value

    keep("fields", "fields", lambda: _fields(answers.fields, before))
    if written is not None and answers.limits == shown.limits and answers.fields != shown.fields:
        shown = RequestAnswers()  # the rows are read anew by the choices as they are now
    keep("limits", "limits", lambda: _limits(answers.limits, found))
    keep("earliest", "earliest", lambda: _limit(answers.earliest))
    keep("updates_every", "updates", lambda: _span(answers.updates))
    if written is not None and (answers.starts, answers.papers) == (shown.starts, shown.papers):
        if "settle_from" in before:
            found["settle_from"] = before["settle_from"]
    else:
        _start(answers, before, found, problems)
    kept = {key: value for key, value in before.items() if key not in KNOWN}
    return {**kept, **found}


KNOWN = frozenset({"fields", "limits", "earliest", "updates_every", "settle_from"})


def _start(
    answers: RequestAnswers, before: Table, found: dict[str, object], problems: dict[str, str]
) -> None:
    if answers.starts == "answer":
        found["settle_from"] = "answer"
    if answers.starts != "papers":
        return
    present = before.get("settle_from")
    known = _by_label(present.get("papers") if isinstance(present, Mapping) else None)
    papers: list[Table] = []
    for label in filter(None, (one.strip() for one in BETWEEN.split(answers.papers))):
        taken = [str(one["id"]) for one in papers]
        id = free_id(spelled_id(label) or "paper", taken)
        papers.append(known.get(label) or {"id": id, "label": label})
    if not papers:
        problems["papers"] = _("Name at least one paper, with commas between them.")
    else:
        found["settle_from"] = {"papers": papers}


def _by_label(tables: object) -> dict[str, Table]:
    return {_label(one): one for one in _tables(tables)}


def _fields(text: str, before: Table) -> list[Table]:
    known = _by_label(before.get("fields"))
    found: list[Table] = []
    for line in filter(None, (one.strip() for one in text.splitlines())):
        typed = _typed(typed_field, line)
        present = known.get(typed.label, {})
        taken = [str(one["id"]) for one in found]
        id = str(present.get("id") or free_id(spelled_id(typed.label) or "field", taken))
        label = present.get("label", typed.label)
        table: dict[str, object] = {"id": id, "kind": typed.kind.value, "label": label}
        if not typed.required:
            table["required"] = False
        if typed.choices:
            table["choices"] = _choices(typed.choices, present)
        found.append(table)
    return found


def _typed(parse: Callable[[str], T], line: str) -> T:
    """Return what a line means.

    Raises Wrong with the sentence of what is not understood.
    """
    try:
        return parse(line)
    except UsageError as problem:
        raise Wrong(problem.sentence()) from None


def _choices(labels: Sequence[str], present: Table) -> list[Table]:
    known = _by_label(present.get("choices"))
    found: list[Table] = []
    for label in labels:
        taken = [str(one["id"]) for one in found]
        id = label if _ID.fullmatch(label) and label not in taken else ""
        id = id or free_id(spelled_id(label) or "choice", taken)
        found.append(known.get(label) or {"id": id, "label": label})
    return found


def _limits(text: str, found: Table) -> Table:
    """Return the rows of limits, chosen by the field whose choices they name."""
    rows = [one.strip() for one in text.splitlines() if one.strip()]
    if not rows:
        return {}
    typed = [_typed(typed_row, one) for one in rows]
    choosing = [one for one in _tables(found.get("fields")) if one.get("choices")]
    for field in choosing:
        values = {
            key.casefold(): str(one["id"])
            for one in _tables(field["choices"])
            for key in (_label(one), str(one["id"]))
        }
        if all(one.value.casefold() in values for one in typed):
            table: dict[str, object] = {"field": field["id"]}
            for one in typed:
                table[values[one.value.casefold()]] = _row(one)
            return table
    raise Wrong(
        _(
            "Begin each line with a value of one choice that is asked for, such as “{example}”.",
            example=example_row(),
        )
    )


def _row(typed: TypedRow) -> Table:
    """Return one row: its limit, the limit of the answer, then the target.

    A range has both its ends as limit.
    """
    table: dict[str, object] = {"due": _limit(typed.due)}
    if typed.earliest:
        table["earliest"] = _limit(typed.earliest)
    if typed.answer:
        table["answer"] = _limit(typed.answer)
    if typed.target:
        table["target"] = float(parse_target(typed.target))
    return table


def _limit(text: str) -> Table:
    """Return the table of a limit; empty for none.

    Raises UsageError for what is not understood.
    """
    if not text.strip():
        return {}
    rule, roll = parse_limit(text, TriggerKind.ON_REQUEST)
    table = dict(rule_to_table(rule))
    return {**table, "roll": roll.value} if roll is not None else table


def _span(text: str) -> Table:
    table = _limit(text)
    if table and not table.keys() & {*TIME_SPANS}:
        raise Wrong(_("Updates are promised every so many hours or minutes."))
    return table


def target_of(answers: RequestAnswers, written: DraftObligation | None, problems: dict[str, str]) -> object:
    """Return the share on time that is typed; None for none.

    An unchanged share is returned as the file has it.
    """
    if written is not None and answers.target == _percent(written.target):
        return written.target
    if not answers.target.strip():
        return None
    try:
        return float(parse_target(answers.target))
    except SlaError as reason:
        problems["target"] = reason.sentence()
        return None


def measure_of(
    answers: RequestAnswers,
    evidence: Sequence[DraftEvidence],
    written: DraftObligation | None,
    problems: dict[str, str],
) -> Table | None:
    """Return the level that is typed; None for none.

    An unchanged level is returned as the file has it.
    """
    if written is not None and answers.measure == _measure_text(written.measure, written.evidence):
        return written.measure
    text = answers.measure.strip()
    if not text:
        return None
    ids = {name: one.id for one in evidence for name in (one.id, one.label.zh, one.label.en) if name}
    numbers = {one.id for one in evidence if one.kind is FieldKind.NUMBER}
    try:
        found = _share(text, ids) or _bound(text, ids)
    except SlaError:
        found = None
    if found is None:
        example = _("availability ≥ 99.5 %, or within / all ≥ 90%")
        problems["measure"] = _(
            "Write a level such as {example}; the names are those of evidence.", example=example
        )
        return None
    unproved = [name for key in ("field", "good", "of") if (name := found.get(key)) and name not in numbers]
    if unproved:
        problems["measure"] = _(
            "“{name}” is no evidence of kind number; add it to what proves it.", name=str(unproved[0])
        )
    return found


def _share(text: str, ids: Mapping[str, str]) -> Table | None:
    match = _SHARE.fullmatch(text)
    if match is None:
        return None
    good, of = (match[key].strip() for key in ("good", "of"))
    target = match["target"] if "%" in match["target"] else match["target"] + "%"
    return {"good": ids.get(good, good), "of": ids.get(of, of), "target": float(parse_target(target))}


def _bound(text: str, ids: Mapping[str, str]) -> Table | None:
    match = _BOUND.fullmatch(text)
    if match is None or (match["min"] is None and match["max"] is None):
        return None
    name, unit = match["name"].strip(), (match["unit"] or "").strip()
    bounds = {key: _figure(match[key]) for key in ("min", "max") if match[key] is not None}
    return {"field": ids.get(name, name), **bounds, **({"unit": unit} if unit else {})}


def _figure(text: str) -> int | float:
    number = Decimal(text)
    return int(number) if number == number.to_integral_value() else float(number)
