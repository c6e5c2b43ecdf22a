"""Rows, counts and boards: what everybody looks at."""

from __future__ import annotations

from datetime import date

import pytest

from sla_tracker.core.duty import State
from sla_tracker.desk import duties, holds, queries
from sla_tracker.desk.desk import Desk, find_duty
from sla_tracker.desk.queries import Bucket
from sla_tracker.desk.rollover import roll_over
from sla_tracker.errors import NotFound, UsageError
from sla_tracker.testing.company import local, set_clock
from tests.desk.acts import TICKED, delivered, opened, rolled_to, sheet, who


class TestBoards:
    def test_the_most_urgent_comes_first(self, desk: Desk) -> None:
        late = sheet(desk, "2026-11-16 10:00")
        today = opened(desk, subject="鄂F·67890")
        board = queries.owed_by(desk, "sales")
        assert late.id in {row.id for row in board.rows[:2]}
        assert [row.bucket for row in board.rows] == sorted(
            (row.bucket for row in board.rows), key=list(Bucket).index
        )
        assert today["order-sheet"].id in {row.id for row in board.rows if row.bucket is Bucket.TODAY}
        assert (board.counts.overdue, board.counts.pool) == (2, len(board.rows))

    def test_only_mine(self, desk: Desk) -> None:
        mine = duties.take(desk, who(desk, "wang.fang"), sheet(desk).id)
        board = queries.owed_by(desk, "sales", person="wang.fang")
        assert [row.id for row in board.rows] == [mine.id]
        assert board.counts.pool == 0

    def test_what_one_is_owed(self, desk: Desk) -> None:
        duty = delivered(desk)
        rows = {row.id: row.bucket for row in queries.owed_to(desk, "finance").rows}
        assert rows[duty.id] is Bucket.DELIVERED
        assert {row.provider for row in queries.owed_to(desk, "finance").rows} == {"sales"}

    def test_the_figure_is_this_months(self, desk: Desk) -> None:
        sheet(desk, "2026-11-16 10:00")
        board = queries.owed_by(desk, "sales")
        assert (board.score.good, board.score.bad) == (0, 2)
        set_clock(desk, "2026-12-01 09:00")
        assert queries.owed_by(desk, "sales").score.valid == 0


@pytest.mark.parametrize(
    ("state", "due", "bucket"),
    [
        (State.OPEN, "2026-11-20 13:59", Bucket.OVERDUE),
        (State.OPEN, "2026-11-20 14:00", Bucket.TODAY),
        (State.OPEN, "2026-11-20 23:59", Bucket.TODAY),
        (State.OPEN, "2026-11-22 23:59", Bucket.THIS_WEEK),
        (State.OPEN, "2026-11-23 00:00", Bucket.LATER),
        (State.HELD, "2026-11-01 00:00", Bucket.ON_HOLD),
        (State.DELIVERED, "2026-11-01 00:00", Bucket.DELIVERED),
        (State.WAIVED, "2026-11-01 00:00", Bucket.CLOSED),
    ],
)
def test_where_a_duty_stands_in_time(desk: Desk, state: State, due: str, bucket: Bucket) -> None:
    assert queries.bucket_of(desk, state, local(due), desk.now()) is bucket


class TestRows:
    def test_how_much_of_the_evidence_is_there(self, desk: Desk) -> None:
        duty = sheet(desk)
        assert (row := queries.row_of(desk, duty, desk.now())).evidence_asked == 1
        assert row.evidence_done == 0
        filled = duties.fill_in(desk, who(desk, "wang.fang"), duty.id, TICKED)
        assert queries.row_of(desk, filled, desk.now()).evidence_done == 1
        done = duties.deliver(desk, who(desk, "wang.fang"), duty.id)
        assert queries.row_of(desk, done, desk.now()).evidence_done == 1

    def test_a_planned_row_has_no_id(self, desk: Desk) -> None:
        rolled_to(desk, "2026-11-20 14:00")
        rows = queries.planned_rows(desk, date(2026, 12, 31))
        assert {row.id for row in rows} == {""}
        assert all(row.planned and row.period_start == date(2026, 11, 1) for row in rows)

    def test_the_detail_tells_what_happened_in_order(self, desk: Desk) -> None:
        duty = sheet(desk)
        holds.hold(desk, who(desk, "wang.fang"), duty.id, waits_for="x", reason="y")
        holds.resume(desk, who(desk, "wang.fang"), duty.id)
        detail = queries.detail(desk, duty.id)
        assert detail is not None
        assert [change.act.what for change in detail.history] == ["registered_event", "held", "resumed"]
        assert detail.guide is not None
        assert queries.detail(desk, "nothing") is None

    def test_everything_about_one_vehicle(self, desk: Desk) -> None:
        opened(desk)
        opened(desk, subject="鄂F·67890")
        about = queries.about_subject(desk, "鄂f 12345")
        assert {row.provider for row in about.duties} == {"sales", "service"}
        assert [row.due_at for row in about.duties] == sorted(row.due_at for row in about.duties)
        assert [event.subject for event in about.events] == ["鄂F·12345"]

    def test_what_names_no_subject_brings_nothing_together(self, desk: Desk) -> None:
        opened(desk)
        roll_over(desk)
        assert queries.about_subject(desk, "—") == queries.AboutSubject()


class TestReferences:
    def test_the_end_of_an_id_is_enough(self, desk: Desk) -> None:
        duty = sheet(desk)
        assert find_duty(desk, f"#{duty.reference.upper()}") == duty
        assert find_duty(desk, duty.id) == duty

    def test_what_fits_none_or_several_is_refused(self, desk: Desk) -> None:
        found = opened(desk)
        with pytest.raises(NotFound, match="abc"):
            find_duty(desk, "abc")
        with pytest.raises(UsageError, match="fits several"):
            find_duty(desk, found["order-sheet"].id[:8])
