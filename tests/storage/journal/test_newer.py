"""A store of a newer program is called that, by readers, writers, verification and restore; never damaged."""

from __future__ import annotations

import json
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from sla_tracker.storage.journal import Journal, NewerSchema
from sla_tracker.storage.journal.maintenance.offline import check_backup, inspect
from tests.storage.journal.stores import INDEXES, filled, opened


def _newer_line(folder: Path, **fields: object) -> None:
    """Append a line as a newer program might write it, with fields that nobody knows yet."""
    path = folder / "segments" / "00000001.journal"
    lines = path.read_bytes().rstrip(b"\0")
    last = json.loads(lines.splitlines()[-1])
    header = {
        "n": last["commit"]["n"] + 1,
        "at": "2027",
        "who": "w",
        "what": "x",
        "prev": last["hash"],
        **fields,
    }
    commit = json.dumps(header, separators=(",", ":"))
    digest = sha256(commit.encode()).hexdigest()
    path.write_bytes(lines + f'{{"hash":"{digest}","commit":{commit},"payload":[]}}\n'.encode())


def _manifest(folder: Path) -> None:
    (folder / "journal.json").write_text(
        '{"format":2,"segment_bytes":8388608,"more":true}\n', encoding="utf-8"
    )


def _schema(folder: Path) -> None:
    _newer_line(folder, schema=9, more={"a": 1})


def _schema_with_known_fields(folder: Path) -> None:
    _newer_line(folder, schema=9)


def _two_lines(folder: Path) -> None:
    _newer_line(folder, schema=9)
    _newer_line(folder, more=1)


@pytest.mark.parametrize("change", [_manifest, _schema, _schema_with_known_fields, _two_lines])
def test_a_newer_store_is_refused_as_newer(tmp_path: Path, change: Callable[[Path], None]) -> None:
    folder = tmp_path / "j"
    filled(folder, 3).close()
    change(folder)
    for read_only in (True, False):
        with pytest.raises(NewerSchema):
            opened(folder, read_only=read_only)
    with pytest.raises(NewerSchema):
        inspect(folder, indexes=INDEXES)


@pytest.mark.parametrize("change", [_schema, _schema_with_known_fields, _two_lines])
def test_whoever_has_it_open_is_told_the_same(tmp_path: Path, change: Callable[[Path], None]) -> None:
    journal = filled(tmp_path / "j", 3)
    change(tmp_path / "j")
    with pytest.raises(NewerSchema):
        journal.refresh()


def test_a_backup_of_a_newer_store_is_newer_too(tmp_path: Path) -> None:
    folder = tmp_path / "j"
    filled(folder, 3).close()
    _schema_with_known_fields(folder)
    Journal.open(folder, indexes=INDEXES, schema=9).backup(tmp_path / "b")
    with pytest.raises(NewerSchema):
        check_backup(tmp_path / "b", tmp_path, indexes=INDEXES, schema=1)
    assert check_backup(tmp_path / "b", tmp_path, indexes=INDEXES, schema=9).sequence == 4
