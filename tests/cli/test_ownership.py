"""The store knows its deployment: other settings over it, above all a trial's, are refused or adopted on record."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest
import tomlkit

from sla_tracker.config.load import read_config
from sla_tracker.deployment import stores
from sla_tracker.errors import Forbidden
from sla_tracker.testing.company import local
from tests.cli.dealership import sla

ORDINARY = 65_533  # no login needs to have it


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "real"
    sla(place, "init", str(place), "--config", "dealership", "--in-force-from", "2026-10-01")
    sla(place, "due")
    return place


def _other(tmp_path: Path, store: Path, *, trial: bool = False) -> Path:
    """Make another deployment whose settings name the store of the first."""
    other = tmp_path / "other"
    sla(other, "init", *(["--trial"] if trial else []), str(other), "--config", "dealership")
    _change(other, store={"kind": "tinydb", "folder": str(store)})
    shutil.rmtree(other / "store")
    return other


def _change(folder: Path, **sections: dict[str, object]) -> None:
    file = folder / "sla_tracker.toml"
    settings = tomlkit.parse(file.read_text(encoding="utf-8"))
    settings.update(sections)
    file.write_text(tomlkit.dumps(settings), encoding="utf-8")


def _sequence(folder: Path) -> int:
    return int(json.loads(sla(folder, "log", "--json").stdout)["changes"][-1]["sequence"])


def test_the_store_says_to_whom_it_belongs(folder: Path) -> None:
    file = folder / "store" / "deployment.json"
    assert json.loads(file.read_text(encoding="utf-8")) == {
        "version": 1,
        "folder": str(folder.resolve()),
        "trial": False,
    }
    assert file.stat().st_mode & 0o777 == 0o644
    assert json.loads((folder / "store" / "journal.json").read_text(encoding="utf-8")).keys() == {
        "format",
        "segment_bytes",
    }
    sla(folder, "verify")


def test_settings_of_another_folder_over_it_are_refused(folder: Path, tmp_path: Path) -> None:
    before, other = _sequence(folder), _other(tmp_path, folder / "store")
    for words in (("due",), ("log",), ("backup", str(tmp_path / "b")), ("export", str(tmp_path / "x"))):
        said = sla(other, *words, code=6).stderr
        assert f"belongs to the deployment in {folder}" in said
    assert _sequence(folder) == before


def test_a_link_to_it_is_no_way_round(folder: Path, tmp_path: Path) -> None:
    other = _other(tmp_path, Path("store"))
    (other / "store").symlink_to(folder / "store")
    assert "belongs to the deployment" in sla(other, "due", code=6).stderr


def test_a_trials_settings_over_it_are_refused_also_in_the_same_folder(folder: Path, tmp_path: Path) -> None:
    before, other = _sequence(folder), _other(tmp_path, folder / "store", trial=True)
    assert "are a trial's" in sla(other, "due", code=6).stderr
    settings = folder / "sla_tracker.toml"
    text = settings.read_text(encoding="utf-8")
    _change(folder, trial={"enabled": True, "default_person": "wang.fang"})
    assert "are a trial's" in sla(folder, "due", code=6).stderr
    settings.write_text(text, encoding="utf-8")
    assert _sequence(folder) == before


def test_a_trials_store_is_not_taken_by_a_real_deployment(tmp_path: Path) -> None:
    trial = tmp_path / "trial"
    sla(trial, "init", "--trial", str(trial), "--config", "dealership", "--in-force-from", "2026-10-01")
    sla(trial, "due")
    assert "belongs to a trial" in sla(_other(tmp_path, trial / "store"), "due", code=6).stderr


def test_a_deployment_that_was_moved_or_copied_with_its_store_goes_on(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "copy")
    folder.rename(tmp_path / "moved")
    for place in (tmp_path / "copy", tmp_path / "moved"):
        sla(place, "due")
        said = json.loads((place / "store" / "deployment.json").read_text(encoding="utf-8"))
        assert said["folder"] == str(place.resolve())


def test_its_owner_gives_it_to_other_settings_on_record(folder: Path, tmp_path: Path) -> None:
    before, other = _sequence(folder), _other(tmp_path, folder / "store")
    sla(other, "verify", "--adopt")
    sla(other, "due")
    changes = json.loads(sla(other, "log", "--last", "0", "--json").stdout)["changes"]
    adopted = next(change for change in changes if change["what"] == "adopted_store")
    assert adopted["sequence"] == before + 1
    assert adopted["uid"] == os.getuid()
    assert adopted["reason"] == f"{folder.resolve()} → {other.resolve()}"
    assert "store given to other settings" in sla(other, "log", "--last", "0").stdout
    assert "belongs to the deployment" not in sla(folder, "due").stderr  # it lies inside its folder


@pytest.mark.skipif(os.getuid() != 0, reason="gives a file to another login")
def test_nobody_else_gives_it_away_or_says_whose_it_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    deployment, file = read_config(folder), folder / "store" / "deployment.json"
    with monkeypatch.context() as as_other:
        as_other.setattr(os, "getuid", lambda: ORDINARY)
        with pytest.raises(Forbidden, match="Only the owner"):
            stores.adopt_store(deployment, local("2026-11-20 12:00"))
        file.unlink()
        stores.note_owner(deployment)
        assert not file.exists()
    file.write_text('{"folder": "/elsewhere", "trial": true}', encoding="utf-8")
    os.chown(file, ORDINARY, -1)
    stores.must_own_store(deployment)  # what somebody else wrote counts for nothing
    stores.note_owner(deployment)
    assert file.stat().st_uid == 0


def test_an_older_store_is_its_owners_from_the_next_opening_on(folder: Path, tmp_path: Path) -> None:
    (folder / "store" / "deployment.json").unlink()
    sla(folder, "due")
    assert (folder / "store" / "deployment.json").exists()


@pytest.mark.parametrize("content", [b"", b"[]", b"\xff", b'{"folder": 1}', b"[" * 4000])
def test_a_damaged_one_refuses_nothing_and_is_written_anew(folder: Path, content: bytes) -> None:
    file = folder / "store" / "deployment.json"
    file.write_bytes(content)
    sla(folder, "due")
    assert json.loads(file.read_text(encoding="utf-8"))["folder"] == str(folder.resolve())
