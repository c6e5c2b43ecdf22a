"""Output formats of a report; text from people is cleaned and escaped here."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from html import escape

from sla_tracker.domain.clean import clean
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language
from sla_tracker.report.month import MonthReport, Sheet

BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads a UTF-8 CSV file in the local code page
_MARKUP = re.compile(r"([\\`*_\[\]<>#|~])")
# First characters that make a spreadsheet read a cell as a formula.
_FORMULA = re.compile(r"[=+\-@\t\r]")
_SHARE = re.compile(r"\A(\d+)/(\d+)")
_STYLE = """
body { font-family: system-ui, "Noto Sans CJK SC", sans-serif; margin: 2em auto; max-width: 60em; color: #111; }
table { border-collapse: collapse; width: 100%; margin-bottom: 1.5em; }
th, td { border-bottom: 1px solid #ccc; padding: .3em .6em; text-align: right; }
th:first-child, td:first-child { text-align: left; }
footer { border-top: 1px solid #111; font-size: .85em; padding-top: .5em; }
tr { break-inside: avoid; }
"""


def as_markdown(report: MonthReport) -> str:
    """Return a report as Markdown with tables."""
    return "\n".join(_markdown_lines(report)) + "\n"


def _markdown_lines(report: MonthReport) -> Iterator[str]:
    yield f"# {_plain(report.title)}"
    yield f"\n{_plain(report.standing)}"
    for sheet in report.sheets:
        yield f"\n## {_plain(sheet.title)}\n"
        yield _barred(sheet.headings)
        yield _barred(["---", *(["--:"] * (len(sheet.headings) - 1))], escaped=True)
        yield from map(_barred, sheet.rows)
    yield from _if_empty(report)
    if report.ending:
        yield f"\n{report.ending}"


def _barred(cells: Iterable[str], *, escaped: bool = False) -> str:
    return "| {} |".format(" | ".join(cells if escaped else map(_plain, cells)))


def _plain(text: str) -> str:
    return _MARKUP.sub(r"\\\1", clean(text))


def _if_empty(report: MonthReport) -> Iterator[str]:
    if not report.sheets:
        yield f"\n{_('Nothing was owed in this month.')}"


def as_page(report: MonthReport) -> str:
    """Return a report as one self-contained HTML file, for browser and printer."""
    tag = language().replace("_", "-")
    body = [f"<h1>{_safe(report.title)}</h1>", f"<p>{_safe(report.standing)}</p>"]
    body += [_table(sheet) for sheet in report.sheets]
    body += [f"<p>{_safe(line.strip())}</p>" for line in _if_empty(report)]
    body += [f"<footer>{_safe(report.ending)}</footer>"] if report.ending else []
    head = f'<meta charset="utf-8">\n<title>{_safe(report.title)}</title>\n<style>{_STYLE}</style>'
    lines = "\n".join(body)
    return (
        f'<!doctype html>\n<html lang="{tag}">\n<head>\n{head}\n</head>\n<body>\n{lines}\n</body>\n</html>\n'
    )


def _table(sheet: Sheet) -> str:
    heading = _row("th", sheet.headings)
    rows = "\n".join(_row("td", row) for row in sheet.rows)
    return f"<h2>{_safe(sheet.title)}</h2>\n<table>\n{heading}\n{rows}\n</table>"


def _row(tag: str, cells: Iterable[str]) -> str:
    return "<tr>{}</tr>".format("".join(f"<{tag}>{_safe(cell)}</{tag}>" for cell in cells))


def _safe(text: str) -> str:
    return escape(clean(text))


def as_sheet(report: MonthReport) -> str:
    """Return a report as CSV.

    A spreadsheet reads its cells as text, never as a formula.
    """
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerows(([_literal(report.title)], [_literal(report.standing)]))
    for sheet in report.sheets:
        writer.writerows(([], [_literal(sheet.title)]))
        writer.writerows([_literal(cell) for cell in row] for row in (sheet.headings, *sheet.rows))
    if report.ending:
        writer.writerows(([], [_literal(report.ending)]))
    return BYTE_ORDER_MARK + stream.getvalue()


def _literal(text: str) -> str:
    """Return a cell that a spreadsheet reads neither as a formula nor as a date.

    Source: OWASP, CSV injection.
    """
    shown = _SHARE.sub(lambda found: _("{part} of {whole}", part=found[1], whole=found[2]), clean(text))
    return f"'{shown}" if _FORMULA.match(shown) else shown


FORMS: Mapping[str, Callable[[MonthReport], str]] = {
    "md": as_markdown,
    "html": as_page,
    "csv": as_sheet,
}
