"""What a card and a day of the calendar say."""

from __future__ import annotations

from datetime import date

import pytest

from sla_tracker import locale
from sla_tracker.desk import holds, queries
from sla_tracker.tui.situation import situation_of
from sla_tracker.tui.widgets.dutycard import row_facts
from sla_tracker.tui.widgets.monthgrid import DayLoad, MonthGrid
from tests.tui.trial import a_house, find

DAY = date(2026, 11, 23)


@pytest.mark.parametrize("is_held", [False, True])
def test_a_duty_on_hold_is_not_called_overdue(is_held: bool) -> None:
    house = a_house()
    duty = find(house.desk, "decoration-sheet", "鄂F·12345")
    if is_held:
        holds.hold(house.desk, house.actor, duty.id, waits_for="finance", reason="their stamp")
    detail = queries.detail(house.desk, duty.id)
    assert detail is not None
    said = "\n".join(
        fact.content.plain for fact in row_facts(detail.row, situation_of(house), house.desk.now())
    )
    assert ("1 day overdue" in said) is not is_held
    assert ("on hold" in said) is is_held
    assert "11-19 18:00 Thu" in said


@pytest.mark.parametrize(
    ("load", "said"),
    [
        (DayLoad(owed=3, done=2), " ○3✓2 "),
        (DayLoad(owed=10, planned=1), " ○10◌1"),
        (DayLoad(late=10, owed=10), " ●10… "),
        (DayLoad(done=7), " ✓7   "),
    ],
)
def test_a_day_says_what_fits_and_that_there_is_more(load: DayLoad, said: str) -> None:
    locale.use("en")
    grid = MonthGrid(DAY)
    grid.loads = {DAY: load}
    assert grid._load(DAY, 6).plain == said
