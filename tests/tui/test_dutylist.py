"""The list of duties: every line as wide as the list, and rows that keep their place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from textual.app import App, ComposeResult

from sla_tracker import i18n
from sla_tracker.domain.duties.duty import Duty, Opened, State
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.services import requests
from sla_tracker.services.queries.duties import Bucket, DutyRow, row_of
from sla_tracker.services.queries.rows import RowClock, bucket_at
from sla_tracker.testing.company import NOW, a_context, an_actor, local
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.screens.base import duty_list_screen
from sla_tracker.tui.startup import start_of
from sla_tracker.tui.themes import DARK
from sla_tracker.tui.view_context import view_context_of
from sla_tracker.tui.widgets.lists.duty_columns import Needs, columns_for
from sla_tracker.tui.widgets.lists.duty_groups import counted, sections_of
from sla_tracker.tui.widgets.lists.duty_list import (
    CLOSED_SYMBOLS,
    SYMBOLS,
    DutyList,
    symbol_of,
    used_time,
)
from sla_tracker.tui.widgets.lists.line_list import LineList
from tests.services.test_open_requests import FIX
from tests.tui.trial import a_deployment, bilingual, quiet, text_of, until

BUCKETS = tuple(Bucket)
PLACE = view_context_of(a_deployment())


def a_row(number: int = 1, **changes: object) -> DutyRow:
    row = DutyRow(
        id=f"id-{number}",
        reference=f"r{number}",
        obligation="sheet",
        title=bilingual("客户本人签字的订车单、交车单"),
        provider="sales",
        consumer="finance",
        subject=f"鄂F·{number:05}",
        due_at=local(NOW) + timedelta(hours=number),
        bucket=Bucket.TODAY,
        state=State.OPEN,
        assignee="wang.fang",
        month="2026-11",
        opened=Opened.ON_EVENT,
        evidence_asked=3,
        counted_by=RowClock(is_elapsed=False, calendar=""),
    )
    return replace(row, **changes)  # type: ignore[arg-type]


class ListApp(App[None]):
    def __init__(self, rows: list[DutyRow]) -> None:
        super().__init__()
        self.rows = rows

    def compose(self) -> ComposeResult:
        self.list = DutyList(PLACE, lambda: local(NOW), id="duties")
        yield self.list

    def on_mount(self) -> None:
        self.list.show_buckets(self.rows)

    def get_css_variables(self) -> dict[str, str]:
        return super().get_css_variables() | DARK.variables


@pytest.mark.parametrize(("subject", "cut"), [("", False), ("鄂F·00001", True)])
def test_a_title_takes_the_room_of_a_subject_that_is_not_there(subject: str, cut: bool) -> None:
    i18n.use("zh")
    duties = DutyList(PLACE, lambda: local(NOW))
    title = "每月 1 日中午前报上月业务单并报销上月费用"
    said = "".join(text for text, _tone in duties.pieces(a_row(title=bilingual(title), subject=subject), 78))
    assert (title not in said) is cut
    assert cell_len(said) == 78


@pytest.mark.parametrize("lang", ["zh", "en"])
@given(
    st.integers(24, 200),
    st.sampled_from(BUCKETS),
    st.text(max_size=60),
    st.booleans(),
    st.sampled_from([timedelta(0), timedelta(days=-400), timedelta(days=9), timedelta(days=900)]),
)
def test_every_line_is_exactly_as_wide_as_the_list(
    lang: str, cells: int, bucket: Bucket, text: str, flag: bool, away: timedelta
) -> None:
    i18n.use(lang)
    duties = DutyList(PLACE, lambda: local(NOW))
    row = a_row(
        title=bilingual(text), subject=text, bucket=bucket, provisional=flag, returned=flag, opened_late=flag
    )
    for party in (True, False):
        duties.party_always = party
        line = "".join(piece for piece, _tone in duties.pieces(replace(row, due_at=row.due_at + away), cells))
        assert cell_len(line) == cells - 1 or cell_len(line) == cells


@pytest.mark.parametrize("lang", ["zh_CN", "en"])
def test_a_wider_list_never_takes_a_column_away(lang: str) -> None:
    shown = [columns_for(cells, lang) for cells in range(30, 200)]
    for before, after in pairwise(shown):
        assert after.subject >= before.subject
        assert after.person >= before.person
        assert after.due_at >= before.due_at
        assert after.title >= 4


def test_titles_take_the_room_that_the_due_times_do_not_need() -> None:
    needs = Needs(title=57, subject=9, party=0, person=6, evidence=0, due=9)
    before, after = columns_for(70, "en", needs=replace(needs, due=16)), columns_for(70, "en", needs=needs)
    assert (after.title, after.due) == (before.title + 7, before.due - 7)
    whole = columns_for(70, "en", needs=replace(needs, title=20))
    assert (whole.title >= 20, whole.due) == (True, before.due)


def test_each_state_has_a_sign_of_its_own() -> None:
    assert len(set(SYMBOLS.values())) == len(SYMBOLS)
    assert len(set(CLOSED_SYMBOLS.values())) == len(CLOSED_SYMBOLS)
    assert symbol_of(a_row(planned=True)) not in SYMBOLS.values()


def test_sections_follow_the_buckets() -> None:
    rows = [a_row(n, bucket=bucket) for n, bucket in enumerate([Bucket.OVERDUE] * 3 + [Bucket.LATER] * 2)]
    assert [(section.start, section.end) for section in sections_of(rows, PLACE, local(NOW))] == [
        (0, 3),
        (3, 5),
    ]
    assert sections_of([], PLACE, local(NOW)) == []


@pytest.mark.parametrize(
    ("now", "due", "group"),
    [
        ("2026-11-20 14:00", "2026-11-23 18:00", "Next workday 11-23 Mon"),  # a Friday, before a weekend
        ("2026-11-20 14:00", "2026-11-24 09:00", "Later"),
        ("2026-11-18 14:00", "2026-11-19 18:00", "Tomorrow"),
        ("2026-11-18 14:00", "2026-11-20 18:00", "This week"),
        ("2026-11-21 10:00", "2026-11-23 18:00", "Next workday 11-23 Mon"),
    ],
)
def test_what_is_due_on_the_next_workday_is_a_group_of_its_own(now: str, due: str, group: str) -> None:
    i18n.use("en")
    due_at, zone = local(due), PLACE.zone
    row = a_row(due_at=due_at, bucket=bucket_at(State.OPEN, due_at, local(now), zone))
    assert [section.title for section in sections_of([row], PLACE, local(now))] == [group]
    counts = counted([row], PLACE, local(now))
    assert counts.next_workday == (group not in {"Later", "This week"})
    assert counts.next_workday + counts.this_week + counts.later == 1


def test_used_up_time_is_working_time_in_four_cells() -> None:
    row = a_row(opened_at=local("2026-11-20 17:00"), due_at=local("2026-11-23 18:00"), bucket=Bucket.LATER)
    said = [
        used_time(row, PLACE, local(now))
        for now in ("2026-11-20 17:00", "2026-11-22 12:00", "2026-11-23 14:00", "2026-11-23 18:01")
    ]
    assert said == ["▱▱▱▱", "▱▱▱▱", "▰▰▱▱", "▰▰▰▰"]
    assert used_time(replace(row, state=State.HELD), PLACE, local(NOW)) == ""
    opening = view_context_of(a_deployment())
    opening.calendar_of = None
    assert used_time(row, opening, local("2026-11-22 12:00")) == "", "by the clock it would be another one"


def test_used_up_time_counts_by_the_clock_and_calendar_of_the_limit() -> None:
    friday, sunday = local("2026-11-20 18:00"), local("2026-11-22 06:00")
    row = a_row(opened_at=friday, due_at=local("2026-11-23 18:00"), bucket=Bucket.LATER)
    assert used_time(row, PLACE, sunday) == "▱▱▱▱"  # no working time has passed
    day_and_night = replace(row, counted_by=RowClock(is_elapsed=True, calendar=""))
    assert used_time(day_and_night, PLACE, sunday) == "▰▰▱▱"
    place = replace(PLACE)
    asked: list[tuple[str, str]] = []

    def calendar_of(department: str, named: str) -> WorkCalendar:
        asked.append((department, named))
        return a_context().calendar_of(department)

    place.calendar_of = calendar_of
    used_time(replace(row, counted_by=RowClock(is_elapsed=False, calendar="shop")), place, sunday)
    assert set(asked) == {("sales", "shop")}


def test_rows_of_a_limit_of_elapsed_time_say_so() -> None:
    context = a_context(obligations=[FIX])
    chen = an_actor(context, "chen.jing")
    requests.ask(context, chen, FIX.id, fields={"priority": "P1"}, subject="HT-1")
    (duty,) = context.store.read(lambda tx: tx.find(Duty))
    row = row_of(context, duty, context.now())
    assert row.counted_by == RowClock(is_elapsed=True, calendar="")


async def test_the_names_of_the_columns_stay_above_the_rows() -> None:
    app = ListApp([a_row(n) for n in range(40)])
    async with app.run_test(size=(80, 12)) as pilot:
        duties = app.query_one(DutyList)
        duties.focus()
        for _press in range(30):
            await pilot.press("down")
        lines = text_of(app).splitlines()
        assert [lines[0].split()[n] for n in (0, 1, -1)] == ["Duty", "Subject", "Due"]
        assert any(line.startswith("▸") and "00030" in line for line in lines[1:])
        for _press in range(30):
            await pilot.press("up")
        lines = text_of(app).splitlines()
        assert "Today 40" in lines[1]
        assert lines[2].startswith("▸")


async def test_the_selected_row_stays_on_its_line_when_rows_come_and_go() -> None:
    rows = [a_row(n) for n in range(100)]
    async with ListApp(rows).run_test(size=(80, 12)) as pilot:
        duties = pilot.app.query_one(DutyList)
        duties.go_to(50)
        await pilot.pause()
        line = duties.line_of(50) - duties.scroll_offset.y
        duties.show_buckets([a_row(n) for n in range(-7, 100)])
        await pilot.pause()
        assert duties.current is not None
        assert duties.current.id == "id-50"
        assert duties.line_of(duties.cursor) - duties.scroll_offset.y == line
        duties.show_buckets([row for row in rows if row.id != "id-50"])
        await pilot.pause()
        assert duties.cursor == 57 or duties.current.id in {"id-51", "id-57"}


async def test_a_row_that_vanished_leaves_the_cursor_where_it_was() -> None:
    async with ListApp([a_row(n) for n in range(5)]).run_test(size=(80, 12)) as pilot:
        duties = pilot.app.query_one(DutyList)
        duties.go_to(2)
        duties.show_buckets([a_row(n) for n in (0, 1, 3, 4)])
        assert duties.current is not None
        assert duties.current.id == "id-3"
        duties.show_buckets([])
        assert duties.cursor == -1
        assert duties.marked_rows() == []
        duties.show_buckets([a_row(9)])
        assert [row.id for row in duties.marked_rows()] == ["id-9"]


async def test_keys_move_and_mark() -> None:
    heard: list[object] = []
    app = ListApp([a_row(n) for n in range(40)])
    async with app.run_test(size=(80, 12), message_hook=heard.append) as pilot:
        duties = app.query_one(DutyList)
        duties.focus()
        await pilot.press("down", "j", "j", "k")
        assert duties.cursor == 2
        await pilot.press("end")
        assert duties.cursor == 39
        await pilot.press("home", "pagedown")
        assert duties.cursor == duties.page
        duties.toggle_mark()
        await pilot.pause()
        assert [row.id for row in duties.marked_rows()] == [f"id-{duties.page}"]
        assert any(isinstance(message, LineList.Marked) for message in heard)
        duties.clear_marks()
        assert [row.id for row in duties.marked_rows()] == [f"id-{duties.page + 1}"]


async def test_the_mouse_selects_marks_and_chooses() -> None:
    heard: list[object] = []
    app = ListApp([a_row(n) for n in range(40)])
    async with app.run_test(size=(80, 12), message_hook=heard.append) as pilot:
        duties = app.query_one(DutyList)
        await pilot.click(DutyList, offset=(20, 5))
        assert duties.cursor == 3
        await pilot.click(DutyList, offset=(20, 5), times=2)
        assert any(isinstance(message, LineList.Chosen) for message in heard)
        await pilot.click(DutyList, offset=(0, 3))
        assert duties.marks == {"id-1"}


async def test_only_the_lines_on_screen_are_painted() -> None:
    rows = [a_row(n) for n in range(20_000)]
    app = ListApp(rows)
    async with app.run_test(size=(80, 12)) as pilot:
        duties = app.query_one(DutyList)
        painted: list[str] = []
        original = duties.pieces

        def pieces(row: DutyRow, cells: int) -> Iterable[tuple[str, str]]:
            painted.append(row.id)
            return original(row, cells)

        duties.pieces = pieces  # type: ignore[method-assign]
        duties.focus()
        duties.repaint_rows()
        await pilot.pause()
        assert 0 < len(set(painted)) <= 12
        painted.clear()
        await pilot.press("down")
        assert len(painted) <= 4


async def test_a_changed_row_is_painted_alone() -> None:
    rows = [a_row(n) for n in range(100)]
    app = ListApp(rows)
    async with app.run_test(size=(80, 12)) as pilot:
        duties = app.query_one(DutyList)
        await pilot.pause()
        painted: list[str] = []
        original = duties.pieces

        def pieces(row: DutyRow, cells: int) -> Iterable[tuple[str, str]]:
            painted.append(row.id)
            return original(row, cells)

        duties.pieces = pieces  # type: ignore[method-assign]
        duties.show_buckets(
            [replace(row, subject="new") if row.id == "id-4" else replace(row) for row in rows]
        )
        await pilot.pause()
        assert set(painted) == {"id-4"}
        assert duties.rows[4].subject == "new"


@pytest.mark.parametrize(
    ("stays", "moved", "expected"),
    [
        (False, ("id-2",), "id-2"),  # somebody else's act: the cursor follows its row
        (True, ("id-2",), "id-3"),  # one's own: it stays in the group
        (True, ("id-2", "id-3"), "id-1"),
        (True, ("id-1", "id-2", "id-3"), "id-2"),  # the group is empty
        (True, ("id-4",), "id-2"),
    ],
)
async def test_the_cursor_stays_in_its_group_after_an_act_of_ones_own(
    stays: bool, moved: tuple[str, ...], expected: str
) -> None:
    rows = [a_row(n, bucket=Bucket.OVERDUE if n <= 3 else Bucket.TODAY) for n in range(1, 7)]
    app = ListApp(rows)
    async with app.run_test() as pilot:
        assert app.list.go_to_key("id-2")
        if stays:
            app.list.stay_in_group()
        app.list.show_buckets(rows)  # the same again, as after a minute
        after = [replace(row, bucket=Bucket.LATER) if row.id in moved else row for row in rows]
        app.list.show_buckets(sorted(after, key=lambda row: BUCKETS.index(row.bucket)))
        await pilot.pause()
        assert app.list.current is not None
        assert app.list.key_of(app.list.current) == expected
        app.list.show_buckets(rows)
        assert app.list.key_of(app.list.current) == expected, "only once"


async def test_where_a_row_is_gone_the_cursor_stays_in_its_group() -> None:
    rows = [a_row(n, bucket=Bucket.OVERDUE if n <= 3 else Bucket.TODAY) for n in range(1, 7)]
    app = ListApp(rows)
    async with app.run_test() as pilot:
        assert app.list.go_to_key("id-3")
        app.list.show_buckets([row for row in rows if row.id != "id-3"])
        await pilot.pause()
        assert app.list.current is not None
        assert app.list.current.id == "id-2"


async def test_levels_of_escalation_are_read_for_the_rows_that_the_cursor_comes_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(duty_list_screen, "MOST_ESCALATIONS", 2)
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(120, 36)) as pilot:
        await quiet(pilot)
        rows = app.screen.query_one(DutyList)
        late = [row.id for row in rows.rows if row.bucket is Bucket.OVERDUE][:3]
        assert set(rows.levels) & set(late) == set(late[:2])
        await pilot.press("down", "down")
        await until(pilot, lambda: set(late) <= set(rows.levels))
