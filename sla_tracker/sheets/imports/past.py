"""Reads finished duties of the past from the rows of a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from sla_tracker.domain.imports.run import ImportKind, ListReading
from sla_tracker.domain.sheets import Row, Sheet
from sla_tracker.errors import N_, Phrase, SlaError, UsageError
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.imports.columns import (
    CONSUMER,
    DELIVERED,
    DUE,
    KEY,
    OBLIGATION,
    PROVIDER,
    SUBJECT,
)
from sla_tracker.services.imports.rows import PastRow, ReadList
from sla_tracker.sheets.imports.cells import CellReader
from sla_tracker.sheets.imports.columns import Column, find_columns
from sla_tracker.sheets.imports.events import KEY_WORDS, SUBJECT_WORDS
from sla_tracker.sheets.imports.names import Names
from sla_tracker.sheets.imports.row_reader import read_list

OBLIGATION_WORDS = (
    "obligation|duty|service|what|report|title|deliverable"
    "|约定|约定事项|事项|事项名称|工作事项|内容|提交内容|报表|报表名称|资料|资料名称|项目|名称"
)
PROVIDER_WORDS = "provider|from|by|department|提供方|提供部门|责任部门|承办部门|提交部门|报送部门|部门"
CONSUMER_WORDS = (
    "consumer|to|recipient|customer department|接收部门|接收方|内部客户|提交对象|报送对象|对象部门"
)
_DUE_WORDS = "due|due date|due by|deadline|应交时间|应交日期|到期时间|到期日期|截止时间|截止日期|期限|时限"
_DELIVERED_WORDS = (
    "delivered|delivered at|delivered on|submitted|done|actual"
    "|实际时间|实际日期|交付时间|交付日期|提交时间|提交日期|实交时间|实交日期|完成时间|完成日期|实际完成时间|实际提交时间|实际交付时间"
)
MISSED = frozenset({"-", "—", "/", "missed", "never", "none", "未交", "没交", "未提交", "未完成", "缺", "无"})


def past_columns() -> list[Column]:
    """Return the columns that a list of finished duties can have."""
    return [
        Column(name=OBLIGATION, label=Phrase(N_("the obligation")), words=OBLIGATION_WORDS, is_needed=True),
        Column(name=DUE, label=Phrase(N_("when it was due")), words=_DUE_WORDS, is_needed=True),
        Column(
            name=DELIVERED,
            label=Phrase(N_("when it was delivered")),
            words=_DELIVERED_WORDS,
            ends=("交付日期", "交付时间", "提交日期", "提交时间", "完成日期", "完成时间"),
            is_needed=True,
        ),
        Column(name=PROVIDER, label=Phrase(N_("the department that owed it")), words=PROVIDER_WORDS),
        Column(name=CONSUMER, label=Phrase(N_("the department that was owed it")), words=CONSUMER_WORDS),
        Column(name=SUBJECT, label=Phrase(N_("the subject")), words=SUBJECT_WORDS),
        Column(name=KEY, label=Phrase(N_("the key of the list")), words=KEY_WORDS),
    ]


def read_past(
    context: ServiceContext, sheets: Sequence[Sheet], reading: ListReading, *, file: str, digest: str
) -> ReadList[PastRow]:
    """Return the first list of finished duties in the sheets, row by row.

    Raises UsageError without any. `reading.about` is the obligation of all rows. A day without a time means its close
    for what was due, its opening for what was delivered; an empty cell means that it was never delivered.
    """
    columns = past_columns()
    if reading.about:
        columns = [replace(one, is_needed=one.is_needed and one.name != OBLIGATION) for one in columns]
    found = find_columns(sheets, columns, reading.columns, reading.sheet)
    reading = replace(reading, sheet=found.table.sheet.name)
    reader = _PastReader(context, CellReader(context=context, found=found, reading=reading))
    questions = tuple(reader.cells.scan([DUE, DELIVERED], ignored=MISSED))
    return read_list(
        ImportKind.PAST, columns, reader.cells, reader.entry, questions, file=file, digest=digest
    )


class _PastReader:
    """Reads row by row."""

    def __init__(self, context: ServiceContext, cells: CellReader) -> None:
        self.cells = cells
        self._context = context
        self._names = Names(catalogue=context.catalogue)

    def entry(self, row: Row) -> PastRow | None:
        """Return what a row says."""
        cells = self.cells
        provider = self._department(row, PROVIDER)
        consumer = self._department(row, CONSUMER)
        due_at = cells.instant(row, DUE, at_close=True)
        delivered_at = self._delivered(row)
        name = cells.text(row, OBLIGATION) or cells.reading.about
        subject, key = cells.text(row, SUBJECT), cells.text(row, KEY)
        if not name:
            cells.note(cells.cell(row, OBLIGATION), UsageError(N_("the obligation is missing")))
            return None
        try:
            owed = self._names.obligation(name, provider)
        except SlaError as problem:
            cells.note(cells.cell(row, OBLIGATION), UsageError(N_("{what}"), what=problem))
            return None
        if due_at is None:
            return None
        parties = owed.owed_to(tuple(self._context.catalogue.departments))
        if not consumer and len(parties) > 1:
            cells.note(
                cells.cell(row, CONSUMER), UsageError(N_("the department that was owed it is missing"))
            )
            return None
        return PastRow(
            obligation=owed.id,
            provider=owed.provider,
            consumer=consumer or parties[0],
            due_at=due_at,
            delivered_at=delivered_at,
            month=f"{due_at.astimezone(self._context.settings.zone):%Y-%m}",
            subject=subject,
            key=key,
        )

    def _department(self, row: Row, column: str) -> str:
        text = self.cells.text(row, column)
        if not text:
            return ""
        try:
            return self._names.department(text)
        except SlaError as problem:
            self.cells.note(self.cells.cell(row, column), UsageError(N_("{what}"), what=problem))
            return ""

    def _delivered(self, row: Row) -> datetime | None:
        cell = self.cells.cell(row, DELIVERED)
        if cell.is_empty or cell.text.casefold() in MISSED:
            return None
        return self.cells.instant(row, DELIVERED)
