"""A pipe, device, folder, link or sparse file in the place of any file: a sentence within a second, no hang."""

from __future__ import annotations

import errno
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NoReturn

import pytest
from click.testing import CliRunner

from sla_tracker.cache_files import write_private
from sla_tracker.cli.main import build
from sla_tracker.deployment.service import DeploymentService
from tests.cli.dealership import NOW, an_event, sla

SPARSE_BYTES = 8 << 30
FILES = (
    "store/journal.json",
    "store/lock",
    "store/segments/00000001.journal",
    "store/snapshot",
    "sla_tracker.toml",
    ".seen/anchor.json",
    ".seen/filters.json",
    ".seen/due",
)


def _socket(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(path.parent)  # the address of a socket is short
        try:
            listening.bind(path.name)
        finally:
            os.chdir(here)


def _sparse(path: Path) -> None:
    with path.open("wb") as stream:
        stream.truncate(SPARSE_BYTES)


def _link(path: Path) -> None:
    path.symlink_to(path.with_name("elsewhere"))


KINDS: dict[str, Callable[[Path], None]] = {
    "pipe": os.mkfifo,
    "socket": _socket,
    "device": lambda path: path.symlink_to("/dev/zero"),
    "folder": lambda path: path.mkdir(),
    "link": _link,
    "sparse": _sparse,
}


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("special") / "dealer"
    sla(place, "init", "--trial", str(place), "--config", "dealership", "--in-force-from", "2026-10-01")
    an_event(place, "鄂F·12345")
    sla(place, "due")
    return place


def _run(folder: Path, *words: str) -> tuple[int, str]:
    """Run a command inside this process and see to it that it does not take long."""
    began = time.process_time()
    outcome = CliRunner().invoke(
        build(DeploymentService()),
        ["--deployment", str(folder), *words],
        env={"SLA_NOW": NOW, "SLA_LANG": "en"},
    )
    # Seconds of CPU; reading what a sparse file claims takes tens of them.
    assert time.process_time() - began < 3, words
    assert "Traceback" not in outcome.output, outcome.output
    assert "fault of the program" not in outcome.output, outcome.output
    return outcome.exit_code, outcome.output


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", FILES)
def test_whatever_stands_there_nobody_waits_and_everybody_is_told(
    company: Path, tmp_path: Path, name: str, kind: str
) -> None:
    folder = tmp_path / "dealer"
    shutil.copytree(company, folder)
    place = folder / name
    place.unlink(missing_ok=True)
    KINDS[kind](place)
    for words in (("due",), ("doctor",), ("verify",)):
        code, shown = _run(folder, *words)
        if (name, kind) == ("store/snapshot", "sparse"):
            # NUL bytes are what a power cut leaves of one; it is ignored, and written anew.
            assert code == 0, shown
        elif name.startswith("store/") and words == ("verify",):
            assert code == 7, shown
            assert place.name in shown, shown


@pytest.mark.parametrize("name", ["store/lock", "store/segments/00000001.journal", ".seen/due"])
@pytest.mark.parametrize("kind", ["pipe", "sparse"])
def test_the_start_up_cache_waits_for_nothing_either(
    company: Path, tmp_path: Path, name: str, kind: str
) -> None:
    folder = tmp_path / "dealer"
    shutil.copytree(company, folder)
    (folder / name).unlink(missing_ok=True)
    KINDS[kind](folder / name)
    command = [sys.executable, "-m", "sla_tracker", "--deployment", str(folder), "due"]
    environ = {**os.environ, "SLA_NOW": NOW, "SLA_LANG": "en"}
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False, env=environ)
    assert "Traceback" not in done.stderr, done.stderr


@pytest.mark.parametrize("name", ["store/segments/00000001.journal", "store/snapshot"])
def test_a_file_that_claims_more_than_it_holds_is_named(company: Path, tmp_path: Path, name: str) -> None:
    folder = tmp_path / "dealer"
    shutil.copytree(company, folder)
    if name.endswith("snapshot"):
        sla(folder, "due")
        (folder / name).write_bytes(b"journal snapshot 1\n")
    os.truncate(folder / name, SPARSE_BYTES)
    _run(folder, "due")
    code, shown = _run(folder, "verify")
    assert (code, "00000001.journal" in shown) == ((7, True) if "segments" in name else (0, False)), shown


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("store/segments/notes.txt", b"x"),
        ("store/mine.txt", b"x"),
        ("store/archives/x", b"x"),
        ("store/aside/y", b"x"),
    ],
)
def test_files_that_sla_never_wrote_are_named(
    company: Path, tmp_path: Path, name: str, content: bytes
) -> None:
    folder = tmp_path / "dealer"
    shutil.copytree(company, folder)
    (folder / name).write_bytes(content)
    assert "sla did not write this file" in sla(folder, "verify", code=7).stdout
    sla(folder, "due")


@pytest.mark.parametrize("ending", [b"garbage", b"garbage\n", b"\0\0\0garbage\n"])
def test_bytes_that_sla_never_wrote_are_named(company: Path, tmp_path: Path, ending: bytes) -> None:
    folder = tmp_path / "dealer"
    shutil.copytree(company, folder)
    segment = folder / "store" / "segments" / "00000001.journal"
    segment.write_bytes(segment.read_bytes().rstrip(b"\0") + ending)
    shown = sla(folder, "verify", code=7).stdout
    assert "sla did not write" in shown or "cannot be read" in shown


def test_the_line_of_a_writer_that_died_is_nothing_to_be_named(company: Path, tmp_path: Path) -> None:
    folder = tmp_path / "dealer"
    shutil.copytree(company, folder)
    segment = folder / "store" / "segments" / "00000001.journal"
    lines = segment.read_bytes().rstrip(b"\0")
    for torn in (b'{"ha', b'{"hash":"00', bytes(512 - len(lines) % 512) + b'xyz"'):
        segment.write_bytes(lines + torn)
        sla(folder, "verify")


def test_a_cache_that_may_not_be_written_is_no_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_words: object, **_named: object) -> NoReturn:
        raise OSError(errno.EROFS, os.strerror(errno.EROFS))

    # As a file system without writing does it, for which a test would have to mount one.
    monkeypatch.setattr(os, "open", refused)
    monkeypatch.setattr(os, "unlink", refused)
    write_private(tmp_path / "settings", b"x")
    assert not (tmp_path / "settings").exists()
