"""Reads events from the rows of a list."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

from sla_tracker.domain.agreements.fields import FieldKind
from sla_tracker.domain.duties.event import EventType
from sla_tracker.domain.imports.run import ImportKind, ListReading
from sla_tracker.domain.sheets import MOST_HEADING_ROWS, Row, Sheet
from sla_tracker.domain.toml_reader import unknown_name
from sla_tracker.errors import N_, Choices, Phrase, UsageError
from sla_tracker.services.authoring.unclear import LONGEST_TEXT
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.imports.columns import CLOCK, KEY, SUBJECT, TIME, TYPE, field_column
from sla_tracker.services.imports.rows import EventRow, KindNotSaid, ReadList
from sla_tracker.sheets.imports.cells import CellReader
from sla_tracker.sheets.imports.columns import (
    Column,
    FoundColumns,
    field_columns,
    find_columns,
    plain_heading,
)
from sla_tracker.sheets.imports.row_reader import read_list
from sla_tracker.wording.duties import text_of

KEY_WORDS = (
    "key|id|record id|order number|order no"
    "|单号|单据号|流水号|业务编号|业务单号|订单号|订单编号|记录号|系统编号|唯一编号|编号"
)
_TYPE_WORDS = "kind|type|event|event type|类型|事件|事件类型|业务类型|业务事件|类别"
SUBJECT_WORDS = (
    "subject|about|plate|plate number|number plate|license plate|vehicle|car|contract|contract number|contract no"
    "|customer|customer name|employee"
    "|业务对象|对象|车牌|车牌号|车牌号码|车号|车辆|合同|合同号|合同编号|客户|客户姓名|客户名称|员工|姓名"
)
_TIME_WORDS = (
    "at|when|date|datetime|date and time|occurred|occurred at|happened|planned|planned at|scheduled|due date"
    "|日期|日期时间|发生时间|发生日期|业务日期|办理日期|计划时间|计划日期|安排日期|预约时间|预约日期"
)
_TIME_ENDS = ("日期", "时间", " date", " time", " at")
_CLOCK_WORDS = "time|time of day|hour|时间|时刻|钟点|几点"


def read_events(
    context: ServiceContext, sheets: Sequence[Sheet], reading: ListReading, *, file: str, digest: str
) -> ReadList[EventRow]:
    """Return the first list of events in the sheets, row by row.

    Raises UsageError without any. `reading.about` is the type of all rows. Without it a column names the type of each,
    or it is the one that file, sheet or headings name.
    """
    types = context.catalogue.event_types
    if not types:
        raise UsageError(N_("No plugin declares a kind of event; sla event types lists them."))
    about = _about(context, sheets, reading, file)
    event_type = context.catalogue.event_type(about) if about else None
    columns = event_columns(event_type, list(types.values()))
    found = find_columns(sheets, columns, reading.columns, reading.sheet)
    reading = replace(reading, about=event_type.id if event_type else "", sheet=found.table.sheet.name)
    reader = _EventReader(context, found, reading, event_type)
    questions = tuple(reader.cells.scan(reader.date_columns()))
    return read_list(
        ImportKind.EVENTS, columns, reader.cells, reader.entry, questions, file=file, digest=digest
    )


def event_columns(event_type: EventType | None, types: Sequence[EventType]) -> list[Column]:
    """Return the columns that a list of events can have.

    Without a type, the columns of all types are returned.
    """
    some = [event_type] if event_type is not None else types
    titles = [name for one in some for name in (one.title.zh, one.title.en) if name]
    subject = event_type.subject if event_type is not None else Phrase(N_("what the event is about"))
    kinds = [
        Column(name=TYPE, label=Phrase(N_("the kind of event")), words=_TYPE_WORDS, is_needed=True),
    ]
    return [
        *(kinds if event_type is None else ()),
        Column(
            name=SUBJECT,
            label=subject,
            names=[name for one in some for name in (one.subject.zh, one.subject.en)],
            words=SUBJECT_WORDS,
            is_needed=True,
        ),
        Column(
            name=TIME,
            label=Phrase(N_("when it happened or is planned")),
            names=[f"{title}{end}" for title in titles for end in _TIME_ENDS],
            words=_TIME_WORDS,
            ends=_TIME_ENDS,
            is_needed=True,
        ),
        Column(name=CLOCK, label=Phrase(N_("the time of day")), words=_CLOCK_WORDS, beside=TIME),
        Column(name=KEY, label=Phrase(N_("the key of the list")), words=KEY_WORDS),
        *field_columns(field for one in some for field in one.fields),
    ]


def _about(context: ServiceContext, sheets: Sequence[Sheet], reading: ListReading, file: str) -> str:
    """Return the type of all events of a list; "" where a column says it for each row."""
    types = context.catalogue.event_types
    if reading.about or len(types) == 1:
        return reading.about or next(iter(types))
    texts = [cell.text for sheet in sheets for row in sheet.rows[:MOST_HEADING_ROWS] for cell in row.cells]
    if TYPE in reading.columns or any(plain_heading(text) in _TYPE_WORDS.split("|") for text in texts):
        return ""
    where = plain_heading(" ".join([PurePath(file).stem, *(sheet.name for sheet in sheets), *texts])[:2000])
    named = [
        one.id
        for one in types.values()
        if any(title and plain_heading(title) in where for title in (one.title.zh, one.title.en))
    ]
    if len(named) == 1:
        return named[0]
    raise KindNotSaid(
        N_("Which kind of event does the list hold? Name it (--kind): {known}."),
        known=Choices({one.id: one.title for one in types.values()}),
    )


class _EventReader:
    """Reads row by row."""

    def __init__(
        self, context: ServiceContext, found: FoundColumns, reading: ListReading, event_type: EventType | None
    ) -> None:
        self.cells = CellReader(context=context, found=found, reading=reading)
        self._found, self._reading, self._type = found, reading, event_type
        self._types = context.catalogue.event_types
        self._by_word = {
            plain_heading(word): one
            for one in self._types.values()
            for word in (one.id, one.title.zh, one.title.en)
            if word
        }

    def date_columns(self) -> list[str]:
        """Return the columns that hold dates."""
        some = [self._type] if self._type is not None else list(self._types.values())
        fields = [field for one in some for field in one.fields if field.kind is FieldKind.DATE]
        return [TIME, *dict.fromkeys(field_column(field.id) for field in fields)]

    def entry(self, row: Row) -> EventRow | None:
        """Return what a row says."""
        cells = self.cells
        event_type = self._type or self._type_of(row)
        subject, key = cells.text(row, SUBJECT), cells.text(row, KEY)
        if not subject and not cells.unclear:
            cells.note(cells.cell(row, SUBJECT), UsageError(N_("what the event is about is missing")))
        at = cells.instant(row, TIME, CLOCK)
        if event_type is None or at is None:
            return None
        fields = {
            field.id: value
            for field in event_type.fields
            if (value := cells.value(row, field_column(field.id), field))
        }
        return EventRow(type=event_type.id, subject=subject, at=at, fields=fields, key=key)

    def _type_of(self, row: Row) -> EventType | None:
        text = self.cells.text(row, TYPE)
        found = self._by_word.get(plain_heading(text))
        if found is None and text:
            self.cells.note(
                self.cells.cell(row, TYPE),
                UsageError(
                    N_("{what}"),
                    what=unknown_name(
                        text[:LONGEST_TEXT], [text_of(one.title) for one in self._types.values()]
                    ),
                ),
            )
        elif found is None:
            self.cells.note(self.cells.cell(row, TYPE), UsageError(N_("the kind of event is missing")))
        return found
