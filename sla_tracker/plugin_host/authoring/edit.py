"""Changes a checklist's text.

Unchanged parts keep their words, comments and place.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import InlineTable

from sla_tracker.domain.agreements.fields import FieldKind
from sla_tracker.domain.agreements.obligation import About, TriggerKind
from sla_tracker.domain.text import Text
from sla_tracker.domain.toml_reader import Key, table_headings
from sla_tracker.errors import N_, Overtaken, Refused
from sla_tracker.plugin_host.authoring.draft import (
    department_lines,
    event_lines,
    evidence_lines,
    obligation_lines,
    toml_value,
    trigger_table,
    triggers_by_kind,
    words_of,
)
from sla_tracker.services.authoring.draft import ASKED_KEYS, DraftEvidence, DraftObligation
from sla_tracker.services.authoring.edit import ChecklistEdit, ObligationChange

OBLIGATION, EVIDENCE = "obligation", "evidence"


def drafts_in(tree: Mapping[str, object]) -> tuple[DraftObligation, ...]:
    """Return the obligations of a parsed checklist as a form shows them.

    The consumer is empty where it is no single department.
    """
    return tuple(_draft(table) for table in tables_in(tree, OBLIGATION))


def edited(text: str, edit: ChecklistEdit) -> str:
    """Return a checklist's text with the changes of an edit.

    Raises Overtaken where an obligation to be changed is no longer as the form showed it, Refused where the file is
    written in a way that cannot be changed by a form.
    """
    for change in edit.changes:
        _require_unchanged(text, change)
    wanted = [_after_of(draft, edit.changes) for draft in drafts_in(tomllib.loads(text))]
    wanted += [change.after for change in edit.changes if change.before is None]
    try:
        for change in edit.changes:
            text = _with_change(text, change)
        text = _with_declarations(text, edit)
        found = drafts_in(tomllib.loads(text))
    except (TOMLKitError, ValueError, KeyError) as reason:
        raise _not_by_form() from reason
    # A form must never write something else than it showed, however unusual the file is.
    if [_without_notes(one) for one in found] != [_without_notes(one) for one in wanted if one is not None]:
        raise _not_by_form()
    return text


def as_override(text: str, plugin: str, digest: str, comment: str) -> str:
    """Return a packaged checklist's text as a deployment's file that stands in for it."""
    head = f"# {comment}\noverrides = {toml_value(plugin)}\nbased_on = {toml_value(digest)}\n\n"
    return head + text


def tables_in(tree: Mapping[str, object], name: str) -> list[Mapping[str, Any]]:
    """Return the tables of a name; a single one is a list of one."""
    value = tree.get(name, [])
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, Mapping)]


def text_in(value: object) -> Text:
    """Return a text as checklists write it: a plain string is Chinese."""
    if isinstance(value, Mapping):
        return Text(str(value.get("zh", "")).strip(), str(value.get("en", "")).strip())
    return Text(str(value or "").strip(), "")


def _not_by_form() -> Refused:
    return Refused(
        N_(
            "This file is written in a way that the form cannot change; change it by hand, then: sla plugin check"
        )
    )


def _require_unchanged(text: str, change: ObligationChange) -> None:
    if change.before is None:
        return
    there = {one.id: one for one in drafts_in(tomllib.loads(text))}
    if there.get(change.before.id) != change.before:
        raise Overtaken(
            N_("“{title}” was changed by somebody else meanwhile; close the form and open it again."),
            title=change.before.title,
        )


def _after_of(draft: DraftObligation, changes: Sequence[ObligationChange]) -> DraftObligation | None:
    return next((one.after for one in changes if one.before is not None and one.before.id == draft.id), draft)


def _without_notes(draft: DraftObligation | None) -> DraftObligation | None:
    if draft is None:
        return None
    condition = draft.condition if draft.kind != TriggerKind.RECURRING else None  # the calendar has none
    return replace(draft, notes=(), due=dict(draft.due), condition=condition, further=_further_of(draft))


def _draft(table: Mapping[str, Any]) -> DraftObligation:
    kinds = frozenset(TriggerKind)
    triggers = [(kind, one) for kind in table if kind in kinds for one in tables_in(table, kind)]
    kind, trigger = triggers[0] if triggers else ("", {})
    consumer, guide = table.get("consumer"), table.get("guide")
    return DraftObligation(
        id=str(table.get("id", "")),
        title=text_in(table.get("title")),
        consumer=consumer if isinstance(consumer, str) else "",
        due=dict(trigger.get("due", {})),
        on_event=str(trigger.get("type", "")) if kind == TriggerKind.ON_EVENT else "",
        on_request=kind == TriggerKind.ON_REQUEST,
        answer=trigger.get("answer"),
        about=str(trigger.get("about", About.PREVIOUS)),
        evidence=tuple(map(_evidence, tables_in(table, EVIDENCE))),
        guide=text_in(guide) if guide else None,
        asked={key: trigger[key] for key in ASKED_KEYS if kind == TriggerKind.ON_REQUEST and key in trigger},
        target=table.get("target"),
        measure=table.get("measure"),
        condition=trigger.get("condition"),
        further=tuple(triggers[1:]),
    )


def _evidence(table: Mapping[str, Any]) -> DraftEvidence:
    return DraftEvidence(
        id=str(table.get("id", "")),
        label=text_in(table.get("label")),
        kind=FieldKind(table.get("kind", FieldKind.TICK)),
        required=bool(table.get("required", True)),
    )


# --- obligations ------------------------------------------------------------------------------------------------------


def _with_change(text: str, change: ObligationChange) -> str:
    before, after = change.before, change.after
    if before is None and after is not None:
        return _appended(_as_list(text, OBLIGATION), obligation_lines(after))
    if before is not None and after is None:
        return _without(text, (OBLIGATION, _place(text, before.id)))
    if before is not None and after is not None and before != after:
        return _with_parts(_with_evidence(text, before, after), before, after)
    return text


def _place(text: str, id: str) -> int:
    tables = tables_in(tomllib.loads(text), OBLIGATION)
    return next(place for place, table in enumerate(tables) if table.get("id") == id)


def _with_parts(text: str, before: DraftObligation, after: DraftObligation) -> str:
    """Return the text with the changed keys of one obligation."""
    document = tomlkit.parse(text)
    table = _listed(document, OBLIGATION)[_place(text, before.id)]
    if after.title != before.title:
        _set_words(table, "title", after.title)
    if after.consumer != before.consumer:
        table["consumer"] = after.consumer
    if _trigger_of(after) != _trigger_of(before):
        _set_trigger(table, before, after)
    for key, was, becomes in (
        ("target", before.target, after.target),
        ("measure", before.measure, after.measure),
    ):
        if becomes is None and was is not None:
            del table[key]
        elif becomes != was:
            table[key] = _made(becomes)
    if after.guide != before.guide:
        if after.guide is None:
            del table["guide"]
        else:
            _set_words(table, "guide", after.guide)
    return tomlkit.dumps(document)


def _listed(container: Any, name: str) -> Any:
    """Return the tables of a name in a document; a single one is a list of one."""
    value = container[name]
    return value if isinstance(value, list) else [value]


def _set_words(table: Any, key: str, text: Text) -> None:
    """Write a text, in the languages that are there and those that are new."""
    present = table.get(key)
    if not isinstance(present, Mapping) or isinstance(present, InlineTable):
        table[key] = _made(words_of(text))
        return
    for language, words in (("zh", text.zh), ("en", text.en)):
        if words:
            present[language] = words  # type: ignore[index]
        elif language in present:
            del present[language]  # type: ignore[attr-defined]


def _made(value: object) -> Any:
    """Return a value as the writer of new checklists formats it."""
    return tomlkit.parse(f"value = {toml_value(value)}\n")["value"]


def _trigger_of(draft: DraftObligation) -> tuple[object, ...]:
    return draft.kind, trigger_table(draft), _further_of(draft)


def _set_trigger(table: Any, before: DraftObligation, after: DraftObligation) -> None:
    known, wanted = trigger_table(before), trigger_table(after)
    is_other = after.kind != before.kind or not before.due
    if is_other or _further_of(after) != _further_of(before):
        present = {} if is_other else _listed(table, before.kind)[0].unwrap()
        first = {key: one for key, one in present.items() if key not in known} | wanted
        for one in TriggerKind:
            table.pop(one, None)
        for kind, tables in triggers_by_kind(after, first).items():
            table[kind] = tomlkit.inline_table()
            table[kind] = _made(tables)
        return
    trigger = _listed(table, after.kind)[0]
    for key, value in wanted.items():
        if known.get(key) != value:
            trigger[key] = _made(value)
    for key in known.keys() - wanted.keys():
        del trigger[key]


def _further_of(draft: DraftObligation) -> list[tuple[str, dict[str, object]]]:
    return [(kind, dict(table)) for kind, table in draft.further]


# --- evidence ---------------------------------------------------------------------------------------------------------


def _with_evidence(text: str, before: DraftObligation, after: DraftObligation) -> str:
    """Return the text with the changed evidence of one obligation."""
    if tuple(before.evidence) == tuple(after.evidence):
        return text
    known = {one.id: one for one in before.evidence}
    kept = {one.id for one in after.evidence}
    place = _place(text, before.id)
    for number in range(len(before.evidence) - 1, -1, -1):
        if before.evidence[number].id not in kept:
            text = _without_evidence(text, place, number, only=len(before.evidence) == 1)
    text = _with_changed_evidence(
        text, place, [one for one in after.evidence if known.get(one.id, one) != one]
    )
    for one in after.evidence:
        if one.id not in known:
            text = _with_new_evidence(text, place, one)
    return text


def _without_evidence(text: str, place: int, number: int, *, only: bool) -> str:
    path = (OBLIGATION, place, EVIDENCE, number)
    headings = {found for _line, found in table_headings(text)}
    if _found_path(path, headings) is not None:
        return _without(text, path)
    document = tomlkit.parse(text)
    table = _listed(document, OBLIGATION)[place]
    if only:
        del table[EVIDENCE]
    else:
        del table[EVIDENCE][number]
    return tomlkit.dumps(document)


def _with_changed_evidence(text: str, place: int, changed: Sequence[DraftEvidence]) -> str:
    if not changed:
        return text
    document = tomlkit.parse(text)
    tables = _listed(_listed(document, OBLIGATION)[place], EVIDENCE)
    for table, one in product(tables, changed):
        if table.get("id") != one.id:
            continue
        if text_in(table.get("label")) != one.label:
            _set_words(table, "label", one.label)
        if table.get("kind", FieldKind.TICK) != one.kind.value:
            table["kind"] = one.kind.value
    return tomlkit.dumps(document)


def _with_new_evidence(text: str, place: int, one: DraftEvidence) -> str:
    """Return the text with one more piece of evidence, the obligation's last."""
    value = tables_in(tomllib.loads(text), OBLIGATION)[place].get(EVIDENCE)
    paths = {path: line for line, path in table_headings(text)}
    written = [path for path in paths if path[:3] in {(OBLIGATION, place, EVIDENCE), (OBLIGATION, EVIDENCE)}]
    if value is not None and not written:  # a list of tables in braces
        document = tomlkit.parse(text)
        table = {"id": one.id, "kind": one.kind.value, "label": words_of(one.label)}
        present = _listed(document, OBLIGATION)[place][EVIDENCE]
        if isinstance(present, list):
            present.append(_made(table))
        else:
            _listed(document, OBLIGATION)[place][EVIDENCE] = _made([value, table])
        return tomlkit.dumps(document)
    if written and not isinstance(value, list):
        text = _as_list(text, OBLIGATION, EVIDENCE)
    after = written[-1] if written else _found_path((OBLIGATION, place), set(paths))
    if after is None:
        raise _not_by_form()
    return _inserted(text, _end_of(text, after, deep=bool(written)), evidence_lines(one))


# --- lines ------------------------------------------------------------------------------------------------------------


def _line_end(text: str) -> str:
    """Return how the lines of a file end: as on Windows, or as elsewhere."""
    return "\r\n" if "\r\n" in text else "\n"


def _appended(text: str, lines: Iterable[str]) -> str:
    end = _line_end(text)
    return end.join([text.rstrip(), *lines]) + end


def _with_declarations(text: str, edit: ChecklistEdit) -> str:
    present = {
        name: [one.get("id") for one in tables_in(tomllib.loads(text), name)]
        for name in ("department", "event_type")
    }
    for id, name in edit.departments.items():
        if id not in present["department"]:
            text = _appended(_as_list(text, "department"), department_lines(id, name))
    for event in edit.event_types:
        if event.id not in present["event_type"]:
            text = _appended(_as_list(text, "event_type"), event_lines(event))
    return text


def _as_list(text: str, *path: str) -> str:
    """Return the text in which a single table of a name is the first of a list."""
    lines = text.splitlines(keepends=True)
    single = next((line for line, found in table_headings(text) if found == path), None)
    if single is not None:
        heading = lines[single - 1]
        lines[single - 1] = heading.replace("[", "[[", 1).replace("]", "]]", 1)
    return "".join(lines)


def _found_path(path: Key, headings: Iterable[Key]) -> Key | None:
    """Return a table's path as the file writes it: a single table has no number."""
    numberless = tuple(part for part in path if part != 0)
    known = set(headings)
    return next((one for one in (path, numberless) if one in known), None)


def _end_of(text: str, path: Key, *, deep: bool) -> int:
    """Return the line behind a table.

    Blank lines and comments that belong to the next table come after it. `deep` takes the tables inside along.
    """
    lines, headings = text.splitlines(), list(table_headings(text))
    start = next(place for place, (_line, found) in enumerate(headings) if found == path)
    following = next(
        (line for line, found in headings[start + 1 :] if not (deep and found[: len(path)] == path)),
        len(lines) + 1,
    )
    end = following
    while end - 1 > headings[start][0] and _is_between(lines[end - 2]):
        end -= 1
    return end


def _is_between(line: str) -> bool:
    return not line.strip() or line.lstrip().startswith("#")


def _inserted(text: str, line: int, added: Iterable[str]) -> str:
    lines, end = text.splitlines(keepends=True), _line_end(text)
    before = "".join(lines[: line - 1]).rstrip("\r\n") + end
    return before + "".join(f"{one}{end}" for one in added) + "".join(lines[line - 1 :])


def _without(text: str, path: Key) -> str:
    """Return the text without a table and the comments right above it."""
    headings = list(table_headings(text))
    found = _found_path(path, {one for _line, one in headings})
    if found is None:
        raise _not_by_form()
    lines = text.splitlines(keepends=True)
    start = next(line for line, one in headings if one == found)
    end = _end_of(text, found, deep=True)
    while start > 2 and lines[start - 2].lstrip().startswith("#") and _has_blank_above(lines, start - 2):
        start -= 1
    rest = lines[end - 1 :]
    while rest and not rest[0].strip() and (start < 2 or not lines[start - 2].strip()):
        rest.pop(0)
    return "".join([*lines[: start - 1], *rest]).rstrip() + _line_end(text)


def _has_blank_above(lines: Sequence[str], index: int) -> bool:
    """Return whether the block of comments around a line is not the head of the file."""
    return any(not line.strip() for line in lines[:index])
