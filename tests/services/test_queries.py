"""Rows, counts and boards: what everybody looks at."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sla_tracker.domain.agreements.obligation import Recurring
from sla_tracker.domain.agreements.occurrences import occurrences
from sla_tracker.domain.consent.agreement import TermPart
from sla_tracker.domain.deadlines.due import DayOfMonth, DueRule, Roll
from sla_tracker.domain.deadlines.steps import StepKind
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.errors import NotFound, UsageError
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import holds, operations
from sla_tracker.services.duties.scheduler import tick
from sla_tracker.services.lookup.references import find_duty, resolve
from sla_tracker.services.ports import Reading
from sla_tracker.services.queries import duties
from sla_tracker.services.queries.duties import Bucket
from sla_tracker.services.queries.rows import is_limit_assumed, is_roll_assumed
from sla_tracker.services.turns.new_duty import duty_from
from sla_tracker.testing.company import a_calendar, always, an_obligation, local, set_clock
from tests.services.acts import TICKED, delivered, opened, rolled_to, sheet, who


def test_what_is_assumed_is_told_by_the_kinds_of_parts_and_steps() -> None:
    """Rows compare texts, so that the start-up cache need not load these kinds."""
    assert [part for part in TermPart if not is_limit_assumed([part])] == [TermPart.ROLL]
    moved = [kind for kind in StepKind if is_roll_assumed([TermPart.ROLL], [kind])]
    assert moved == [StepKind.ROLL, StepKind.KEPT]


class TestBoards:
    def test_the_most_urgent_comes_first(self, context: ServiceContext) -> None:
        late = sheet(context, "2026-11-16 10:00")
        today = opened(context, subject="鄂F·67890")
        board = duties.owed_by(context, "sales")
        assert late.id in {row.id for row in board.rows[:2]}
        assert [row.bucket for row in board.rows] == sorted(
            (row.bucket for row in board.rows), key=list(Bucket).index
        )
        assert today["order-sheet"].id in {row.id for row in board.rows if row.bucket is Bucket.TODAY}
        assert (board.counts.overdue, board.counts.pool) == (2, len(board.rows))

    def test_a_persons_board_has_only_own_duties(self, context: ServiceContext) -> None:
        mine = operations.take(context, who(context, "wang.fang"), sheet(context).id)
        board = duties.owed_by(context, "sales", person="wang.fang")
        assert [row.id for row in board.rows] == [mine.id]
        assert board.counts.pool == 0

    def test_what_one_is_owed(self, context: ServiceContext) -> None:
        duty = delivered(context)
        rows = {row.id: row.bucket for row in duties.owed_to(context, "finance").rows}
        assert rows[duty.id] is Bucket.DELIVERED
        assert {row.provider for row in duties.owed_to(context, "finance").rows} == {"sales"}

    def test_the_figure_is_this_months(self, context: ServiceContext) -> None:
        sheet(context, "2026-11-16 10:00")
        board = duties.owed_by(context, "sales")
        assert (board.score.good, board.score.bad) == (0, 2)
        set_clock(context, "2026-12-01 09:00")
        assert duties.owed_by(context, "sales").score.valid == 0


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
def test_where_a_duty_stands_in_time(context: ServiceContext, state: State, due: str, bucket: Bucket) -> None:
    assert duties.bucket_of(context, state, local(due), context.now()) is bucket


class TestRows:
    @pytest.mark.parametrize(
        ("due", "on", "marked"),
        [
            (DayOfMonth(day=5), date(2026, 12, 5), True),  # a Saturday
            (DayOfMonth(day=4), date(2026, 12, 4), False),
            (DayOfMonth(day=5, roll=Roll.NONE), date(2026, 12, 5), False),  # agreed
        ],
    )
    def test_an_assumed_roll_is_marked_where_the_day_was_closed(
        self, context: ServiceContext, due: DueRule, on: date, marked: bool
    ) -> None:
        obligation = an_obligation("list", triggers=(Recurring(due=due),))
        (turn,) = occurrences(obligation, always(a_calendar()), on, on + timedelta(days=1))
        planned = duties.planned_row(context, turn, context.now())
        assert (planned.assumed, planned.roll_assumed) == (False, marked)
        duty = duty_from(context, obligation, turn.trigger, turn.key, turn.deadline, context.now())
        row = duties.row_of(context, duty, context.now())
        assert (row.assumed, row.roll_assumed) == (False, marked)

    def test_how_much_of_the_evidence_is_there(self, context: ServiceContext) -> None:
        duty = sheet(context)
        assert (row := duties.row_of(context, duty, context.now())).evidence_asked == 1
        assert row.evidence_done == 0
        filled = operations.fill_in(context, who(context, "wang.fang"), duty.id, TICKED)
        assert duties.row_of(context, filled, context.now()).evidence_done == 1
        done = operations.deliver(context, who(context, "wang.fang"), duty.id)
        assert duties.row_of(context, done, context.now()).evidence_done == 1

    def test_a_planned_row_has_no_id(self, context: ServiceContext) -> None:
        rolled_to(context, "2026-11-20 14:00")
        rows = duties.planned_rows(context, date(2026, 12, 31))
        assert {row.id for row in rows} == {""}
        assert all(row.planned and row.period_start == date(2026, 11, 1) for row in rows)

    def test_the_detail_tells_what_happened_in_order(self, context: ServiceContext) -> None:
        duty = sheet(context)
        holds.hold(context, who(context, "wang.fang"), duty.id, waits_for="x", reason="y")
        holds.resume(context, who(context, "wang.fang"), duty.id)
        detail = duties.detail(context, duty.id)
        assert detail is not None
        assert [change.act.what for change in detail.history] == ["registered_event", "held", "resumed"]
        assert detail.guide is not None
        assert duties.detail(context, "nothing") is None

    def test_everything_about_one_vehicle(self, context: ServiceContext) -> None:
        opened(context)
        opened(context, subject="鄂F·67890")
        about = duties.about_subject(context, "鄂f 12345")
        assert {row.provider for row in about.duties} == {"sales", "service"}
        assert [row.due_at for row in about.duties] == sorted(row.due_at for row in about.duties)
        assert [event.subject for event in about.events] == ["鄂F·12345"]

    def test_what_names_no_subject_brings_nothing_together(self, context: ServiceContext) -> None:
        opened(context)
        tick(context)
        assert duties.about_subject(context, "—") == duties.AboutSubject()


class TestReferences:
    def test_the_end_of_an_id_is_enough(self, context: ServiceContext) -> None:
        duty = sheet(context)
        assert find_duty(context, f"#{duty.reference.upper()}") == duty
        assert find_duty(context, duty.id) == duty

    def test_a_chinese_keyboard_types_references_too(self, context: ServiceContext) -> None:
        duty = sheet(context)
        wide = "".join(chr(ord(one) + 0xFEE0) for one in duty.reference)
        for typed in (
            f"＃{duty.reference}",
            f"# {duty.reference}",
            wide,
            f"{duty.reference[:3]} {duty.reference[3:]}",
        ):
            assert find_duty(context, typed) == duty

    def test_what_is_too_short_and_what_fits_more_than_are_named_is_said(
        self, context: ServiceContext
    ) -> None:
        with pytest.raises(NotFound, match="at least 4"):
            find_duty(context, sheet(context).reference[-3:])
        several = [duty for n in range(3) for duty in opened(context, subject=f"鄂F·A000{n}").values()]
        with pytest.raises(UsageError, match=r"fits several \(\d\d?\), among them(.*?,){4}"):
            find_duty(context, several[0].id[:6])

    def test_what_fits_none_or_several_is_refused(self, context: ServiceContext) -> None:
        found = opened(context)
        with pytest.raises(NotFound, match="abc"):
            find_duty(context, "abc")
        with pytest.raises(UsageError, match="fits several"):
            find_duty(context, found["order-sheet"].id[:8])


def test_a_reference_is_found_without_reading_every_duty(
    context: ServiceContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    duty = sheet(context)

    def found(tx: Reading) -> Duty:
        monkeypatch.setattr(type(tx), "find", None)
        monkeypatch.setattr(type(tx), "each", None)
        return resolve(tx, Duty, f" #{duty.reference.upper()}")

    assert context.store.read(found) == duty
