"""What reports end with, and what `sla verify` makes of it, on the real program and an embedded store."""

from __future__ import annotations

import json
import resource
import shutil
import socket
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sla_tracker.deployment.direct import open_deployment
from sla_tracker.tui.printing import to_file
from tests.cli.dealership import NOW, an_event, sla

TOMORROW = "2026-11-21T09:00:00+08:00"
MARK = "sla:"


REPORTS = (
    ("score",),
    ("score", "2026-11", "--by", "obligation"),
    ("log", "--last", "2"),
    ("report", "2026-10"),
    ("report", "--form", "csv"),
    ("--as", "lin.tao", "period", "close", "2026-10", "--missed"),
)


@pytest.mark.parametrize("words", REPORTS)
def test_a_report_ends_with_how_far_the_store_went(
    folder: Path, tmp_path: Path, words: tuple[str, ...]
) -> None:
    said = sla(folder, *words).stdout
    assert "sla:" in said.splitlines()[-1]
    paper = tmp_path / "paper.txt"
    paper.write_text(said, encoding="utf-8")
    an_event(folder, "鄂F·99999")
    assert "1 anchor fits" in sla(folder, "verify", "--anchors", str(paper)).stdout


@pytest.mark.parametrize("words", [("score",), ("causes",), ("log",), ("period", "list")])
def test_documents_carry_the_whole_hash(folder: Path, words: tuple[str, ...]) -> None:
    said = sla(folder, *words, "--json").stdout
    assert len(json.loads(said)["anchor"].partition(":")[2].partition(":")[2]) == 64
    assert "1 anchor fits" in sla(folder, "verify", "--anchors", "-", typed=said).stdout


def test_a_plain_list_of_what_is_due_is_no_report(folder: Path) -> None:
    assert MARK not in sla(folder, "due", "--all").output
    assert "anchor" not in sla(folder, "due", "--all", "--json").stdout


def test_a_printed_list_ends_with_it_too(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLA_NOW", NOW)
    with closing(open_deployment(folder)) as deployment:
        to_file(["one", "two"], (), str(tmp_path / "list.txt"), again=False)(deployment)
    lines = (tmp_path / "list.txt").read_text(encoding="utf-8").splitlines()
    assert lines[:3] == ["one", "two", ""]
    assert "sla:" in lines[3]
    sla(folder, "verify", "--anchors", str(tmp_path / "list.txt"))


def test_an_older_copy_does_not_fit_the_paper(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "store", tmp_path / "older")
    an_event(folder, "鄂F·99999")
    paper = tmp_path / "paper.txt"
    paper.write_text(sla(folder, "log").stdout, encoding="utf-8")
    shutil.rmtree(folder / "store")
    shutil.copytree(tmp_path / "older", folder / "store")
    shutil.rmtree(folder / ".seen")  # nobody else's memory helps
    sla(folder, "verify")
    outcome = sla(folder, "verify", "--anchors", str(paper), code=7)
    line = len(paper.read_text(encoding="utf-8").splitlines())
    assert f"{paper}:{line}, sla:" in outcome.stdout
    assert "The store ends at change" in outcome.stdout
    assert "made from this deployment" in outcome.stderr


def test_no_empty_store_takes_the_place_of_one_that_is_gone(folder: Path, tmp_path: Path) -> None:
    sla(folder, "backup", str(tmp_path / "backup"))
    (folder / "store").rename(tmp_path / "away")
    for words in (("due",), ("log",), ("event", "list")):
        assert "was seen there before" in sla(folder, *words, code=7).stderr
    assert "wrong  Store: There is no store in" in sla(folder, "doctor", code=1).stdout
    assert not (folder / "store").exists()
    sla(folder, "restore", str(tmp_path / "backup"))
    sla(folder, "due")


@pytest.mark.parametrize("words", [("export",), ("report", "2026-11", "--to")])
def test_a_disk_without_room_is_no_typing_error_and_keeps_no_half_file(
    folder: Path, tmp_path: Path, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "new.md"
    # Python would keep half of what it compiles meanwhile, and stumble over it from then on.
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (512, before[1]))
    try:
        told = sla(folder, *words, str(file), code=7).stderr
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert f"{file} cannot be written: File too large" in told
    assert list(tmp_path.glob("new*")) == []


def test_a_copy_in_another_folder_is_kept_apart_from_the_store_in_use(folder: Path) -> None:
    sla(folder, "migrate", "--to", str(folder / "copy"))
    assert "went back" not in sla(folder, "due").stderr
    sla(folder, "verify")
    settings = folder / "sla_tracker.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('kind = "tinydb"', 'kind = "tinydb"\nfolder = "copy"'), encoding="utf-8")
    assert "went back" not in sla(folder, "due").stderr
    (folder / "copy").rename(folder / "away")
    assert "was seen there before" in sla(folder, "due", code=7).stderr


def test_anchors_of_a_damaged_store_are_not_passed_over(folder: Path) -> None:
    (segment,) = (folder / "store" / "segments").iterdir()
    content = bytearray(segment.read_bytes())
    content[10] ^= 1
    segment.write_bytes(content)
    for snapshot in (folder / "store").glob("snapshot*"):
        snapshot.unlink()
    outcome = sla(folder, "verify", "--anchor", "1:0123456789ab", code=7)
    assert "sla:1:0123456789ab  It cannot be compared" in outcome.stdout
    assert "segment 1" in outcome.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--anchor", "12"), "is no anchor"),
        (("--anchors", "nowhere.txt"), "nowhere.txt cannot be read: No such file"),
        (("--anchors", "."), "cannot be read: Is a directory"),
    ],
)
def test_wrong_anchors_are_said(folder: Path, words: tuple[str, str], said: str) -> None:
    assert said in sla(folder, "verify", *words, code=2).stderr


def test_a_text_without_any_is_not_taken_for_a_good_one(folder: Path) -> None:
    assert (
        "No anchor stands in -" in sla(folder, "verify", "--anchors", "-", code=2, typed="nothing\n").stderr
    )


# --- the system's log -------------------------------------------------------------------------------------------------


@pytest.fixture
def log(folder: Path) -> Iterator[socket.socket]:
    """Listen where the settings say that the system's log is."""
    settings = folder / "sla_tracker.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("[store]\n", '[store]\nsyslog = "log"\n'), encoding="utf-8")
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    with closing(listening):
        listening.bind(str(folder / "log"))
        listening.setblocking(False)
        yield listening


def heard(log: socket.socket) -> list[str]:
    lines = []
    while True:
        try:
            lines.append(log.recv(4096).decode())
        except BlockingIOError:
            return lines


def test_the_system_log_hears_once_a_day_and_after_verifying(folder: Path, log: socket.socket) -> None:
    sla(folder, "due")
    sla(folder, "due")
    (first,) = heard(log)
    assert first.startswith("<14>sla_tracker[")
    assert first.endswith(str(folder))
    sla(folder, "verify")
    (second,) = heard(log)
    sla(folder, "due", env={"SLA_NOW": TOMORROW})
    (third,) = heard(log)
    assert (
        "2 anchors fit"
        in sla(folder, "verify", "--anchors", "-", typed="\n".join([first, second, third])).stdout
    )


def test_a_system_log_that_is_away_stops_nobody_and_the_doctor_says_so(
    folder: Path, log: socket.socket
) -> None:
    assert "well  System log" in sla(folder, "doctor").stdout
    log.close()
    sla(folder, "due")
    sla(folder, "verify")
    said = sla(folder, "doctor", code=1).stdout
    assert "wrong  System log" in said
    assert "Connection refused" in said
