"""Backups hold what is needed to go on, are tried, and two who restore do not harm each other."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import sys
import tarfile
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sla_tracker.config.load import Deployment, read_config
from sla_tracker.deployment import backup
from sla_tracker.errors import StoreBusy, StoreError
from sla_tracker.services.deployment import BackedUp
from sla_tracker.storage.tinydb import TinyStore
from tests.cli.dealership import NOW, sla

AT = datetime.fromisoformat(NOW).astimezone(UTC)


@pytest.fixture
def noted(folder: Path) -> Path:
    """Put a file into the folder of calendars."""
    (folder / "calendars").mkdir(exist_ok=True)
    (folder / "calendars" / "notes.txt").write_text("closed", encoding="utf-8")
    return folder


def _set(folder: Path, text: str) -> None:
    with (folder / "sla_tracker.toml").open("a", encoding="utf-8") as settings:
        settings.write(text)


def _emptied(folder: Path) -> None:
    shutil.rmtree(folder / "store")
    shutil.rmtree(folder / ".seen")


def test_a_backup_holds_settings_and_calendars(noted: Path, tmp_path: Path) -> None:
    shown = sla(noted, "backup", str(tmp_path / "b")).stdout
    with tarfile.open(tmp_path / "b") as tar:
        names = set(tar.getnames())
    assert {"deployment/sla_tracker.toml", "deployment/calendars/notes.txt"} <= names
    assert "2 files of the settings folder" in shown


def test_a_store_that_may_only_be_read_is_backed_up(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[bool] = []
    usual = TinyStore.open

    def noting(place: Path, *, read_only: bool = False, **given: Any) -> TinyStore:
        opened.append(read_only)
        return usual(place, read_only=read_only, **given)

    monkeypatch.setattr(TinyStore, "open", noting)
    monkeypatch.setattr("sla_tracker.storage.journal.only_readable", lambda _folder: True)
    sla(folder, "backup", str(tmp_path / "b"))
    assert opened
    assert all(opened)
    assert "The backup is whole" in sla(folder, "restore", "--show", str(tmp_path / "b")).stdout


def test_a_restore_says_what_differs_and_puts_it_back_when_asked(noted: Path, tmp_path: Path) -> None:
    sla(noted, "backup", str(tmp_path / "b"))
    before = (noted / "sla_tracker.toml").read_bytes()
    _set(noted, "\n# another\n")
    changed = (noted / "sla_tracker.toml").read_bytes()
    (noted / "calendars" / "notes.txt").unlink()
    shown = sla(noted, "restore", "--show", str(tmp_path / "b")).output
    assert "sla_tracker.toml is another one in the backup" in shown
    assert "calendars/notes.txt is only in the backup" in shown
    _emptied(noted)
    assert "left as they are" in sla(noted, "restore", str(tmp_path / "b")).output
    assert (noted / "sla_tracker.toml").read_bytes() == changed
    _emptied(noted)
    sla(noted, "restore", "--settings", str(tmp_path / "b"))
    assert (noted / "sla_tracker.toml").read_bytes() == before
    assert (noted / "sla_tracker.toml.before").read_bytes() == changed
    assert (noted / "calendars" / "notes.txt").read_text(encoding="utf-8") == "closed"


@pytest.mark.parametrize("cut", [0, 100, 3000])
def test_what_is_no_backup_or_half_of_one_is_called_so(folder: Path, tmp_path: Path, cut: int) -> None:
    sla(folder, "backup", str(tmp_path / "b"))
    content = (tmp_path / "b").read_bytes()[:cut] if cut else b"no tar" * 1000
    (tmp_path / "b").write_bytes(content)
    said = sla(folder, "restore", "--show", str(tmp_path / "b"), code=7).stderr
    assert "This is no backup, or its copy was cut off." in said


def test_showing_needs_no_empty_store_and_changes_nothing(folder: Path, tmp_path: Path) -> None:
    sla(folder, "backup", str(tmp_path / "b"))
    before = sorted(folder.rglob("*"))
    assert "The backup is whole" in sla(folder, "restore", "--show", str(tmp_path / "b")).stdout
    assert sorted(folder.rglob("*")) == before


def test_of_two_restores_at_once_none_loses_the_store(folder: Path, tmp_path: Path) -> None:
    sla(folder, "backup", str(tmp_path / "b"))
    deployment = read_config(folder)

    def restore(_: int) -> int:
        try:
            return backup.restore(deployment, tmp_path / "b").changes
        except (StoreBusy, StoreError):
            return 0
        except Exception as error:
            return -1 if type(error).__name__ == "Refused" else -2

    for _round in range(8):
        _emptied(folder)
        with ThreadPoolExecutor(3) as pool:
            outcomes = list(pool.map(restore, range(3)))
        assert max(outcomes) > 0
        assert -2 not in outcomes
        assert "change" in sla(folder, "log").stderr
        assert [path.name for path in folder.iterdir() if "restoring" in path.name] == []


def test_a_second_restore_is_told_at_once(folder: Path, tmp_path: Path) -> None:
    sla(folder, "backup", str(tmp_path / "b"))
    _emptied(folder)
    with backup._only_restore(folder):
        assert "Somebody else restores" in sla(folder, "restore", str(tmp_path / "b"), code=10).stderr
    sla(folder, "restore", str(tmp_path / "b"))


def test_leftovers_of_killed_ones_do_not_stop_the_next_try(folder: Path, tmp_path: Path) -> None:
    for name in ("store.restoring", "store.unwritten", "store.0a1b2c3d.restoring"):
        (folder / name / "segments").mkdir(parents=True)
    (tmp_path / "b.part").write_text("somebody else's", encoding="utf-8")
    sla(folder, "backup", str(tmp_path / "b"))
    _emptied(folder)
    sla(folder, "restore", str(tmp_path / "b"))
    assert (tmp_path / "b.part").read_text(encoding="utf-8") == "somebody else's"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "b.part", "dealer"]


def test_a_store_without_a_change_makes_room(folder: Path, tmp_path: Path) -> None:
    sla(folder, "backup", str(tmp_path / "b"))
    _emptied(folder)
    TinyStore.open(folder / "store", create=True).close()
    assert "Restored" in sla(folder, "restore", str(tmp_path / "b")).stdout


@pytest.mark.parametrize("name", ["deployment/../../evil", "deployment/.ssh/x", "deployment//x", "other"])
def test_a_backup_with_other_names_is_refused(folder: Path, tmp_path: Path, name: str) -> None:
    sla(folder, "backup", str(tmp_path / "b"))
    with tarfile.open(tmp_path / "b") as tar, tarfile.open(tmp_path / "evil", "w") as out:
        for member in tar:
            content = tar.extractfile(member)
            raw = content.read() if content else b""
            if member.name == "manifest.json":
                raw = raw.replace(b"deployment/sla_tracker.toml", name.encode())
            if member.name == "deployment/sla_tracker.toml":
                member.name = name
            member.size = len(raw)
            out.addfile(member, io.BytesIO(raw))
    _emptied(folder)
    sla(folder, "restore", str(tmp_path / "evil"), code=7)
    assert not (tmp_path / "evil2").exists()


def test_regular_backups_are_checked_counted_and_old_ones_go(folder: Path) -> None:
    (folder / "kept").mkdir()
    _set(folder, '\n[backup]\nfolder = "kept"\nkeep = 2\nat = 02:00:00\n')
    (folder / "kept" / "mine.bak").touch()
    days = [f"2026-11-{day}T03:00:00+08:00" for day in (20, 21, 22)]
    for day in days:
        sla(folder, "backup", "--due", env={"SLA_NOW": day})
        assert "No backup is due" in sla(folder, "backup", "--due", env={"SLA_NOW": day}).stderr
    assert sorted(path.name for path in (folder / "kept").iterdir()) == [
        "mine.bak",
        "sla-20261120T190000Z.bak",
        "sla-20261121T190000Z.bak",
    ]
    assert "the newest is 0 hours old" in sla(folder, "doctor", env={"SLA_NOW": days[-1]}).stdout
    later = sla(folder, "doctor", env={"SLA_NOW": "2026-11-25T03:00:00+08:00"}, code=1).stdout
    assert "the newest is 72 hours old" in later


def test_a_backup_of_a_clock_that_was_ahead_keeps_no_other_from_being_made(folder: Path) -> None:
    kept = folder / "kept"
    kept.mkdir()
    _set(folder, '\n[backup]\nfolder = "kept"\nkeep = 1\nat = 02:00:00\n')
    for name in ("sla-20271101T000000Z.bak", "sla-20261399T000000Z.bak"):
        (kept / name).touch()
    today, tomorrow = "2026-11-20T03:00:00+08:00", "2026-11-21T03:00:00+08:00"
    assert "There is none in" in sla(folder, "doctor", env={"SLA_NOW": today}, code=1).stdout
    for day in (today, tomorrow):
        sla(folder, "backup", "--due", env={"SLA_NOW": day})
    assert sorted(path.name for path in kept.iterdir()) == [
        "sla-20261120T190000Z.bak",
        "sla-20261399T000000Z.bak",
        "sla-20271101T000000Z.bak",
    ]
    said = sla(folder, "doctor", env={"SLA_NOW": tomorrow}, code=1).stdout
    assert "the newest is 0 hours old" in said
    assert "sla-20271101T000000Z.bak is named after" in said


def test_without_a_folder_a_file_is_asked_for(folder: Path) -> None:
    assert "[backup]" in sla(folder, "backup", code=2).stderr
    assert "No backup is due" in sla(folder, "backup", "--due").stderr
    assert "leave the file out" in sla(folder, "backup", "--due", "x", code=2).stderr
    assert "Backup" not in sla(folder, "doctor").stdout


def test_a_missing_regular_backup_is_said(folder: Path) -> None:
    _set(folder, '\n[backup]\nfolder = "kept"\n')
    assert "There is none in" in sla(folder, "doctor", code=1).stdout


def test_a_backup_that_cannot_be_restored_is_not_taken_for_one(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "kept").mkdir()
    _set(folder, '\n[backup]\nfolder = "kept"\nkeep = 1\n')
    deployment = read_config(folder)
    backup.regular_backup(deployment, AT)
    real = backup.backup

    def torn(deployment: Deployment, target: Path, _waiting: object) -> BackedUp:
        done = real(deployment, target)
        os.truncate(target, target.stat().st_size // 2)
        return done

    monkeypatch.setattr(backup, "backup", torn)
    tried_at = AT
    for _day in range(2):
        tried_at += timedelta(days=1)
        assert backup.is_due(deployment, tried_at)
        with pytest.raises(StoreError):
            backup.regular_backup(deployment, tried_at)
        assert not backup.is_due(deployment, tried_at + timedelta(minutes=49))
        assert backup.is_due(deployment, tried_at + timedelta(minutes=51))
    good, failed = sorted(path.name for path in (folder / "kept").iterdir())
    assert (good, failed) == (f"sla-{AT:%Y%m%dT%H%M%SZ}.bak", f"sla-{tried_at:%Y%m%dT%H%M%SZ}.bak.failed")
    said = sla(folder, "doctor", env={"SLA_NOW": tried_at.isoformat()}, code=1).stdout
    assert "the newest is 48 hours old" in said
    assert f"{failed} could not be restored" in said
    monkeypatch.setattr(backup, "backup", real)
    backup.regular_backup(deployment, tried_at + timedelta(hours=1))
    assert not backup.failed_in(folder / "kept")


def test_a_killed_backup_leaves_the_next_one_free(folder: Path, tmp_path: Path) -> None:
    program = (
        "import os, sys\n"
        "from sla_tracker.storage.journal.maintenance import backup\n"
        "backup._make_durable = lambda *_: os._exit(9)\n"
        "from sla_tracker.__main__ import main\n"
        "main()\n"
    )
    command = [sys.executable, "-c", program, "--deployment", str(folder), "backup", str(tmp_path / "b")]
    assert (
        subprocess.run(command, check=False, timeout=60, env={**os.environ, "SLA_NOW": NOW}).returncode == 9
    )
    sla(folder, "backup", str(tmp_path / "b"))
    assert backup.check(tmp_path / "b") > 0
