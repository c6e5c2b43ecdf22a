"""Workbooks for tests, made as offices make them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Sequence
from typing import Any

from openpyxl import Workbook, load_workbook
from openpyxl.packaging.relationship import Relationship
from openpyxl.workbook.external_link import ExternalLink
from openpyxl.workbook.external_link.external import ExternalBook, ExternalSheetNames
from openpyxl.worksheet.worksheet import Worksheet


def book(
    *rows: Sequence[Any], change: Callable[[Worksheet], None] | None = None, title: str = "约定"
) -> bytes:
    """Return a workbook of one sheet with these rows, after a change to it."""
    made = Workbook()
    sheet = made.active
    assert isinstance(sheet, Worksheet)
    sheet.title = title
    for row in rows:
        sheet.append(list(row))
    if change is not None:
        change(sheet)
    stream = io.BytesIO()
    made.save(stream)
    return stream.getvalue()


def with_part(content: bytes, name: str, changed: Callable[[bytes], bytes]) -> bytes:
    """Return a workbook with one of its parts changed."""
    stream = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as before,
        zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as after,
    ):
        for part in before.infolist():
            text = before.read(part)
            after.writestr(part.filename, changed(text) if part.filename == name else text)
    return stream.getvalue()


def with_link(content: bytes, target: str, kept: str | None) -> bytes:
    """Return a workbook whose cell A2 is a formula over another workbook, with the result that Excel kept of it."""
    made: Any = load_workbook(io.BytesIO(content))
    made.worksheets[0]["A2"] = "=[1]Sheet1!A1"
    link: Any = ExternalLink(externalBook=ExternalBook(sheetNames=ExternalSheetNames(sheetName=["Sheet1"])))
    make: Any = Relationship
    link.file_link = make(type="externalLinkPath", Target=target, TargetMode="External")
    made._external_links.append(link)
    stream = io.BytesIO()
    made.save(stream)
    return with_part(stream.getvalue(), "xl/worksheets/sheet1.xml", lambda text: _kept(text, kept))


def _kept(text: bytes, value: str | None) -> bytes:
    """Return a sheet with the result of the formula in A2, if there is one."""
    if value is None:
        return text
    text = text.replace(b'<c r="A2"><f>', b'<c r="A2" t="str"><f>')
    return text.replace(b"<v />", f"<v>{value}</v>".encode(), 1)
