"""The past by changed terms: the same duties with the same deliveries, judged anew, and what only one rule opens."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from sla_tracker.domain.agreements.obligation import Obligation, OnEvent, Recurring
from sla_tracker.domain.consent.agreement import AgreedLimit, AgreedParts
from sla_tracker.domain.deadlines.due import DayOfMonth, InDays, InWorkdays, Weekly
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.date_range import free_range
from sla_tracker.domain.measures.outcome import Outcome
from sla_tracker.services import events, requests
from sla_tracker.services.consent.parties import find_parties
from sla_tracker.services.consent.replay import Replay, replay_catalogue, replay_parts
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import holds, operations
from sla_tracker.services.duties.scheduler import tick
from sla_tracker.services.months import archive, closing
from sla_tracker.testing.company import OBLIGATIONS, a_context, an_actor, an_obligation, local, set_clock

YEAR = free_range(date(2026, 11, 1), date(2027, 3, 31))


def registered(context: ServiceContext, plate: str) -> Sequence[Duty]:
    seller = an_actor(context, "wang.fang")
    at = local("2026-11-02 09:00")
    return events.register(context, seller, "vehicle-delivered", subject=plate, at=at).opened


def delivered(context: ServiceContext, plate: str, days_later: int) -> Duty:
    """Return the decoration sheet of a vehicle that was delivered on 2 November, handed in so many days later."""
    set_clock(context, "2026-11-02 10:00")
    seller = an_actor(context, "wang.fang")
    duties = registered(context, plate)
    duty = next(one for one in duties if one.obligation == "decoration-sheet")
    set_clock(context, f"2026-11-{2 + days_later:02} 10:00")
    return operations.deliver(context, seller, duty.id, {"sheet": "yes"})


def a_past() -> ServiceContext:
    context = a_context(now="2026-11-02 08:00")
    tick(context)
    return context


def replayed(context: ServiceContext, of: str, by: str = "li.na", **limit: Any) -> Replay:
    parties = find_parties(context, an_actor(context, by), of)
    target = limit.pop("target", None)
    limits = (AgreedLimit(**limit),) if limit else ()
    return replay_parts(context, parties, AgreedParts(limits=limits, target=target), YEAR)


def test_verdicts_flip_where_only_one_limit_was_kept() -> None:
    context = a_past()
    early, late = delivered(context, "A1", 2), delivered(context, "A2", 7)
    set_clock(context, "2026-12-04 10:00")
    longer = replayed(context, "decoration-sheet", trigger="on_event", due=InDays(days=8))
    assert (longer.before.good, longer.after.good, longer.after.valid) == (1, 2, 2)
    assert [(one.duty.id, one.before, one.after) for one in longer.flips] == [
        (late.id, Outcome.MISSED, Outcome.GOOD)
    ]
    shorter = replayed(context, "decoration-sheet", trigger="on_event", due=InDays(days=1))
    assert [(one.duty.id, one.after) for one in shorter.flips] == [(early.id, Outcome.MISSED)]
    same = replayed(context, "decoration-sheet", trigger="on_event", due=InDays(days=3))
    assert (same.before, same.flips, same.only_before, same.only_after) == (same.after, (), (), ())


def test_a_target_changes_what_is_allowed_and_no_verdict() -> None:
    context = a_past()
    delivered(context, "A1", 2)
    delivered(context, "A2", 7)
    found = replayed(context, "decoration-sheet", target=Decimal("0.5"))
    assert (found.before.budget, found.after.budget, found.flips) == (0, 1, ())


def test_holds_stay_as_they_were() -> None:
    context = a_past()
    set_clock(context, "2026-11-02 10:00")
    seller = an_actor(context, "wang.fang")
    duties = registered(context, "A1")
    duty = next(one for one in duties if one.obligation == "decoration-sheet")
    holds.hold(context, seller, duty.id, waits_for="finance", reason="form missing")
    set_clock(context, "2026-11-06 10:00")  # four workdays
    holds.resume(context, seller, duty.id)
    operations.deliver(context, seller, duty.id, {"sheet": "yes"})
    found = replayed(context, "decoration-sheet", trigger="on_event", due=InDays(days=1))
    assert (found.after.good, found.flips) == (1, ())


def test_closed_months_are_judged_from_their_archives_and_stay_as_they_are() -> None:
    sheet = next(one for one in OBLIGATIONS if one.id == "decoration-sheet")
    context = a_context(now="2026-11-02 08:00", obligations=[sheet])
    late = delivered(context, "A1", 7)
    set_clock(context, "2026-12-20 10:00")
    tick(context)
    closing.close(context, an_actor(context, "sun.hua"), "2026-11", mark_missed=True)
    archive.seal(context, an_actor(context, "sun.hua"), "2026-11")
    before = context.store.sealed("2026-11")
    found = replayed(context, "decoration-sheet", trigger="on_event", due=InDays(days=8))
    assert [one.duty.id for one in found.flips] == [late.id]
    assert context.store.sealed("2026-11") == before


def test_what_only_one_rule_opens_is_apart() -> None:
    context = a_past()
    set_clock(context, "2026-11-20 10:00")
    weekly = replayed(context, "commission-list", trigger="recurring", due=Weekly(weekdays=(4,)))
    assert [f"{one.due_at:%m-%d}" for one in weekly.only_before] == ["11-05"]
    assert [f"{one.due_at:%m-%d}" for one in weekly.only_after] == ["11-06", "11-13"]
    assert (weekly.duties, weekly.before.valid) == (0, 0)
    moved = replayed(context, "commission-list", trigger="recurring", due=DayOfMonth(day=25))
    assert (moved.only_before, moved.only_after) == ((), ())  # the same turn, later in its month
    assert [(one.before, one.after) for one in moved.flips] == [(Outcome.MISSED, Outcome.PENDING)]


def test_requests_are_counted_from_when_they_were_made() -> None:
    context = a_past()
    set_clock(context, "2026-11-03 10:00")
    _request, duty = requests.ask(context, an_actor(context, "sun.li"), "invoice-copy", text="R-1")
    set_clock(context, "2026-11-05 10:00")
    operations.deliver(context, an_actor(context, "wang.fang"), duty.id, {})
    found = replayed(context, "invoice-copy", "sun.hua", trigger="on_request", due=InWorkdays(workdays=1))
    assert [(one.before, one.after) for one in found.flips] == [(Outcome.GOOD, Outcome.MISSED)]


def test_a_changed_catalogue_is_judged_by_what_it_says_otherwise() -> None:
    context = a_past()
    delivered(context, "A1", 7)
    declared = context.declared.obligations

    def with_triggers(id: str, *triggers: Any) -> dict[str, Obligation]:
        return {id: replace(declared[id], triggers=triggers)}

    changed = {
        **declared,
        **with_triggers("decoration-sheet", OnEvent(event_type="vehicle-delivered", due=InDays(days=8))),
        **with_triggers("commission-list", Recurring(due=DayOfMonth(day=6))),
    }
    found = replay_catalogue(context, replace(context.declared, obligations=changed), YEAR)
    assert {one.id for one in found.obligations} == {"decoration-sheet", "commission-list"}
    assert [one.duty.obligation for one in found.flips] == ["decoration-sheet"]
    assert replay_catalogue(context, context.declared, YEAR).obligations == ()


QUARTER = Recurring(due=DayOfMonth(day=10, months=(1, 4, 7, 10)))


def test_the_same_turn_of_a_quarter_or_a_year_is_judged_wherever_its_day_moves() -> None:
    yearly = an_obligation("review", triggers=(Recurring(due=DayOfMonth(day=20, months=(11,))),))
    quarterly = an_obligation("return", triggers=(QUARTER,))
    context = a_context(
        now="2026-10-01 08:00", in_force_from=date(2026, 10, 1), obligations=[yearly, quarterly]
    )
    tick(context)
    for day in ("2026-10-05", "2026-11-16"):
        set_clock(context, f"{day} 09:00")
        tick(context)
    set_clock(context, "2026-12-31 20:00")
    # Named by the months from January on and from October on: the days lie up to a year from those kept.
    earlier = replayed(context, "review", trigger="recurring", due=DayOfMonth(day=20, months=(2,)))
    assert (earlier.only_before, earlier.only_after) == ((), ())
    dates = free_range(date(2026, 10, 1), date(2026, 10, 31))
    parties = find_parties(context, an_actor(context, "li.na"), "return")
    later = AgreedLimit(trigger="recurring", due=DayOfMonth(day=28, months=(3, 6, 9, 12)))
    found = replay_parts(context, parties, AgreedParts(limits=(later,)), dates)
    assert (found.duties, found.only_before, found.only_after) == (1, (), ())
