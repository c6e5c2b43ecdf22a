"""Nothing is written to a stream under the store's lock, and an import is checked before it is taken."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path

import pytest

from sla_tracker.cli import output
from sla_tracker.cli.commands.admin import transfer as transfer_commands
from sla_tracker.storage.codec import SCHEMA
from sla_tracker.storage.journal import Journal
from sla_tracker.storage.tinydb import INDEXES, TinyStore
from tests.cli.dealership import NOW, sla


def test_whoever_reads_an_export_slowly_stops_nobody(folder: Path) -> None:
    """`sla export - | less`: the reader has not taken a byte, and others write."""
    command = [sys.executable, "-m", "sla_tracker", "--deployment", str(folder), "export", "-"]
    inside, outside = os.pipe()
    os.set_blocking(outside, False)
    with suppress(BlockingIOError):  # full before anything of the export comes
        while True:
            os.write(outside, b"\n" * 65536)
    os.set_blocking(outside, True)
    reading = subprocess.Popen(command, stdout=outside, stderr=subprocess.DEVNULL)
    try:
        time.sleep(2)
        assert reading.poll() is None
        journal = Journal.open(folder / "store", indexes=INDEXES, lock_timeout=1, schema=SCHEMA)
        with journal.transaction(who="a", what="b", at=datetime.fromisoformat(NOW)) as transaction:
            transaction.put("duties", "x", {"state": "open"})
        journal.close()
    finally:
        reading.kill()
        reading.wait()
        os.close(inside)
        os.close(outside)


def test_whoever_does_not_read_the_progress_of_a_copy_stops_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    released, said = threading.Event(), list[str]()

    def slow(sentence: str, *_: object) -> None:
        assert released.wait(20)
        said.append(sentence)

    monkeypatch.setattr(transfer_commands, "SAY_EVERY", 1)
    monkeypatch.setattr(output, "message", slow)
    with transfer_commands._progress_printer() as progress:
        for sequence in range(1, 4):
            progress(sequence)
        released.set()
    assert len(said) == 3


@pytest.mark.parametrize("damage", ["changed", "cut", "taken out"])
def test_a_damaged_export_is_refused_before_anything_of_it_is_taken(
    folder: Path, tmp_path: Path, damage: str
) -> None:
    sla(folder, "export", str(tmp_path / "lines"))
    lines = (tmp_path / "lines").read_bytes().splitlines(keepends=True)
    changed = {
        "changed": [line.replace("鄂F".encode(), "鄂A".encode()) for line in lines],
        "cut": lines[:-1],
        "taken out": [*lines[:-2], lines[-1]],
    }[damage]
    assert changed != lines
    (tmp_path / "lines").write_bytes(b"".join(changed))
    shutil.rmtree(folder / "store")
    shutil.rmtree(folder / ".seen", ignore_errors=True)
    sla(folder, "import", str(tmp_path / "lines"), code=2 if damage == "cut" else 7)
    with closing(TinyStore.open(folder / "store")) as store:
        assert store.sequence() == 0


def test_the_format_of_a_newer_export_comes_before_its_other_fields(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "lines").write_text('{"format":"sla_tracker store","schema":99,"more":1}\n', encoding="utf-8")
    assert "schema 99" in sla(folder, "import", str(tmp_path / "lines"), code=2).stderr


def test_a_folder_that_is_everybodys_is_not_taken_from_them(folder: Path, tmp_path: Path) -> None:
    """`sla migrate --to /tmp` told people to take /tmp away from everybody."""
    for mode in (0o1777, 0o777):
        (tmp_path / "all").mkdir(exist_ok=True)
        (tmp_path / "all").chmod(mode)
        said = sla(folder, "migrate", "--to", str(tmp_path / "all"), code=2).stderr
        assert f"name a folder of your own for the store, such as {tmp_path / 'all' / 'sla-store'}" in said
        assert "chmod" not in said
    sla(folder, "migrate", "--to", str(tmp_path / "all" / "sla-store"))
    (tmp_path / "all" / "sla-store").chmod(0o777)
    assert "chmod o-w" in sla(folder, "migrate", "--to", str(tmp_path / "all" / "sla-store"), code=7).stderr
