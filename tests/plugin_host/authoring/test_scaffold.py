"""A new plugin is good from its first minute, and what a form fills in comes back as it was filled in."""

import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from sla_tracker import i18n
from sla_tracker.domain.agreements.fields import FieldKind
from sla_tracker.domain.agreements.obligation import About, OnEvent, OnRequest, Recurring
from sla_tracker.domain.deadlines.due import DayOfMonth, InWorkdays, InWorkingTime
from sla_tracker.domain.text import Text
from sla_tracker.errors import UsageError
from sla_tracker.plugin_host.authoring.draft import checklist_text
from sla_tracker.plugin_host.authoring.scaffold import new_checklist, new_package
from sla_tracker.plugin_host.checklists.reader import read_checklist
from sla_tracker.plugin_host.loading import load_plugins
from sla_tracker.services.authoring.draft import Draft, DraftEvent, DraftEvidence, DraftObligation
from tests.plugin_host.samples import declaring, department, status

ROOT = Path(__file__).resolve().parents[3]
NASTY = Text('车"间\\ # [x]', "Work'shop\n= {1}")


def placed(folder: Path, text: str) -> Path:
    path = folder / "new.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)
    return path


@pytest.mark.parametrize("lang", i18n.LANGUAGES)
def test_a_new_checklist_is_let_in(tmp_path: Path, lang: str) -> None:
    i18n.use(lang)
    path = placed(tmp_path, new_checklist("workshop", Text("车间", "Workshop"), "finance"))
    host = load_plugins(offered=(), given={"finance": declaring(department()), "new": path})
    assert status(host, "new").reason == ""
    assert [type(one.triggers[0]) for one in host.declared["new"].obligations] == [
        Recurring,
        OnEvent,
        OnRequest,
    ]


def test_a_new_checklist_can_bring_its_consumer_too(tmp_path: Path) -> None:
    words = (Text("车间", ""), "finance", Text("财务部", ""))
    path = placed(tmp_path, new_checklist("workshop", *words))
    host = load_plugins(offered=(), given={"new": path})
    assert status(host, "new").reason == ""
    assert list(host.catalogue.departments) == ["workshop", "finance"]
    assert {one.provider for one in host.catalogue.obligations.values()} == {"workshop"}


def test_notes_are_in_the_readers_language() -> None:
    i18n.use("zh_CN")
    text = new_checklist("workshop", Text("车间", ""), "finance")
    notes = [line for line in text.splitlines() if line.lstrip().startswith("#")]
    assert len(notes) >= 5
    assert [note for note in notes if note.isascii()] == []


def test_what_is_filled_in_comes_back() -> None:
    draft = Draft(
        department="workshop",
        name=NASTY,
        event_types=(DraftEvent(id="done", title=NASTY, subject=Text("车", ""), planned=True),),
        obligations=(
            DraftObligation(
                id="a",
                title=NASTY,
                consumer="finance",
                due={"day": 5, "months": [1, 7]},
                about="current",
                evidence=(
                    DraftEvidence(id="x", label=NASTY, kind=FieldKind.NUMBER, required=False),
                    DraftEvidence(id="y", label=Text("单", "")),
                ),
                guide=Text("一\n\n二", ""),
            ),
            DraftObligation(id="b", title=NASTY, consumer="finance", due={"workdays": 2}, on_event="done"),
            DraftObligation(
                id="c",
                title=NASTY,
                consumer="finance",
                due={"workdays": 1},
                on_request=True,
                answer={"working_hours": 1.5},
            ),
        ),
    )
    read, _file = read_checklist(checklist_text(draft).encode(), "workshop.toml")
    assert read.departments()[0].name == NASTY
    assert read.event_types()[0].planned
    first, second, third = read.obligations()
    assert first.triggers == (Recurring(due=DayOfMonth(day=5, months=(1, 7)), about=About.CURRENT),)
    assert [(one.id, one.kind, one.required) for one in first.evidence] == [
        ("x", FieldKind.NUMBER, False),
        ("y", FieldKind.TICK, True),
    ]
    assert first.guide == Text("一\n\n二", "")
    assert second.triggers == (OnEvent(event_type="done", due=InWorkdays(workdays=2)),)
    (asked,) = third.triggers
    assert isinstance(asked, OnRequest)
    assert isinstance(asked.answer, InWorkingTime)
    assert {first.title, second.title, first.evidence[0].label} == {NASTY}


@pytest.mark.parametrize("id", ["Workshop", "", "a b", "../x", '"'])
def test_an_id_that_is_none_is_refused(id: str) -> None:
    with pytest.raises(UsageError, match="no id"):
        new_checklist(id, Text("车间", ""), "finance")
    with pytest.raises(UsageError, match="no id"):
        new_package("workshop", id, Text("车间", ""), "finance")


def test_a_new_package_keeps_the_contract(tmp_path: Path) -> None:
    """Its own tests are run as its author would run them."""
    for name, text in new_package("our-workshop", "workshop", Text('车"间', ""), "finance").items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    declared = tomllib.loads((tmp_path / "pyproject.toml").read_text("utf-8"))
    assert declared["project"]["entry-points"]["sla_tracker"] == {"our-workshop": "sla_our_workshop.plugin"}
    outcome = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests"],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        capture_output=True,
        text=True,
        check=False,
    )
    assert outcome.returncode == 0, outcome.stdout
    assert "8 passed" in outcome.stdout
