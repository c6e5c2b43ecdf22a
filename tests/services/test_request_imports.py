"""Requests from a list: tried by the rules, asked once, continued, taken back."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sla_tracker.domain.agreements.fields import Choice, Field, FieldKind
from sla_tracker.domain.agreements.obligation import OnRequest
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.domain.duties.request import Request, RequestState
from sla_tracker.domain.imports.run import DateOrder, ListReading, RunState
from sla_tracker.domain.text import Text
from sla_tracker.errors import SlaError
from sla_tracker.services import requests
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.imports import parts
from sla_tracker.services.imports import requests as imports
from sla_tracker.services.imports.rows import Imported, ReadList, RequestRow
from sla_tracker.services.imports.undo import take_back
from sla_tracker.services.ports import Store
from sla_tracker.sheets.imports.requests import read_requests
from sla_tracker.sheets.reader import sheets_of
from sla_tracker.testing.company import a_context, local
from sla_tracker.wording.lists.requests import request_list
from tests.services.acts import who

LIST = """\
请求事项,受理部门,合同号,说明,希望日期
发票复印件,销售部,2211,第三联,2026-12-01
发票复印件,,2212,,
发票复印件,,2212,,
发票复印件,,,,
提成表,,2213,,
没有的,,2214,,
"""


def read(context: ServiceContext, text: str = LIST, **how: object) -> ReadList[RequestRow]:
    reading = ListReading(**how)  # type: ignore[arg-type]
    return read_requests(context, sheets_of(text.encode(), "ask.csv"), reading, file="ask.csv", digest="1")


def take(context: ServiceContext, found: ReadList[RequestRow], run: object = None) -> Imported[RequestRow]:
    actor = who(context, "chen.jing")
    plan = imports.plan_requests(context, actor, found, run)  # type: ignore[arg-type]
    return imports.import_requests(context, actor, plan, run=run)  # type: ignore[arg-type]


def stored(context: ServiceContext) -> list[Request]:
    return sorted(context.store.read(lambda tx: tx.find(Request)), key=lambda one: one.subject)


def test_each_row_is_asked_once_by_the_rules_of_asking(any_store: Store) -> None:
    context = a_context(store=any_store)
    sequence = context.store.sequence()
    plan = imports.plan_requests(context, who(context, "chen.jing"), read(context))
    assert [row.fate.value for row in plan.rows] == [
        "new",
        "new",
        "doubtful",
        "doubtful",
        "doubtful",
        "doubtful",
    ]
    assert context.store.sequence() == sequence
    done = take(context, read(context))
    assert (done.added, len(done.left_out)) == (2, 4)
    said = [cell.sentence() for row in done.left_out for cell in row.unclear]
    assert "row 3 says the same" in said[0]
    assert "is asked for: name a subject" in said[1]
    assert "cannot be asked for: it opens by the calendar" in said[2]
    assert "“没有的” is unknown" in said[3]
    first, second = stored(context)
    assert (first.text, first.wanted_at, second.wanted_at) == ("第三联", local("2026-12-01 18:00"), None)
    assert {duty.request for duty in context.store.read(lambda tx: tx.find(Duty))} == {first.id, second.id}
    assert take(context, read(context)).added == 0


def test_keys_make_a_second_import_harmless_also_after_settling() -> None:
    context = a_context()
    text = "请求事项,合同号,单号\n发票复印件,1,A\n发票复印件,1,B\n"
    assert take(context, read(context, text)).added == 2
    requests.withdraw(context, who(context, "chen.jing"), stored(context)[0].id, "not needed")
    done = take(context, read(context, text))
    assert (done.id, done.added, done.same) == ("", 0, 2)


def test_a_broken_import_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    context = a_context()
    text = "请求事项,合同号\n发票复印件,1\n发票复印件,1\n发票复印件,2\n"
    asked = requests.ask

    def stops(*words: object, **given: object) -> object:
        if given.get("subject") == "2" and given.get("import_id"):
            raise KeyboardInterrupt
        return asked(*words, **given)  # type: ignore[arg-type]

    monkeypatch.setattr(requests, "ask", stops)
    with pytest.raises(KeyboardInterrupt):
        take(context, read(context, text, again=True))
    monkeypatch.setattr(requests, "ask", asked)
    (run,) = parts.runs(context)
    assert (run.state, len(stored(context))) == (RunState.RUNNING, 2)
    assert take(context, read(context, text, again=True), run).added == 3 - 2 + run.added
    assert [one.subject for one in stored(context)] == ["1", "1", "2"]
    assert parts.runs(context)[0].state is RunState.DONE


def test_requests_are_taken_back() -> None:
    context = a_context()
    run = parts.find_run(context, take(context, read(context)).id)
    assert take_back(context, who(context, "chen.jing"), run).cancelled == 2
    assert {one.state for one in stored(context)} == {RequestState.WITHDRAWN}
    assert {duty.state for duty in context.store.read(lambda tx: tx.find(Duty))} == {State.CANCELLED}
    assert parts.runs(context)[0].state is RunState.UNDONE


def test_a_list_without_what_is_asked_needs_an_obligation() -> None:
    context = a_context()
    with pytest.raises(SlaError, match="No column is what is asked for"):
        read(context, "合同号,说明\n1,x\n")
    found = read(context, "合同号,说明\n1,x\n", about="invoice-copy")
    assert [row.entry.obligation for row in found.rows if row.entry] == ["invoice-copy"]


def asking_for_fields() -> ServiceContext:
    """Return a company whose invoice copies ask for an urgency, and for pages and a day that may be left empty."""
    context = a_context()
    urgency = (
        Choice(id="high", label=Text("紧急", "Urgent")),
        Choice(id="low", label=Text("一般", "Ordinary")),
    )
    fields = (
        Field(id="urgency", kind=FieldKind.CHOICE, label=Text("紧急程度", "Urgency"), choices=urgency),
        Field(id="pages", kind=FieldKind.NUMBER, label=Text("页数", "Pages"), required=False),
        Field(id="signed", kind=FieldKind.DATE, label=Text("签订日期", "Signed on"), required=False),
    )
    known = context.catalogue.obligations
    asked = known["invoice-copy"]
    triggers = tuple(replace(one, fields=fields) for one in asked.triggers if isinstance(one, OnRequest))
    changed = {**known, "invoice-copy": replace(asked, triggers=triggers)}
    return replace(context, declared=replace(context.catalogue, obligations=changed))


WITH_FIELDS = """\
请求事项,合同号,紧急程度,页数,签订日期,希望日期
发票复印件,1,紧急,3,03/11/2026,04/12/2026
发票复印件,2,,1,,
发票复印件,3,一般,many,,
发票复印件,1,一般,3,03/11/2026,04/12/2026
"""


def test_fields_of_requests_are_columns_of_both_lists() -> None:
    context = asking_for_fields()
    unclear = read(context, WITH_FIELDS)
    assert [(one.column, one.cells) for one in unclear.questions] == [
        ("wanted", ("F2", "F5")),
        ("field.signed", ("E2", "E5")),
    ]
    orders = {"field.signed": DateOrder.DAY_FIRST, "wanted": DateOrder.MONTH_FIRST}
    done = take(context, read(context, WITH_FIELDS, dates_of=orders))
    said = [cell.sentence() for row in done.left_out for cell in row.unclear]
    assert "cell C3: Urgency (urgency) is missing" in said[0]
    assert "cell D4, “many”: Pages: “many” is not a number" in said[1]
    # Another urgency is another request.
    found = stored(context)
    assert [one.fields for one in found] == [
        {"urgency": "high", "pages": "3", "signed": "2026-11-03"},
        {"urgency": "low", "pages": "3", "signed": "2026-11-03"},
    ]
    assert {one.wanted_at for one in found} == {local("2026-04-12 18:00")}
    assert take(context, read(context, WITH_FIELDS, dates_of=orders)).added == 0
    with pytest.raises(
        SlaError, match=r"“due” is no column of dates in such a list; there are wanted, field\.signed"
    ):
        read(context, WITH_FIELDS, dates_of={"due": DateOrder.DAY_FIRST})

    listed = request_list(context, found)
    assert [heading in listed.headings for heading in ("Urgency", "Pages", "Signed on", "Wanted")] == [
        True
    ] * 4
    place = listed.headings.index("Urgency")
    assert [row[place : place + 3] for row in listed.rows] == [
        ("Urgent", "3", "2026-11-03"),
        ("Ordinary", "3", "2026-11-03"),
    ]
