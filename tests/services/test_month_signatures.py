"""Signing the checklist of a month: two persons, nothing left, before the month is closed."""

from __future__ import annotations

import pytest

from sla_tracker.domain.checklist import CheckKind, Part
from sla_tracker.errors import (
    Forbidden,
    IllegalTransition,
    Incomplete,
    Overtaken,
    Refused,
    SlaError,
)
from sla_tracker.services import events
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations, ratings
from sla_tracker.services.months import archive
from sla_tracker.services.months.month_end import mark_missed, month_end
from sla_tracker.services.months.signatures import open_points, sign, take_back
from sla_tracker.services.ports import Store
from sla_tracker.testing.company import OBLIGATIONS, a_context, local, set_clock
from sla_tracker.wording.figures.month_end import check_line
from tests.services.acts import TICKED, opened, who

NOVEMBER = "2026-11"
OVERDUE, CAUSES = CheckKind.OVERDUE, CheckKind.CAUSES


@pytest.fixture
def context(any_store: Store) -> ServiceContext:
    """Let sales have missed one sheet of November, which is over, and nobody has said why."""
    only = [one for one in OBLIGATIONS if one.id == "decoration-sheet"]
    context = a_context(now="2026-11-23 14:00", store=any_store, obligations=only)
    duty = opened(context, "2026-11-23 10:00")["decoration-sheet"]
    set_clock(context, "2026-12-01 09:00")
    mark_missed(context, who(context, "sun.hua"), [duty.id], "nobody brought it")
    return context


def refused(kind: type[SlaError], context: ServiceContext, person: str, *, part: Part = Part.PREPARED) -> str:
    with pytest.raises(kind) as caught:
        sign(context, who(context, person), NOVEMBER, [OVERDUE], part)
    return caught.value.sentence()


def test_two_persons_sign_a_point_and_the_month_says_who(context: ServiceContext) -> None:
    assert "Nobody has signed" in refused(IllegalTransition, context, "sun.hua", part=Part.REVIEWED)
    sign(context, who(context, "sun.hua"), NOVEMBER, [OVERDUE, CheckKind.HOLDS], Part.PREPARED)
    assert "signed already by sun.hua" in refused(Overtaken, context, "li.na")
    assert "a second person reviews" in refused(Refused, context, "sun.hua", part=Part.REVIEWED)
    assert "may not" in refused(Forbidden, context, "li.na", part=Part.REVIEWED)
    assert [
        one.kind for one in open_points(month_end(context, NOVEMBER), who(context, "root"), Part.REVIEWED)
    ]
    sign(context, who(context, "root"), NOVEMBER, [OVERDUE], Part.REVIEWED)
    checks = {check.kind: check for check in month_end(context, NOVEMBER).checks}
    assert checks[OVERDUE].is_signed
    assert not checks[CheckKind.HOLDS].is_signed
    prepared, reviewed = checks[OVERDUE].prepared, checks[OVERDUE].reviewed
    assert prepared is not None
    assert reviewed is not None
    assert (prepared.by, reviewed.by, prepared.at) == ("sun.hua", "root", context.now())


def test_what_is_not_done_is_not_signed_by_any_of_them(context: ServiceContext) -> None:
    with pytest.raises(Incomplete, match=r"Cause missing.*1 are left"):
        sign(context, who(context, "wang.fang"), NOVEMBER, [OVERDUE, CAUSES], Part.PREPARED)
    assert month_end(context, NOVEMBER).checks[0].prepared is None
    (row,) = archive.duties_in_months(context, (NOVEMBER,))
    ratings.explain(context, who(context, "wang.fang"), row.id, "workload")
    sign(context, who(context, "wang.fang"), NOVEMBER, [OVERDUE, CAUSES], Part.PREPARED)
    assert month_end(context, NOVEMBER).checks[-1].prepared is not None


def test_only_the_own_last_signature_is_taken_back(context: ServiceContext) -> None:
    prepares, reviews = who(context, "wang.fang"), who(context, "sun.hua")
    sign(context, prepares, NOVEMBER, [OVERDUE], Part.PREPARED)
    with pytest.raises(IllegalTransition, match="have not signed"):
        take_back(context, reviews, NOVEMBER, [OVERDUE])
    sign(context, reviews, NOVEMBER, [OVERDUE], Part.REVIEWED)
    with pytest.raises(Overtaken, match="has reviewed it"):
        take_back(context, prepares, NOVEMBER, [OVERDUE])
    take_back(context, reviews, NOVEMBER, [OVERDUE])
    take_back(context, prepares, NOVEMBER, [OVERDUE])
    assert month_end(context, NOVEMBER).checks[0].prepared is None


def test_a_closed_month_keeps_its_signatures_and_a_reopened_one_is_signed_anew(
    context: ServiceContext,
) -> None:
    set_clock(context, "2026-11-30 23:00")
    assert "is not over yet" in refused(Refused, context, "wang.fang")
    set_clock(context, "2026-12-01 10:00")
    sign(context, who(context, "wang.fang"), NOVEMBER, [OVERDUE], Part.PREPARED)
    archive.close_and_seal(context, who(context, "sun.hua"), NOVEMBER)
    assert "is closed" in refused(Refused, context, "sun.hua", part=Part.REVIEWED)
    assert month_end(context, NOVEMBER).checks[0].prepared is not None
    archive.reopen_and_unseal(context, who(context, "sun.hua"), NOVEMBER, "one was forgotten")
    assert month_end(context, NOVEMBER).checks[0].prepared is None


def test_what_comes_after_a_point_was_signed_is_signed_anew(context: ServiceContext) -> None:
    prepares, reviews = who(context, "wang.fang"), who(context, "sun.hua")
    for person, part in ((prepares, Part.PREPARED), (reviews, Part.REVIEWED)):
        sign(context, person, NOVEMBER, [OVERDUE, CheckKind.VERDICTS], part)
    set_clock(context, "2026-12-02 09:00")
    late = events.register(
        context,
        prepares,
        "vehicle-delivered",
        subject="鄂F·77777",
        at=local("2026-11-26 10:00"),
        fields={"cash": "no"},
    ).opened
    (duty,) = [one for one in late if one.month == NOVEMBER]
    operations.deliver(context, prepares, duty.id, TICKED)
    operations.accept(context, reviews, duty.id)
    checks = {check.kind: check for check in month_end(context, NOVEMBER).checks}
    for kind in (OVERDUE, CheckKind.VERDICTS):  # nothing is left, and still the signatures do not hold
        assert (checks[kind].count, checks[kind].came_since) == (0, (duty.reference,))
        assert not checks[kind].is_signed
        assert f"since then came {duty.reference}" in check_line(context, checks[kind], context.now())
    assert checks[CheckKind.HOLDS].came_since == ()
    assert OVERDUE in [one.kind for one in open_points(month_end(context, NOVEMBER), prepares, Part.PREPARED)]
    assert OVERDUE not in [
        one.kind for one in open_points(month_end(context, NOVEMBER), reviews, Part.REVIEWED)
    ]
    assert "prepared again first" in refused(IllegalTransition, context, "root", part=Part.REVIEWED)
    sign(context, prepares, NOVEMBER, [OVERDUE], Part.PREPARED)
    sign(context, reviews, NOVEMBER, [OVERDUE], Part.REVIEWED)
    checks = {check.kind: check for check in month_end(context, NOVEMBER).checks}
    assert checks[OVERDUE].is_signed
    assert not checks[CheckKind.VERDICTS].is_signed
