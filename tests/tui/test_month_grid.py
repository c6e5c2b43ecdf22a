"""The month as a grid: days off and worked by name, duties by title where there is room."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest
from textual.app import App, ComposeResult

from sla_tracker import i18n
from sla_tracker.domain.text import Text
from sla_tracker.domain.time.calendar_layers import DayRule, DayStatus
from sla_tracker.services.months.view import MonthPlan
from sla_tracker.services.queries.rows import Bucket
from sla_tracker.testing.company import ZONE, local
from sla_tracker.tui.themes import DARK
from sla_tracker.tui.widgets.cards.time_line import Point, TimeLine
from sla_tracker.tui.widgets.month.month_grid import MonthGrid
from tests.tui.test_dutylist import a_row
from tests.tui.trial import text_of

OCTOBER = date(2026, 10, 1)
NATIONAL_DAY = DayRule(status=DayStatus.CLOSED, name=Text(zh="国庆节", en="National Day"))
MAKE_UP = DayRule(status=DayStatus.USUAL, name=Text(zh="国庆节调休", en="Make-up day"))
DUE = a_row(1, due_at=local("2026-10-09 18:00"), bucket=Bucket.OVERDUE, subject="")
PLAN = MonthPlan(
    first_on=OCTOBER,
    rows=[replace(DUE, id=f"id-{n}", subject=f"HT-{n}") for n in range(9)],
    closed=frozenset(OCTOBER + timedelta(days=n) for n in range(7)),
    provisional=False,
    rules={OCTOBER: NATIONAL_DAY, date(2026, 10, 10): MAKE_UP},
)


class GridApp(App[None]):
    def compose(self) -> ComposeResult:
        self.grid = MonthGrid(date(2026, 10, 9))
        yield self.grid

    def on_mount(self) -> None:
        self.grid.styles.height = "100%"
        self.grid.show_plan(PLAN, ZONE)

    def get_css_variables(self) -> dict[str, str]:
        return super().get_css_variables() | DARK.variables


@pytest.mark.parametrize(
    ("size", "shown", "hidden"),
    [
        ((150, 44), ("1 休 国庆节", "10 班 国庆节调休", "● 客户本人签字", "+3", "24 个工作日"), ()),
        ((72, 44), ("1 休", "10 班", " 国庆节 "), ()),
        ((44, 20), ("1 休", "10 班", "●9"), ("国庆节", "客户本人")),
    ],
)
async def test_days_off_and_worked_are_named_where_there_is_room(
    size: tuple[int, int], shown: tuple[str, ...], hidden: tuple[str, ...]
) -> None:
    i18n.use("zh")
    app = GridApp()
    async with app.run_test(size=size) as pilot:
        await pilot.pause()
        drawn = " ".join(text_of(app).split())
        assert [said for said in shown if said not in drawn] == []
        assert [said for said in hidden if said in drawn] == []


async def test_a_click_chooses_the_day_under_the_mouse_however_high_a_day_is() -> None:
    app = GridApp()
    async with app.run_test(size=(140, 44)) as pilot:
        await pilot.pause()
        lines = text_of(app).splitlines()
        line = next(number for number, text in enumerate(lines) if " 21 " in text)
        await pilot.click(offset=(lines[line].index(" 21 ") + 1, line + 3))
        assert app.grid.chosen_on == date(2026, 10, 21)


def test_a_time_line_puts_events_on_the_axis_and_duties_above_it() -> None:
    line = TimeLine(ZONE)
    line.show(
        [
            Point(local("2026-11-16 16:40"), "◆", "", on_axis=True),
            Point(local("2026-11-19 18:00"), "●", ""),
            Point(local("2026-11-19 18:00"), "○", ""),
        ],
        local("2026-11-20 14:00"),
    )
    drawn = [content.plain for content in line._lines(60)]
    *above, axis, days = drawn
    assert [said.strip() for said in above] == ["○", "●"]
    assert {said.index(said.strip()) for said in above} == {above[0].index("○")}
    assert axis.index("◆") < above[0].index("○") < axis.index("┃")
    assert {len(said) for said in (*above, axis)} == {60}
    assert days.split() == ["11-16", "Mon", "11-19", "Thu", "today"]
    assert TimeLine(ZONE)._lines(60) == []


async def test_a_day_counts_the_duties_that_it_names() -> None:
    i18n.use("en")
    app = GridApp()
    async with app.run_test(size=(150, 44)) as pilot:
        # Due "by the 9th" is due at the midnight after it.
        midnight = replace(DUE, due_at=local("2026-10-10 00:00"), due_on=date(2026, 10, 9), subject="HT-24")
        app.grid.show_plan(replace(PLAN, rows=[midnight]), ZONE)
        await pilot.pause()
        assert set(app.grid.loads) == set(app.grid._due) == {date(2026, 10, 9)}
