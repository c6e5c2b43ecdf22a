"""Reads requests from the rows of a list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sla_tracker.domain.agreements.fields import Field, FieldKind
from sla_tracker.domain.agreements.obligation import Obligation, OnRequest
from sla_tracker.domain.agreements.occurrences import fields_of_request
from sla_tracker.domain.imports.run import ImportKind, ListReading
from sla_tracker.domain.sheets import Row, Sheet
from sla_tracker.errors import N_, Phrase, SlaError, UsageError
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.imports.columns import (
    KEY,
    OBLIGATION,
    PROVIDER,
    SUBJECT,
    TEXT,
    WANTED,
    field_column,
)
from sla_tracker.services.imports.rows import ReadList, RequestRow
from sla_tracker.sheets.imports.cells import CellReader
from sla_tracker.sheets.imports.columns import Column, field_columns, find_columns
from sla_tracker.sheets.imports.events import KEY_WORDS, SUBJECT_WORDS
from sla_tracker.sheets.imports.names import Names
from sla_tracker.sheets.imports.past import OBLIGATION_WORDS, PROVIDER_WORDS
from sla_tracker.sheets.imports.row_reader import read_list

_OBLIGATION_WORDS = f"{OBLIGATION_WORDS}|request|请求|请求事项|需求|需求事项"
_PROVIDER_WORDS = f"{PROVIDER_WORDS}|to|ask|受理部门|被请求部门|处理部门|对方部门"
_TEXT_WORDS = "text|details|note|what exactly|description|说明|内容说明|请求内容|具体要求|备注|详情"
_WANTED_WORDS = (
    "wanted|wanted by|needed by|希望时间|希望日期|需要时间|需要日期|期望时间|期望日期|要求时间|要求日期"
)


def request_columns(fields: Iterable[Field] = ()) -> list[Column]:
    """Return the columns that a list of requests can have.

    `fields` are the fields that the requests ask for.
    """
    return [
        Column(
            name=OBLIGATION, label=Phrase(N_("what is asked for")), words=_OBLIGATION_WORDS, is_needed=True
        ),
        Column(name=SUBJECT, label=Phrase(N_("the subject")), words=SUBJECT_WORDS),
        Column(name=TEXT, label=Phrase(N_("what exactly is needed")), words=_TEXT_WORDS),
        Column(name=PROVIDER, label=Phrase(N_("the department that is asked")), words=_PROVIDER_WORDS),
        Column(name=WANTED, label=Phrase(N_("when it is wanted")), words=_WANTED_WORDS),
        Column(name=KEY, label=Phrase(N_("the key of the list")), words=KEY_WORDS),
        *field_columns(fields),
    ]


def _fields_asked(obligation: Obligation) -> tuple[Field, ...]:
    """Return the fields that any trigger of an obligation asks for with a request."""
    return fields_of_request(one for one in obligation.triggers if isinstance(one, OnRequest))


def read_requests(
    context: ServiceContext, sheets: Sequence[Sheet], reading: ListReading, *, file: str, digest: str
) -> ReadList[RequestRow]:
    """Return the first list of requests in the sheets, row by row.

    Raises UsageError without any. `reading.about` is the obligation of all rows. A day without a time on which
    something is wanted means its close.
    """
    catalogue = context.catalogue
    some = [catalogue.obligation(reading.about)] if reading.about else [*catalogue.obligations.values()]
    fields = [field for one in some for field in _fields_asked(one)]
    columns = request_columns(fields)
    if reading.about:
        columns = [replace(one, is_needed=one.name == SUBJECT) for one in columns]
    found = find_columns(sheets, columns, reading.columns, reading.sheet)
    reading = replace(reading, sheet=found.table.sheet.name)
    reader = _RequestReader(context, CellReader(context=context, found=found, reading=reading))
    days = dict.fromkeys(field_column(field.id) for field in fields if field.kind is FieldKind.DATE)
    questions = tuple(reader.cells.scan([WANTED, *days]))
    return read_list(
        ImportKind.REQUESTS, columns, reader.cells, reader.entry, questions, file=file, digest=digest
    )


class _RequestReader:
    """Reads row by row."""

    def __init__(self, context: ServiceContext, cells: CellReader) -> None:
        self.cells = cells
        self._names = Names(catalogue=context.catalogue)

    def entry(self, row: Row) -> RequestRow | None:
        """Return what a row asks for."""
        cells = self.cells
        name = cells.text(row, OBLIGATION) or cells.reading.about
        if not name:
            cells.note(cells.cell(row, OBLIGATION), UsageError(N_("what is asked for is missing")))
            return None
        column = OBLIGATION
        try:
            provider = cells.text(row, PROVIDER)
            column = PROVIDER if provider else OBLIGATION
            asked = self._names.department(provider) if provider else ""
            column = OBLIGATION
            owed = self._names.obligation(name, asked)
        except SlaError as problem:
            cells.note(cells.cell(row, column), UsageError(N_("{what}"), what=problem))
            return None
        wanted = None if cells.cell(row, WANTED).is_empty else cells.instant(row, WANTED, at_close=True)
        return RequestRow(
            obligation=owed.id,
            provider=owed.provider,
            subject=cells.text(row, SUBJECT),
            text=cells.text(row, TEXT),
            wanted_at=wanted,
            key=cells.text(row, KEY),
            fields={
                field.id: value
                for field in _fields_asked(owed)
                if (value := cells.value(row, field_column(field.id), field))
            },
        )
