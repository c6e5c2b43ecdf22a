"""What people leave in forms is kept for a week, for them alone."""

from __future__ import annotations

import json
import stat
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from sla_tracker.config.load import read_config
from sla_tracker.deployment.direct import open_deployment
from sla_tracker.deployment.form_drafts import DraftFile, drafts_of
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.errors import Refused
from sla_tracker.services.form_drafts import MOST_DRAFTS, FormDraft

NOW = datetime(2026, 11, 20, 6, 2, tzinfo=UTC)
DRAFT = FormDraft(("", False, None), ("半句话", True, "other"), NOW)


def test_what_was_left_comes_back_as_it_was_and_only_its_login_reads_it(tmp_path: Path) -> None:
    drafts = DraftFile(tmp_path / "deep" / "forms.json")
    assert drafts.load(NOW) == {}
    drafts.change({"note": DRAFT}, NOW)
    assert drafts.load(NOW) == {"note": DRAFT}
    assert stat.S_IMODE(drafts.file.stat().st_mode) == 0o600
    drafts.change({"note": None}, NOW)
    assert not drafts.file.exists()


def test_what_another_terminal_left_stays(tmp_path: Path) -> None:
    drafts = DraftFile(tmp_path / "forms.json")
    drafts.change({"theirs": DRAFT}, NOW)
    drafts.change({"ours": DRAFT}, NOW)
    assert set(drafts.load(NOW)) == {"theirs", "ours"}


def test_old_and_secret_ones_go_and_the_latest_stay(tmp_path: Path) -> None:
    drafts = DraftFile(tmp_path / "forms.json")
    drafts.change({"old": DRAFT, "survey": FormDraft(("",), ("7",), NOW, secret=True)}, NOW)
    assert "7" not in drafts.file.read_text(encoding="utf-8").replace(NOW.isoformat(), "")
    later = NOW + timedelta(days=7)
    assert drafts.load(later - timedelta(seconds=1)) == {"old": DRAFT}
    assert drafts.load(later) == {}
    many = {str(n): FormDraft((), (), later - timedelta(seconds=n)) for n in range(MOST_DRAFTS + 2)}
    drafts.change(many, later)
    assert set(drafts.load(later)) == {str(n) for n in range(MOST_DRAFTS)}


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b'{"a": 1}',
        b'{"a": {"given": [""], "left": [], "left_at": "2026-11-20T06:02:00+00:00"}}',
        b'{"a": {"given": [{}], "left": [""], "left_at": "2026-11-20T06:02:00+00:00"}}',
        b'{"a": {"given": [""], "left": [""], "left_at": "yesterday"}}',
        b'{"a": {"given": [""], "left": [""], "left_at": "2026-11-20T06:02:00"}}',
    ],
)
def test_a_damaged_file_counts_as_none(tmp_path: Path, content: bytes) -> None:
    drafts = DraftFile(tmp_path / "forms.json")
    drafts.file.write_bytes(content)
    assert drafts.load(NOW) == {}
    drafts.change({"note": DRAFT}, NOW)
    assert list(json.loads(drafts.file.read_bytes())) == ["note"]


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(Refused, match="cannot be kept"):
        DraftFile(tmp_path / "file" / "forms.json").change({"note": DRAFT}, NOW)


def test_each_person_has_a_file_and_an_erasure_deletes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "own"))
    for name, trial in (("trial", True), ("real", False)):
        DeploymentService().init(
            tmp_path / name, config="dealership", trial=trial, in_force_from=date(2026, 11, 1)
        )
    real = drafts_of(read_config(tmp_path / "real"), "wang.fang").file
    assert tmp_path / "real" not in real.parents
    left = FormDraft(("",), ("half a sentence",), datetime.now(UTC))
    for person, expected in (("wang.fang", {"note": left}), ("zhao.qiang", {})):
        deployment = open_deployment(tmp_path / "trial", as_person=person)
        if expected:
            deployment.change_form_drafts({"note": left})
        assert deployment.form_drafts() == expected
        deployment.close()
    deployment = open_deployment(tmp_path / "trial", as_person="wang.fang")
    deployment.forget()
    assert deployment.form_drafts() == {}
    deployment.close()
