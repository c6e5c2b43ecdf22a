"""The past from a list: figures of their own, before the first day, in no closed month, taken back, erased."""

from __future__ import annotations

from decimal import Decimal

import pytest

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.imports.past import PastDuty
from sla_tracker.domain.imports.run import DateOrder, ListReading, RunState
from sla_tracker.domain.measures.date_range import month_range
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.verbs import Verb
from sla_tracker.report.contents import read_report
from sla_tracker.services import erasure, events
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.imports import parts
from sla_tracker.services.imports.past import import_past, plan_past
from sla_tracker.services.imports.past_months import past_months
from sla_tracker.services.imports.rows import Imported, PastRow, ReadList
from sla_tracker.services.imports.undo import take_back
from sla_tracker.services.months import archive
from sla_tracker.services.months.figure_source import duties_in, standing_of
from sla_tracker.services.months.league import league_of
from sla_tracker.services.months.view import figures_of_range, last_months, past_before
from sla_tracker.services.ports import Store, Writing
from sla_tracker.sheets.imports.past import read_past
from sla_tracker.sheets.reader import sheets_of
from sla_tracker.testing.company import a_context, local, set_clock
from sla_tracker.wording.figures.league import imported_word
from tests.services.acts import opened, who

LIST = """\
约定,接收部门,应交日期,实际交付日期,车牌号,编号
提成表,财务部,2026-09-05,2026-09-05 17:00,,1
提成表,财务,2026-10-05,2026-10-07,,2
commission-list,,2026/10/20,未交,,3
装饰单,财务部,2026-10-12,2026-10-12,鄂F·1,4
提成表,财务部,2026-11-05,2026-11-05,,5
没有的,财务部,2026-10-05,,,6
合计,,,,,
"""


def read(context: ServiceContext, text: str = LIST, **how: object) -> ReadList[PastRow]:
    reading = ListReading(**how)  # type: ignore[arg-type]
    return read_past(context, sheets_of(text.encode(), "past.csv"), reading, file="past.csv", digest="1")


def take(context: ServiceContext, found: ReadList[PastRow], *, update: bool = False) -> Imported[PastRow]:
    actor = who(context, "wang.fang")
    return import_past(context, actor, plan_past(context, actor, found), update=update)


def test_the_past_is_a_series_of_its_own(any_store: Store) -> None:
    context = a_context(store=any_store)
    done = take(context, read(context))
    assert (done.added, done.same) == (4, 0)
    assert [cell.sentence() for row in done.left_out for cell in row.unclear] == [
        "past, cell C6, “2026-11-05”: duties from 2026-11-01 on are kept here themselves; the past ends before",
        done.left_out[1].unclear[0].sentence(),
    ]
    assert "“没有的” is unknown" in done.left_out[1].unclear[0].sentence()
    months = past_months(context, "sales")
    assert [(one.month, one.good, one.valid) for one in months] == [("2026-09", 1, 1), ("2026-10", 1, 3)]
    # The close of the day is the due of a day without a time, its opening the delivery.
    stored = {one.import_key: one for one in context.store.read(lambda tx: tx.find(PastDuty))}
    assert stored["events/4"].due_at == local("2026-10-12 18:00")
    assert stored["events/4"].delivered_at == local("2026-10-12 08:30")
    assert (stored["events/1"].imported_by, stored["events/1"].source) == ("wang.fang", "past.csv")
    assert context.store.read(lambda tx: tx.find(Duty)) == []
    assert [month.figures for month in last_months(context, "sales")] == [()]
    assert past_before(context, "sales", last_months(context, "sales")) == (Decimal(1), Decimal(1) / 3)
    again = take(context, read(context))
    assert (again.id, again.added, again.same) == ("", 0, 4)


def test_what_the_list_says_otherwise_is_a_correction() -> None:
    context = a_context()
    take(context, read(context))
    changed = read(context, LIST.replace("未交", "2026-10-20"))
    assert take(context, changed).changed == 0
    assert take(context, changed, update=True).changed == 1
    assert [(one.month, one.good) for one in past_months(context, "sales")] == [
        ("2026-09", 1),
        ("2026-10", 2),
    ]


def test_a_closed_month_takes_no_past_and_others_may_not_write_it() -> None:
    context = a_context()

    def close(tx: Writing) -> None:
        tx.put(Month(id="2026-10", closed=True, closed_at=local("2026-11-05 09:00"), closed_by="sun.hua"))

    context.store.write(context.act(None, Verb.SEALED_MONTH), close)
    plan = plan_past(context, who(context, "wang.fang"), read(context))
    assert ["is closed" in row.unclear[0].sentence() for row in plan.rows if row.unclear][:3] == [
        True,
        True,
        True,
    ]
    other = plan_past(context, who(context, "ma.chao"), read(context))
    assert "one of them or an administrator imports it" in other.rows[0].unclear[0].sentence()
    assert plan_past(context, who(context, "root"), read(context)).rows[0].fate.value == "new"


def test_ambiguous_dates_and_equal_rows_are_doubts() -> None:
    context = a_context()
    text = "事项,截止日期,完成日期\n提成表,05/09/2026,05/09/2026\n提成表,2026-08-05,\n提成表,2026-08-05,\n"
    found = read(context, text)
    assert [one.option for one in found.questions] == ["dates", "dates"]
    plan = plan_past(context, who(context, "wang.fang"), found)
    assert [row.fate.value for row in plan.rows] == ["doubtful", "new", "doubtful"]
    sure = read(context, text, dates=DateOrder.DAY_FIRST, again=True)
    assert take(context, sure).added == 3


def test_the_past_is_taken_back_and_erased(any_store: Store) -> None:
    context = a_context(store=any_store)
    run = parts.find_run(context, take(context, read(context)).id)
    erasure.erase(context, who(context, "root"), "鄂F1", "asked for")
    assert "鄂F" not in repr(context.store.read(lambda tx: tx.find(PastDuty)))
    assert sum(one.valid for one in past_months(context)) == 4
    assert take_back(context, who(context, "wang.fang"), run).cancelled == 4
    assert past_months(context) == []
    assert parts.runs(context)[0].state is RunState.UNDONE
    assert take(context, read(context)).added == 4


@pytest.mark.parametrize("about", ["commission-list", "提成表"])
def test_one_obligation_for_all_rows(about: str) -> None:
    context = a_context()
    found = read(context, "应交日期,交付日期\n2026-09-05,2026-09-04\n", about=about)
    assert [row.entry.obligation for row in found.rows if row.entry] == ["commission-list"]


MANY = (
    LIST.splitlines()[0]
    + "\n"
    + "".join(
        f"提成表,财务部,2026-09-{day:02d},2026-09-{day + (day == 7):02d},,{day}\n" for day in range(1, 13)
    )
)


def test_the_league_and_view_3_say_that_it_is_imported_and_no_figure_counts_it(any_store: Store) -> None:
    context = a_context(store=any_store)
    dates = month_range("2026-11")
    before = figures_of_range(context, month_range("2026-09"))
    take(context, read(context, MANY))
    opened(context, "2026-11-03 10:00")
    set_clock(context, "2026-11-20 10:00")
    (row,) = (one for one in league_of(context, dates).rows if one.provider == "sales")
    assert row.best is None
    assert imported_word(row) == "imported: 91.7 % (2026-09)"
    now = figures_of_range(context, month_range("2026-09"))
    assert (now.figures, now.standing.kept) == (before.figures, before.standing.kept)
    assert duties_in(context, standing_of(context, month_range("2026-09"))) == ()
    report = read_report(context, dates)
    (league,) = (table for table in report.tables if table.id == "league")
    assert [str(one[-1].value) for one in league.rows if one[1].value == "Sales"] == [imported_word(row)]
    rows = [cell.value for table in report.rows for line in table.rows for cell in line]
    assert "past.csv" not in rows


def closed_november(context: ServiceContext) -> tuple[object, list[object]]:
    """Close a month in which one vehicle was delivered; return its stored figures and what its archive holds."""
    set_clock(context, "2026-11-19 11:00")
    events.register(
        context, who(context, "wang.fang"), "vehicle-delivered", subject="鄂F·1", at=local("2026-11-19 10:00")
    )
    set_clock(context, "2026-12-04 09:00")
    archive.close_and_seal(context, who(context, "root"), "2026-11", mark_missed=True)
    month = context.store.read(lambda tx: tx.get(Month, "2026-11"))
    assert month is not None
    return month.figures, list(context.store.sealed("2026-11"))


def test_the_past_is_in_no_figure_and_no_archive_of_a_closed_month(any_store: Store) -> None:
    figures, _values = closed_november(a_context())
    context = a_context(store=any_store)
    take(context, read(context))
    found, values = closed_november(context)
    assert figures
    assert found == figures
    assert values
    assert not any(isinstance(one, PastDuty) for one in values)
    assert sum(one.valid for one in past_months(context)) == 4
