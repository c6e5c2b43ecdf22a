"""Reads the sheets of a file by its name's ending: a workbook or a CSV file."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import PurePath
from typing import BinaryIO

from sla_tracker.domain.sheets import Sheet
from sla_tracker.errors import N_, UsageError
from sla_tracker.sheets.limits import LARGEST_FILE

WORKBOOKS = (".xlsx", ".xlsm")
TEXTS = (".csv", ".tsv", ".txt")
JSON_LINES = (".jsonl", ".ndjson")
# How a file begins that a password protects, and one of Excel before 2007.
_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"
_ZIP = b"PK"


def read_named(open_file: Callable[[str], BinaryIO], name: str) -> Sequence[Sheet]:
    """Return the sheets of a file that is opened by its name.

    Raises UsageError also where it cannot be.
    """
    return sheets_of(read_bytes(open_file, name), name)


def read_bytes(open_file: Callable[[str], BinaryIO], name: str) -> bytes:
    """Return the bytes of a file that is opened by its name.

    At most one byte more than may be read is returned. Raises UsageError.
    """
    try:
        with open_file(name) as stream:
            return stream.read(LARGEST_FILE + 1)
    except (OSError, ValueError) as error:
        raise UsageError(N_("{file} cannot be read: {reason}"), file=name, reason=error) from error


def read_sheets(stream: BinaryIO, name: str) -> Sequence[Sheet]:
    """Return the sheets of a file that is open for reading, its first first.

    `name` decides by its ending how it is read. Raises UsageError for a file that is too large, of another kind, or
    broken, with what to do about it.
    """
    return sheets_of(stream.read(LARGEST_FILE + 1), name)


def sheets_of(content: bytes, name: str) -> Sequence[Sheet]:
    """Return the sheets of a file's bytes; raises UsageError as `read_sheets` does."""
    if len(content) > LARGEST_FILE:
        raise UsageError(
            N_("{file} is larger than {limit} MiB, the most that is read; split it."),
            file=PurePath(name).name,
            limit=LARGEST_FILE // 1024 // 1024,
        )
    suffix = PurePath(name).suffix.lower()
    if content.startswith(_OLD_OR_LOCKED) or suffix == ".xls":
        raise UsageError(
            N_("{file} has a password or is an old .xls file; save it without a password as .xlsx."),
            file=PurePath(name).name,
        )
    if suffix in WORKBOOKS and content.startswith(_ZIP):
        from sla_tracker.sheets.workbook import read_workbook  # only a workbook needs the library

        return read_workbook(content, PurePath(name).name)
    if suffix in TEXTS and not content.startswith(_ZIP):
        from sla_tracker.sheets.csv_text import read_csv

        return (read_csv(content, PurePath(name).name),)
    if suffix in JSON_LINES and not content.startswith(_ZIP):
        from sla_tracker.sheets.json_lines import read_json_lines

        return (read_json_lines(content, PurePath(name).name),)
    if suffix in (*WORKBOOKS, *TEXTS, *JSON_LINES):
        raise UsageError(
            N_("{file} is not what its name says; save it again as .xlsx or .csv."), file=PurePath(name).name
        )
    raise UsageError(
        N_(
            "{file} is no sheet that can be read; those end in .xlsx, .xlsm, .csv, .tsv, .txt, .jsonl or .ndjson."
        ),
        file=PurePath(name).name,
    )
