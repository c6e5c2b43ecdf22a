"""Makes a drafted department from its own list of obligations in a sheet.

What is not certain is not guessed: the cell is named, and the obligation lacks that part until somebody writes it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import field

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.obligation import About, TriggerKind
from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.event import EventType
from sla_tracker.domain.sheets import Cell, Row, Sheet, Table, column_letters, first_table
from sla_tracker.domain.text import Text
from sla_tracker.domain.toml_reader import unknown_name
from sla_tracker.errors import N_, Phrase, UsageError
from sla_tracker.plugin_host.authoring import list_headings as headings
from sla_tracker.plugin_host.field_checks import LONGEST_GUIDE, LONGEST_NAME
from sla_tracker.services.authoring.draft import Draft, DraftEvent, DraftEvidence, DraftObligation
from sla_tracker.services.authoring.ids import free_id, spelled_id
from sla_tracker.services.authoring.unclear import UnclearCell
from sla_tracker.value_class import dataclass
from sla_tracker.wording.due_phrases import DuePhrase, due_of

MOST_EVIDENCE = 20
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_EVIDENCE_ENDS = re.compile(r"[\n、;；,，]+|\s*\d+[.)、]\s*")
_CONSUMER_ENDS = re.compile(r"[\n、;；,，/]+|\band\b|和|及")
_EVERYBODY = re.compile(
    r"(?:各|所有|全体|全部|其他)(?:相关)?(?:部门|科室|单位|处室)?|(?:all|every|each|any|other)\b.*",
    re.IGNORECASE,
)
_KIND_OF_DEPARTMENT = re.compile(r"(?:部门|部|科|室|处|组|中心|\bdepartment|\bdept\.?|\bteam)$")
_TOTAL = re.compile(r"(?:合计|总计|小计|共计|total|sum)\b.*", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftedList:
    """A list as a draft, with every cell that was not understood."""

    draft: Draft
    unclear: Sequence[UnclearCell] = ()


def drafted_list(
    table: Table, department: str, name: Text, catalogue: Catalogue, consumer: str = ""
) -> DraftedList:
    """Return a table of obligations as a drafted department.

    `consumer` is who is owed where the table does not say it. Names of departments and events are looked up in the
    catalogue; those that are not there are declared by the draft.
    """
    reader = _ListReader(table=table, department=department, catalogue=catalogue, consumer=consumer)
    obligations = [one for row in table.rows for one in reader.obligations(row)]
    draft = Draft(
        department=department,
        name=name,
        consumers={id: text for id, text in reader.consumers.items() if id != department},
        event_types=tuple(reader.events.values()),
        obligations=tuple(obligations),
    )
    return DraftedList(draft=draft, unclear=tuple(reader.unclear))


@dataclass(slots=True, kw_only=True)
class _ListReader:
    """Reads row by row, and keeps what the rows declare and what was unclear in them."""

    table: Table
    department: str
    catalogue: Catalogue
    consumer: str
    consumers: dict[str, Text] = field(default_factory=dict)
    events: dict[str, DraftEvent] = field(default_factory=dict)
    unclear: list[UnclearCell] = field(default_factory=list)
    _ids: list[str] = field(default_factory=list)
    _said: list[UnclearCell] = field(default_factory=list)
    _title: Cell = field(default_factory=lambda: Cell(row=0, column=1))

    def obligations(self, row: Row) -> Iterator[DraftObligation]:
        """Yield the obligations of one row: one for each department that is owed."""
        self._said = []
        self._title = title = self._cell(row, headings.TITLE)
        if title.is_empty or _TOTAL.fullmatch(title.text):
            self._note_without_title(row)
            return
        if row.hidden:
            self._note(
                title, N_("the row is hidden in the sheet; remove this obligation if it no longer holds.")
            )
        owed = list(self._consumers(row))
        phrase = self._phrase(row)
        event = self._event(phrase, row) if phrase and phrase.opens is TriggerKind.ON_EVENT else ""
        self._note_unread(row)
        notes = tuple(one.sentence() for one in self._said)
        words, guide = _text(title.text, LONGEST_NAME), self._guide(row)
        for consumer in owed:
            yield DraftObligation(
                id=self._id(words),
                title=words,
                consumer=consumer,
                due=phrase.due if phrase else {},
                on_event=event,
                on_request=phrase is not None and phrase.opens is TriggerKind.ON_REQUEST,
                about=phrase.about if phrase else About.CURRENT,
                evidence=tuple(self._evidence(row)),
                guide=guide,
                notes=notes,
            )

    def _cell(self, row: Row, meaning: str) -> Cell:
        return row.cell(self.table.columns.get(meaning, 0))

    def _note(self, cell: Cell, reason: str, **values: object) -> None:
        named = cell if cell.column else self._title  # of a column that is not there
        said = UnclearCell(
            sheet=self.table.sheet.name,
            address=named.address,
            text=named.text,
            reason=Phrase(reason, **values),
        )
        self._said.append(said)
        self.unclear.append(said)

    def _note_without_title(self, row: Row) -> None:
        filled = next((cell for cell in row.cells if not cell.is_empty), None)
        if filled is not None:
            self._note(filled, N_("the row names no obligation; it was left out."))

    def _note_unread(self, row: Row) -> None:
        """Name the cells whose value the file does not hold."""
        for column in self.table.columns.values():
            cell = row.cell(column)
            if cell.problem:
                self._note(cell, N_("{problem}."), problem=Phrase(cell.problem))

    def _id(self, title: Text) -> str:
        id = free_id(f"{self.department}-{spelled_id(title.en, title.zh) or 'duty'}", self._taken())
        self._ids.append(id)
        return id

    def _taken(self) -> list[str]:
        return [*self.catalogue.obligations, *self._ids]

    # --- to whom ------------------------------------------------------------------------------------------------------

    def _consumers(self, row: Row) -> Iterator[str]:
        cell = self._cell(row, headings.CONSUMER)
        names = [part.strip() for part in _CONSUMER_ENDS.split(cell.text) if part.strip()]
        whole = self._known_consumer(cell.text)
        if cell.is_empty or whole:
            if not (whole or self.consumer):
                self._note(cell, N_("who is owed is missing; write consumer = …"))
            yield whole or self.consumer
            return
        for name in names:
            if _EVERYBODY.fullmatch(name):
                self._note(
                    cell, N_("that is no single department; write consumer = …, one obligation for each.")
                )
                yield ""
            else:
                yield self._known_consumer(name) or self._new_consumer(cell, name)

    def _known_consumer(self, name: str) -> str:
        wanted = _department_word(name)
        declared = {**{id: one.name for id, one in self.catalogue.departments.items()}, **self.consumers}
        for id, text in declared.items():
            if wanted and wanted in {id, _department_word(text.zh), _department_word(text.en)}:
                return id
        return ""

    def _new_consumer(self, cell: Cell, name: str) -> str:
        id = spelled_id(name)
        if not id:
            self._note(cell, N_("no name of a department can be read; write consumer = …"))
            return ""
        self.consumers[id] = _text(name, LONGEST_NAME)
        self._note(cell, N_("no department is called so; “{id}” is declared above, or name another."), id=id)
        return id

    # --- due ----------------------------------------------------------------------------------------------------------

    def _phrase(self, row: Row) -> DuePhrase | None:
        due, trigger = self._cell(row, headings.DUE), self._cell(row, headings.TRIGGER)
        phrase = due_of(due.text, trigger.text)
        if phrase is None:
            cell = trigger if due.is_empty and not trigger.is_empty else due
            self._note(
                cell,
                N_("when it is due is not understood; write such as {example}")
                if cell.text
                else N_("when it is due is missing; write such as {example}"),
                example='recurring = { due = { day = 5, roll = "preceding" } }',
            )
        return phrase

    def _event(self, phrase: DuePhrase, row: Row) -> str:
        """Return the id of the event that a phrase names.

        An unknown event is declared anew.
        """
        known = self._known_event(phrase.event)
        if known:
            return known
        id = f"{self.department}-{spelled_id(phrase.event) or 'event'}"[:64]
        if id not in self.events:
            title = _text(phrase.event[:1].upper() + phrase.event[1:], LONGEST_NAME)
            subject = Text("合同、车辆或人员", "Contract, vehicle or person")
            self.events[id] = DraftEvent(id=id, title=title, subject=subject, planned=phrase.is_before)
            due = self._cell(row, headings.DUE)
            self._note(
                self._cell(row, headings.TRIGGER) if due.is_empty else due,
                N_("no event is called “{event}”; it is declared above: say there what it happens to."),
                event=clean(phrase.event, limit=LONGEST_NAME),
            )
        return id

    def _known_event(self, named: str) -> str:
        wanted = named.casefold().replace(" ", "")
        for one in self.catalogue.event_types.values():
            if wanted in _words_of(one):
                return one.id
        return ""

    # --- evidence and guide -------------------------------------------------------------------------------------------

    def _evidence(self, row: Row) -> Iterator[DraftEvidence]:
        taken: list[str] = []
        for label in _EVIDENCE_ENDS.split(self._cell(row, headings.EVIDENCE).text):
            if label.strip(" 。.") and len(taken) < MOST_EVIDENCE:
                words = _text(label, LONGEST_NAME)
                taken.append(free_id(spelled_id(words.en, words.zh) or "evidence", taken))
                yield DraftEvidence(id=taken[-1], label=words)

    def _guide(self, row: Row) -> Text | None:
        note = self._cell(row, headings.NOTE).text
        return _text(note, LONGEST_GUIDE, lines=True) if note else None


def _words_of(event: EventType) -> set[str]:
    """Return the words by which an event type is known, without blanks."""
    return {
        words.casefold().replace(" ", "") for words in (event.id, event.title.zh, event.title.en) if words
    }


def _department_word(name: str) -> str:
    """Return a department's name without the word for its kind, so that 财务 is 财务部."""
    plain = name.strip().casefold()
    return _KIND_OF_DEPARTMENT.sub("", plain).strip() or plain


def _text(written: str, limit: int, *, lines: bool = False) -> Text:
    """Return a cell's text as one in Chinese or in English.

    Square brackets, which terminals read as markup, become others.
    """
    shown = clean(written.strip(), lines=lines, limit=limit)
    if not lines:
        shown = " ".join(shown.split())
    shown = shown.replace("[", "【").replace("]", "】") if not lines else shown
    return Text(shown, "") if _CHINESE.search(shown) or not shown else Text("", shown)


def find_list(sheets: Sequence[Sheet], wanted: str = "") -> tuple[Table, Sequence[str]]:
    """Return the table of obligations, and the names of what is not read.

    The names are of sheets and tables beside it. The table is the first in the visible sheets, or in the sheet that is
    wanted. Raises UsageError without any.
    """
    names = [sheet.name for sheet in sheets]
    if wanted and wanted not in names:
        raise UsageError(N_("--sheet: {what}"), what=unknown_name(wanted, names))
    tried = [one for one in sheets if (one.name == wanted if wanted else not one.hidden)]
    tables = (first_table(sheet, headings.meaning_of_heading) for sheet in tried)
    table = next((one for one in tables if one is not None and headings.TITLE in one.columns), None)
    if table is None:
        raise UsageError(
            N_(
                "No list was found in {sheets}: a row of headings has to name at least what is owed and when, such as "
                "事项, 接收部门, 时限 or Obligation, To, Due."
            ),
            sheets=", ".join(clean(one.name, limit=40) for one in tried) or "-",
        )
    others = [clean(name, limit=40) for name in names if name != table.sheet.name]
    return table, [*others, *(f"{clean(table.sheet.name, limit=40)}!{row}" for row in table.more)]


def used_headings(table: Table) -> Iterator[str]:
    """Yield the columns that are read, each with its heading."""
    heads = [row for row in table.sheet.rows if table.heading_row <= row.number < _first_row(table)]
    for meaning, column in table.columns.items():
        texts = [row.cell(column).text for row in heads]
        written = next((text for text in texts if headings.meaning_of_heading(text) == meaning), "")
        if meaning != headings.NUMBER:
            yield f"{column_letters(column)} {clean(written, limit=40)}"


def unused_headings(table: Table) -> Iterator[str]:
    """Yield the columns whose heading says nothing that is known, each with it."""
    for column, text in sorted(table.unknown.items()):
        yield f"{column_letters(column)} {clean(text, limit=40)}"


def _first_row(table: Table) -> int:
    return table.rows[0].number if table.rows else table.heading_row + 2
