"""A month's end: what blocks its closing, by whom, and marking what was missed."""

from __future__ import annotations

import pytest

from sla_tracker.domain.checklist import CheckKind
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.errors import Forbidden, UsageError
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations, ratings
from sla_tracker.services.months import archive
from sla_tracker.services.months.month_end import mark_missed, month_end
from sla_tracker.testing.company import OBLIGATIONS, a_context, set_clock
from tests.services.acts import TICKED, opened, stored, who

NOVEMBER = "2026-11"


@pytest.fixture
def duties() -> dict[str, Duty]:
    return {}


@pytest.fixture
def context(duties: dict[str, Duty]) -> ServiceContext:
    """Let sales owe two sheets of a car, and deliver one; and service a check."""
    context = a_context(obligations=[one for one in OBLIGATIONS if not one.depends_on])
    set_clock(context, "2026-11-23 14:00")
    duties |= opened(context, "2026-11-23 10:00")
    operations.deliver(context, who(context, "wang.fang"), duties["decoration-sheet"].id, TICKED)
    set_clock(context, "2026-11-25 09:00")
    return context


def left(context: ServiceContext) -> dict[CheckKind, dict[str, int]]:
    return {check.kind: dict(check.left) for check in month_end(context, NOVEMBER).checks if check.count}


def test_the_checklist_says_who_has_what_to_do(context: ServiceContext) -> None:
    assert left(context) == {
        CheckKind.OVERDUE: {"sales": 1, "service": 1},
        CheckKind.VERDICTS: {"finance": 1},
        CheckKind.CAUSES: {"sales": 1, "service": 1},
    }
    found = month_end(context, NOVEMBER)
    reviewers = {check.kind: check.reviewers for check in found.checks}
    assert reviewers[CheckKind.VERDICTS] == ("sales",)
    assert reviewers[CheckKind.OVERDUE] == ("finance", "sales")
    assert (found.settled, found.total, found.is_closed) == (0, 3, False)
    assert [kind for kind, _row in found.rows] == [CheckKind.OVERDUE, CheckKind.OVERDUE, CheckKind.VERDICTS]


def test_a_month_is_done_when_nothing_is_left(context: ServiceContext, duties: dict[str, Duty]) -> None:
    finance = who(context, "sun.hua")
    overdue = [duties["order-sheet"].id, duties["handover-check"].id]
    done = mark_missed(context, finance, overdue, "nobody brought them")
    assert not done.refused
    operations.accept(context, who(context, "chen.jing"), duties["decoration-sheet"].id)
    ratings.explain(context, who(context, "wang.fang"), overdue[0], "workload")
    ratings.explain(context, who(context, "liu.yang"), overdue[1], "workload")
    found = month_end(context, NOVEMBER)
    assert left(context) == {}
    assert (found.settled, found.total) == (3, 3)
    set_clock(context, "2026-12-01 09:00")
    archive.close_and_seal(context, finance, NOVEMBER)
    assert month_end(context, NOVEMBER).is_closed
    assert month_end(context, NOVEMBER).settled == 3


def test_only_what_is_overdue_is_missed_and_only_by_who_closes(
    context: ServiceContext, duties: dict[str, Duty]
) -> None:
    ids = [duties["order-sheet"].id, duties["decoration-sheet"].id]
    done = mark_missed(context, who(context, "root"), ids, "gone")
    assert [duty.id for duty in done.done] == ids[:1]
    assert "is not overdue" in done.refused[0].sentence()
    assert stored(context, duties["order-sheet"]).state is State.MISSED
    refused = mark_missed(context, who(context, "li.na"), [duties["handover-check"].id], "gone")
    assert isinstance(refused.refused[0], Forbidden) or "may not" in refused.refused[0].sentence()
    with pytest.raises(UsageError):
        month_end(context, "November")
