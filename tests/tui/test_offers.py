"""The line of keys follows the row: what it names can be done there."""

from __future__ import annotations

import pytest

from sla_tracker import i18n
from sla_tracker.domain.duties.duty import State
from sla_tracker.services.duties import operations as use_cases
from sla_tracker.services.queries.duties import Bucket
from sla_tracker.testing.company import a_context, an_actor
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.screens.base.action_labels import Primary, primary, word_of
from sla_tracker.tui.screens.base.duty_actions import ActingScreen
from sla_tracker.tui.startup import start_of
from tests.cli.runner import FakeDeployment
from tests.tui.test_dutylist import a_row
from tests.tui.trial import a_deployment, find, quiet, text_of, until

CONTEXT = a_context()
WANG, CHEN = an_actor(CONTEXT, "wang.fang"), an_actor(CONTEXT, "chen.jing")
OWED_ROW = a_row(assignee="")
DELIVERED_ROW = a_row(2, state=State.DELIVERED, bucket=Bucket.DELIVERED, assignee="")
PLANNED_ROW = a_row(id="", planned=True, subject="")


@pytest.mark.parametrize(
    ("rows", "actor", "expected"),
    [
        ([OWED_ROW], WANG, Primary.DELIVER),
        ([OWED_ROW], CHEN, Primary.LOOK),
        ([DELIVERED_ROW], WANG, Primary.LOOK),
        ([DELIVERED_ROW], CHEN, Primary.JUDGE),
        ([OWED_ROW, DELIVERED_ROW], CHEN, Primary.JUDGE),
        ([], WANG, Primary.LOOK),
    ],
)
def test_enter_does_what_comes_first(rows: list[object], actor: object, expected: Primary) -> None:
    assert primary(rows, actor) is expected  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("action", "row", "expected"),
    [
        ("primary", OWED_ROW, "Deliver"),
        ("primary", DELIVERED_ROW, "Details"),
        ("primary", PLANNED_ROW, "Details"),
        ("primary", None, ""),
        ("take", OWED_ROW, "usual"),
        ("take", a_row(assignee="wang.fang"), "Put back"),
        ("take", a_row(assignee="zhao.lei"), ""),
        ("take", DELIVERED_ROW, ""),
        ("evidence", OWED_ROW, "usual"),
        ("evidence", DELIVERED_ROW, ""),
        ("note", DELIVERED_ROW, "usual"),
        ("note", PLANNED_ROW, ""),
        ("why", PLANNED_ROW, ""),
        ("why", OWED_ROW, "usual"),
        ("subject", PLANNED_ROW, ""),
        ("subject", OWED_ROW, "usual"),
        ("filter", None, "usual"),
    ],
)
def test_a_key_is_named_where_it_does_something(action: str, row: object, expected: str) -> None:
    assert word_of(action, "usual", row, [], WANG) == expected  # type: ignore[arg-type]


def test_marked_rows_come_before_the_one_under_the_cursor() -> None:
    assert word_of("primary", "", DELIVERED_ROW, [OWED_ROW], WANG) == "Deliver the marked"
    assert word_of("primary", "", OWED_ROW, [DELIVERED_ROW], CHEN) == "Accept the marked"
    assert word_of("take", "usual", DELIVERED_ROW, [OWED_ROW], WANG) == "usual"


def keys_of(app: SlaApp) -> str:
    return text_of(app).splitlines()[-1]


def board(app: SlaApp) -> ActingScreen:
    assert isinstance(app.screen, ActingScreen)
    return app.screen


async def test_the_line_of_view_2_follows_the_row() -> None:
    deployment = a_deployment("chen.jing")
    delivered = find(deployment.context, "order-sheet", "鄂F·67890")
    owed = find(deployment.context, "decoration-sheet", "鄂F·12345")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(120, 30)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: getattr(app.screen, "VIEW", "") == "owed" and bool(board(app).list.rows))
        for duty, word in ((delivered, "Judge"), (owed, "Details"), (delivered, "Judge")):
            assert board(app).list.go_to_key(duty.id)
            await quiet(pilot)
            assert f" {word} " in keys_of(app)
            assert "Open or judge" not in keys_of(app)
        await pilot.press("space")
        await quiet(pilot)
        assert "Accept the marked" in keys_of(app)
        await pilot.press("escape")
        await quiet(pilot)
        assert "Accept the marked" not in keys_of(app)


async def test_the_line_changes_when_the_row_is_changed_by_somebody_else() -> None:
    i18n.use("zh")
    deployment: FakeDeployment = a_deployment()
    duty = find(deployment.context, "decoration-sheet", "鄂F·67890")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(120, 30)) as pilot:
        await until(pilot, lambda: isinstance(app.screen, ActingScreen) and bool(board(app).list.rows))
        assert board(app).list.go_to_key(duty.id)
        await quiet(pilot)
        assert " t 领取 " in keys_of(app)
        use_cases.take(deployment.context, an_actor(deployment.context, "wang.fang"), duty.id)
        await until(pilot, lambda: " t 放回 " in keys_of(app))
