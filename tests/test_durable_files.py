"""What must survive a power cut is on the disk before it has its name, and its name before anything else is done."""

from __future__ import annotations

import errno
import os
import resource
import signal
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sla_tracker.cache_files import write_private
from sla_tracker.deployment.caller_files import LocalFiles
from sla_tracker.deployment.saved_filters import Filters
from sla_tracker.deployment.web_access.secret_file import SecretFile
from sla_tracker.durable_files import replace_file
from sla_tracker.plugin_host.quarantine import Quarantine
from sla_tracker.plugin_host.sources import Found
from sla_tracker.serve.caller import Caller, must_be_same_login
from sla_tracker.serve.installation.install import install_client
from sla_tracker.serve.seen_commit import keep_seen_commit
from sla_tracker.services.deployment import Origin
from sla_tracker.storage.checkpoints import CheckpointFile, SeenHead
from sla_tracker.storage.journal.files.disk import Disk, write_file
from sla_tracker.storage.store_owner import StoreOwner, write_owner

FILE, NAME, FOLDER = "file synced", "named", "folder synced"


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the list to which the calls go that make a file durable, in their order."""
    made: list[str] = []

    def watch(name: str, word: Callable[[Any], str]) -> None:
        call = getattr(os, name)

        def watched(first: Any, *others: Any, **named: Any) -> Any:
            made.append(word(first))
            return call(first, *others, **named)

        monkeypatch.setattr(os, name, watched)

    def synced(descriptor: int) -> str:
        return FOLDER if stat.S_ISDIR(os.fstat(descriptor).st_mode) else FILE

    watch("fsync", synced)
    watch("fdatasync", synced)
    watch("replace", lambda _source: NAME)
    watch("link", lambda _source: NAME)
    return made


def _change_secrets(folder: Path) -> None:
    with SecretFile(folder / "passwords").changing() as entries:
        entries["wang.fang"] = {"hash": "x"}


def _keep_away(folder: Path) -> None:
    found = Found(name="slow", origin=Origin.CHECKLIST, place="slow.py", load=pytest.fail)
    Quarantine(file=folder / "plugins.json").note_slow(found, "sla_review")


def _print_to(folder: Path) -> None:
    with LocalFiles().new_file(str(folder / "list.csv")) as stream:
        stream.write(b"1")


@pytest.mark.parametrize(
    "write",
    [
        lambda folder: replace_file(folder / "sla_tracker.toml", b"", mode=0o644),
        lambda folder: replace_file(folder / "plugin.toml", b"", mode=0o644, anew=True),
        _change_secrets,
        _keep_away,
        _print_to,
        lambda folder: must_be_same_login(folder, Caller(uid=5001, login="wangfang")),
        lambda folder: install_client(folder / "sla", folder / "service.toml"),
        lambda folder: write_owner(folder, StoreOwner(folder="/srv/sla", trial=False)),
        lambda folder: Filters(folder / "filters.json").save("late", "state:late"),
        lambda folder: write_file(Disk(), folder / "segment", [b"1"], durable=True),
    ],
    ids=[
        "settings",
        "plugin",
        "secrets",
        "quarantine",
        "list",
        "login",
        "client",
        "owner",
        "filter",
        "segment",
    ],
)
def test_a_file_is_synced_then_named_then_its_folder_synced(
    tmp_path: Path, calls: list[str], write: Callable[[Path], object]
) -> None:
    write(tmp_path)
    assert calls == [FILE, NAME, FOLDER]


def test_a_folder_that_cannot_be_synced_here_is_no_failure_and_a_broken_disk_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sync, codes = os.fsync, [errno.EINVAL, errno.EACCES, errno.EIO]

    def failing(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            code = codes.pop(0)
            raise OSError(code, os.strerror(code))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", failing)
    for content in (b"1", b"2"):
        replace_file(tmp_path / "kept", content, mode=0o600)
        assert (tmp_path / "kept").read_bytes() == content
    with pytest.raises(OSError, match="Input/output error"):
        replace_file(tmp_path / "kept", b"3", mode=0o600)
    assert [file.name for file in tmp_path.iterdir()] == ["kept"]


@pytest.mark.parametrize(
    "write",
    [
        lambda folder: CheckpointFile(folder / "anchor.json").save(SeenHead(sequence=1, hash="1")),
        lambda folder: write_private(folder / "cache", b"1"),
        lambda folder: keep_seen_commit("/etc/sla/service.toml", [b"1", b"aa"], (b"", b"")),
    ],
    ids=["checkpoint", "cache", "client"],
)
def test_a_full_disk_leaves_no_parts_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: Callable[[Path], object]
) -> None:
    """Such a file is written by each command; what stayed would fill the folder while the disk is full."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    ignored = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (0, before[1]))
        write(tmp_path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
        signal.signal(signal.SIGXFSZ, ignored)
    assert [file for file in tmp_path.rglob("*") if file.is_file()] == []
