"""Calls commands in this process as somebody, and returns all that they say."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from click.testing import CliRunner

from sla_tracker.cli.main import build
from sla_tracker.serve.sessions.commands import ServedDeployments
from tests.reading.company import Company


def commands(company: Company) -> Any:
    """Return the command line of a session."""

    def no_terminal() -> NoReturn:
        raise AssertionError("a command opened the terminal")

    def keep_fault(kind: str, details: str) -> str:
        raise AssertionError(details)

    return build(ServedDeployments(company.opened, no_terminal, keep_fault))


def run(company: Company, words: Sequence[str], **variables: str) -> tuple[int, str]:
    """Return exit code and all that a call says, on both streams and in a file that it writes."""
    before = set(Path().iterdir())
    outcome = CliRunner().invoke(
        commands(company),
        list(words),
        env={"COLUMNS": "500", "SLA_DEPLOYMENT": str(company.opened.folder), **variables},
    )
    assert outcome.exception is None or isinstance(outcome.exception, SystemExit), (words, outcome.exception)
    said = outcome.output
    for file in set(Path().iterdir()) - before:
        said += text_in(file)
        file.unlink()
    return outcome.exit_code, said


def text_in(file: Path) -> str:
    """Return the text of a file, unpacked if it is a workbook."""
    if not zipfile.is_zipfile(file):
        return file.read_text(encoding="utf-8")
    with zipfile.ZipFile(file) as book:
        return "".join(book.read(name).decode("utf-8", "replace") for name in book.namelist())
