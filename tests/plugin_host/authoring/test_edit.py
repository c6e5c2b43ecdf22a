"""What a form changes in a checklist, and that all else stays word for word."""

from __future__ import annotations

import difflib
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sla_tracker.domain.agreements.fields import FieldKind
from sla_tracker.domain.text import Text
from sla_tracker.errors import Overtaken, Refused
from sla_tracker.plugin_host.authoring.edit import drafts_in, edited
from sla_tracker.plugin_host.checklists.reader import read_checklist
from sla_tracker.services.authoring.draft import DraftEvent, DraftEvidence, DraftObligation
from sla_tracker.services.authoring.edit import ChecklistEdit, ObligationChange
from tests.plugins.installed import ROOT

ADDED = DraftEvidence(id="added", label=Text("新", ""))
TEXT = '''\
# Head of the file.

[department]
id = "yard"
name = "车场"  # beside

# --- monthly ---

# About the list.
[[obligation]]
id = "list"  # keep
title = { zh = "清单", en = "List" }
consumer = "finance"
recurring = { due = { day = 5 }, assumed = ["due"] }  # agreed soon

  [[obligation.evidence]]
  id = "file"
  kind = "reference"
  label = "文件"

  # the second
  [[obligation.evidence]]
  id = "seal"
  label = "盖章"

# --- by events ---

[[obligation]]
id = "slip"
title = "单据"
consumer = "finance"
on_event = { type = "arrived", due = { workdays = 2 }, condition = { after = "17:00" } }
evidence = [{ id = "a", label = "甲" }, { id = "b", label = "乙" }]
guide = """
[[obligation]]
id = "not a heading"
"""

# --- the end ---
'''


def drafts(text: str = TEXT) -> dict[str, DraftObligation]:
    return {one.id: one for one in drafts_in(tomllib.loads(text))}


def changed(text: str, id: str, change: Callable[[DraftObligation], DraftObligation | None]) -> str:
    before = drafts(text)[id]
    return edited(
        text,
        ChecklistEdit(
            plugin="yard", digest="", changes=[ObligationChange(before=before, after=change(before))]
        ),
    )


def difference(text: str, before: str = TEXT) -> list[str]:
    """Return the changed lines, without the blank ones."""
    lines = difflib.ndiff(before.splitlines(), text.splitlines())
    return [line for line in lines if line[:2] in {"- ", "+ "} and line[2:].strip()]


@pytest.mark.parametrize(
    ("id", "change", "lines"),
    [
        (
            "list",
            {"title": Text("清单", "The list")},
            ['- title = { zh = "清单", en = "List" }', '+ title = { zh = "清单", en = "The list" }'],
        ),
        ("list", {"consumer": "sales"}, ['- consumer = "finance"', '+ consumer = "sales"']),
        (
            "list",
            {"due": {"day": 7, "roll": "preceding"}},
            [
                '- recurring = { due = { day = 5 }, assumed = ["due"] }  # agreed soon',
                '+ recurring = { due = { day = 7, roll = "preceding" }, assumed = ["due"] }  # agreed soon',
            ],
        ),
        (
            "slip",
            {"due": {"workdays": 3}},
            [
                '- on_event = { type = "arrived", due = { workdays = 2 }, condition = { after = "17:00" } }',
                '+ on_event = { type = "arrived", due = { workdays = 3 }, condition = { after = "17:00" } }',
            ],
        ),
        (
            "slip",
            {"on_event": "", "due": {"nth_workday": 1}},
            [
                '- on_event = { type = "arrived", due = { workdays = 2 }, condition = { after = "17:00" } }',
                '+ recurring = { due = { nth_workday = 1 }, about = "previous" }',
            ],
        ),
        ("list", {"guide": Text("照做", "")}, ['+ guide = "照做"']),
    ],
    ids=str,
)
def test_only_what_was_changed_is_written(id: str, change: dict[str, object], lines: list[str]) -> None:
    text = changed(TEXT, id, lambda draft: replace(draft, **change))  # type: ignore[arg-type]
    assert sorted(difference(text)) == sorted(lines)
    read_checklist(text.encode(), "yard.toml")


def test_evidence_is_removed_changed_and_added_where_it_stands() -> None:
    def change(draft: DraftObligation) -> DraftObligation:
        _file, seal = draft.evidence
        added = DraftEvidence(id="date", label=Text("日期", "Date"), kind=FieldKind.DATE)
        return replace(draft, evidence=(replace(seal, label=Text("公章", "")), added))

    text = changed(TEXT, "list", change)
    assert {'-   id = "file"', '-   label = "盖章"', '+   label = "公章"', '+   id = "date"'} <= set(
        difference(text)
    )
    assert [(one.id, one.label.zh) for one in drafts(text)["list"].evidence] == [
        ("seal", "公章"),
        ("date", "日期"),
    ]
    assert text.index('id = "date"') < text.index("# --- by events ---")


def test_evidence_in_braces_is_changed_too() -> None:
    added = DraftEvidence(id="c", label=Text("丙", ""))
    text = changed(TEXT, "slip", lambda draft: replace(draft, evidence=(draft.evidence[1], added)))
    assert [one.id for one in drafts(text)["slip"].evidence] == ["b", "c"]
    assert len(difference(text)) == 2


def test_a_removed_obligation_takes_its_own_comment_along_and_no_other() -> None:
    text = changed(TEXT, "list", lambda _draft: None)
    assert list(drafts(text)) == ["slip"]
    assert "# About the list." not in text
    for kept in (
        "# Head of the file.",
        "# --- monthly ---",
        "# --- by events ---",
        "# --- the end ---",
        "# beside",
    ):
        assert kept in text
    assert list(drafts(changed(TEXT, "slip", lambda _draft: None))) == ["list"]


def test_a_new_obligation_comes_last_with_its_event_and_department() -> None:
    new = DraftObligation(
        id="new", title=Text("新", ""), consumer="port", due={"days": 1}, on_event="yard-came"
    )
    text = edited(
        TEXT,
        ChecklistEdit(
            plugin="yard",
            digest="",
            changes=[ObligationChange(before=None, after=new)],
            departments={"port": Text("港口", "")},
            event_types=[DraftEvent(id="yard-came", title=Text("来", ""), subject=Text("船", ""))],
        ),
    )
    checklist, _file = read_checklist(text.encode(), "yard.toml")
    assert [one.id for one in checklist.departments()] == ["yard", "port"]
    assert [one.id for one in checklist.obligations()] == ["list", "slip", "new"]
    assert checklist.obligations()[2].provider == "yard"
    assert [line for line in difference(text) if line.startswith("-")] == ["- [department]"]


def test_what_a_colleague_changed_meanwhile_is_not_overwritten() -> None:
    before = drafts()["list"]
    edit = ChecklistEdit(
        plugin="yard",
        digest="",
        changes=[ObligationChange(before=before, after=replace(before, consumer="sales"))],
    )
    other = TEXT.replace("workdays = 2", "workdays = 4")
    assert 'consumer = "sales"' in edited(other, edit)
    assert "workdays = 4" in edited(other, edit)
    for same in (TEXT.replace("day = 5", "day = 9"), TEXT.replace('id = "list"', 'id = "renamed"')):
        with pytest.raises(Overtaken, match="somebody else"):
            edited(same, edit)


def test_lines_end_as_they_did() -> None:
    """Also with a character in a text that other programs take for the end of a line."""
    windows = TEXT.replace("清单", "清\u2028单", 1).replace("\n", "\r\n")
    added = DraftObligation(id="new", title=Text("新", ""), consumer="finance", due={"day": 1})
    edit = ChecklistEdit(plugin="yard", digest="", changes=[ObligationChange(before=None, after=added)])
    for text in (
        changed(windows, "slip", lambda _draft: None),
        changed(windows, "list", lambda draft: replace(draft, evidence=(*draft.evidence, ADDED))),
        edited(windows, edit),
    ):
        assert text.count("\n") == text.count("\r\n")
        assert "清\u2028单" in text


def test_a_file_that_is_written_unusually_is_refused_not_spoilt() -> None:
    text = 'obligation = [{ id = "x", title = "x", consumer = "y", recurring = { due = { day = 1 } } }]\n'
    with pytest.raises(Refused, match="by hand"):
        changed(text, "x", lambda _draft: None)
    assert drafts(changed(text, "x", lambda draft: replace(draft, consumer="z")))["x"].consumer == "z"


@pytest.mark.parametrize("file", ["sla_month_end/plugin.toml", "sla_dealership/hr.toml"])
def test_a_packaged_checklist_survives_every_small_change(file: str) -> None:
    text = (Path(ROOT) / "plugins" / file).read_text(encoding="utf-8")
    for id, draft in drafts(text).items():
        gone = changed(text, id, lambda _draft: None)
        assert [line for line in difference(gone, text) if line.startswith("+")] == []
        assert list(drafts(gone)) == [one for one in drafts(text) if one != id]
        renamed = changed(text, id, lambda draft: replace(draft, title=Text("新名称", "New name")))
        assert len(difference(renamed, text)) == 2
        if draft.evidence:
            without = changed(text, id, lambda draft: replace(draft, evidence=draft.evidence[1:]))
            assert [line for line in difference(without, text) if line.startswith("+")] == []
        with_more = changed(text, id, lambda draft: replace(draft, evidence=(*draft.evidence, ADDED)))
        assert [line for line in difference(with_more, text) if line.startswith("-")] == []
