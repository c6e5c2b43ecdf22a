"""What a command does is done whatever becomes of its output, and it says so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path

import pytest

from sla_tracker.cli.main import build
from sla_tracker.deployment.service import DeploymentService
from tests.cli.dealership import NOW, sla
from tests.cli.runner import Line

EVENTS = "车牌号,交车日期,是否现金\n" + "".join(f"鄂F·1000{n},2026-11-19 16:40,no\n" for n in range(3))
PEOPLE = "姓名,部门,登录名\n徐小娜,销售部,xuna\n"
DONE = "It is done and on record, do not repeat it; only the output cannot be written: "


@contextmanager
def a_closed_pipe() -> Iterator[TextIOWrapper]:
    """Yield the end for writing of a pipe that nobody reads."""
    reading, writing = os.pipe()
    os.close(reading)
    with os.fdopen(writing, "w", encoding="utf-8") as stream:
        yield stream


def into(stream: TextIOWrapper, monkeypatch: pytest.MonkeyPatch, folder: Path, *words: str) -> object:
    """Run a command with its standard output in a stream and return the exit code."""
    monkeypatch.setenv("SLA_NOW", NOW)
    root = build(DeploymentService())
    given = ["--deployment", str(folder), "--lang", "en", "--as", "lin.tao", *words]
    with monkeypatch.context() as patched:
        patched.setattr("sys.stdout", stream)
        with pytest.raises(SystemExit) as end:
            root.main(given)
    return end.value.code


def test_lists_are_taken_over_though_nobody_reads_the_output(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "e.csv").write_text(EVENTS, encoding="utf-8")
    (tmp_path / "p.csv").write_text(PEOPLE, encoding="utf-8")
    events = ("event", "import", str(tmp_path / "e.csv"), "--kind", "vehicle-delivered", "--yes")
    for words in (events, ("person", "import", str(tmp_path / "p.csv"), "--yes")):
        with a_closed_pipe() as nobody:
            assert into(nobody, monkeypatch, folder, *words) == 0
    assert sla(folder, "event", "list").stdout.count("鄂F·1000") == 3
    assert "xuna" in sla(folder, "person", "list").stdout


def test_output_that_cannot_be_written_hides_no_act(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    event = ("event", "add", "vehicle-delivered", "鄂F·10007", "-f", "cash=no")
    for words, said in ((event, DONE), (("event", "list"), "The output cannot be written: ")):
        with Path("/dev/full").open("w", encoding="utf-8") as full:
            assert into(full, monkeypatch, folder, *words) == 1
        assert capsys.readouterr().err.splitlines()[-1].startswith(said)
    assert "鄂F·10007" in sla(folder, "event", "list").stdout


def test_help_and_version_end_in_a_sentence_too(
    line: Line, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for word in ("--help", "--version"):
        with Path("/dev/full").open("w", encoding="utf-8") as full, monkeypatch.context() as patched:
            patched.setattr("sys.stdout", full)
            with pytest.raises(SystemExit) as end:
                line.root.main(["--lang", "en", word])
        assert end.value.code == 1
        assert capsys.readouterr().err.startswith("The output cannot be written: ")
