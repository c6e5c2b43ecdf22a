"""Writes a report as Markdown; text from people is escaped."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from sla_tracker.domain.clean import clean
from sla_tracker.i18n import gettext as _
from sla_tracker.report.cells import text_of
from sla_tracker.report.model import Column, Kind, Report, Table

_MARKUP = re.compile(r"([\\`*_\[\]<>#|~])")


def as_markdown(report: Report) -> bytes:
    """Return a report as Markdown with tables, the checkpoint in its last line.

    The duties behind the figures are left out, so that it is short enough for a message.
    """
    return ("\n".join(_lines(report)) + "\n").encode()


def _lines(report: Report) -> Iterator[str]:
    yield f"# {_plain(report.title)}"
    yield f"\n{_plain(report.standing)}"
    for table in report.tables:
        yield from _table(table)
    if not report.tables:
        yield f"\n{_('Nothing was owed in this range.')}"
    if report.ending:
        yield f"\n{report.ending}"


def _table(table: Table) -> Iterator[str]:
    yield f"\n## {_plain(table.title)}\n"
    yield _barred(_plain(column.heading) for column in table.columns)
    yield _barred(_ruler(column) for column in table.columns)
    for row in table.rows:
        yield _barred(_plain(text_of(cell)) for cell in row)


def _ruler(column: Column) -> str:
    return "--:" if column.kind in {Kind.COUNT, Kind.SHARE, Kind.SPAN} else "---"


def _barred(cells: Iterable[str]) -> str:
    return "| {} |".format(" | ".join(cells))


def _plain(text: str) -> str:
    return _MARKUP.sub(r"\\\1", clean(text))
