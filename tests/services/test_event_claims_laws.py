"""Laws: whatever a department does to events of its own duties, and however a checklist is edited."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sla_tracker.domain.agreements.obligation import OnEvent, Recurring
from sla_tracker.domain.deadlines.due import DayOfMonth, InWorkdays, NthWorkday, Weekly
from sla_tracker.domain.duties.duty import OWED, Duty
from sla_tracker.errors import SlaError
from sla_tracker.services import event_claims, events
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import scheduler
from sla_tracker.testing.company import a_context, an_obligation, local, set_clock
from tests.services.acts import opened, stored, who
from tests.services.test_duty_keys import calendar_list, changed

START = local("2026-11-20 18:30")
hours = st.integers(-200, 200).map(lambda number: timedelta(hours=number))
acts = st.one_of(
    st.tuples(st.just("correct"), hours),
    st.tuples(st.just("fields"), st.sampled_from(["yes", "no"])),
    st.tuples(st.just("cancel"), st.none()),
    st.tuples(st.just("confirm"), st.none()),
    st.tuples(st.just("refuse"), st.none()),
    st.tuples(st.just("wait"), st.integers(1, 60).map(lambda number: timedelta(hours=number))),
)


def act(context: ServiceContext, event_id: str, name: str, value: object) -> None:
    """Let sales try something; what is refused changes nothing."""
    wang, now = who(context, "wang.fang"), context.now()
    tries: dict[str, Callable[[], object]] = {
        "correct": lambda: events.correct(context, wang, event_id, at=min(now, START + value)),  # type: ignore[operator]
        "fields": lambda: events.correct(context, wang, event_id, fields={"cash": str(value)}),
        "cancel": lambda: events.cancel(context, wang, event_id, "x"),
        "confirm": lambda: event_claims.confirm(context, wang, event_id),
        "refuse": lambda: event_claims.refuse(context, wang, event_id, "x"),
        "wait": lambda: set_clock(context, now + value),  # type: ignore[operator]
    }
    try:
        tries[name]()
    except SlaError:
        return


@given(st.lists(acts, max_size=12))
def test_no_miss_vanishes_by_what_its_own_department_does(tried: list[tuple[str, object]]) -> None:
    context = a_context(now=START)
    found = opened(context, "2026-11-20 17:10", cash="yes")
    own = [duty for duty in found.values() if duty.provider == "sales"]
    set_clock(context, START + timedelta(hours=2))
    overdue: set[str] = set()
    for name, value in tried:
        before = {duty.id: stored(context, duty) for duty in own}
        act(context, own[0].event, name, value)
        for duty in own:
            kept = stored(context, duty)
            assert kept.due_at <= before[duty.id].due_at, "a due is later"
            if duty.id in overdue:
                assert kept.state in OWED
                assert kept.is_late(context.now())
            assert not kept.short_notice
            if kept.is_overdue(context.now()):
                overdue.add(duty.id)


moves = st.one_of(
    st.tuples(st.just("move"), hours),
    st.tuples(st.just("wait"), st.integers(20, 150).map(lambda number: timedelta(hours=number))),
    st.tuples(st.sampled_from(["cancel", "confirm", "refuse"]), st.none()),
)


@given(st.lists(moves, max_size=8))
def test_nor_by_moving_a_planned_one(tried: list[tuple[str, object]]) -> None:
    papers_rule = (OnEvent(event_type="settlement-scheduled", due=InWorkdays(workdays=-1)),)
    context = a_context(now=START, obligations=(an_obligation("papers", triggers=papers_rule),))
    wang = who(context, "wang.fang")
    registered = events.register(
        context, who(context, "chen.jing"), "settlement-scheduled", subject="C", at=START + timedelta(days=6)
    )
    (papers,) = registered.opened
    late = False
    for name, value in tried:
        if name == "move":
            at = context.now() + timedelta(days=9) + value  # type: ignore[operator]
            try:
                events.move(context, wang, registered.event.id, at)
            except SlaError:
                continue
        else:
            act(context, registered.event.id, name, value)
        kept = stored(context, papers)
        assert not kept.short_notice
        if late:
            assert kept.is_overdue(context.now())
        late = kept.is_overdue(context.now())


rules = st.one_of(
    st.integers(1, 28).map(lambda day: DayOfMonth(day=day)),
    st.integers(1, 15).map(lambda n: NthWorkday(n=n)),
    st.integers(0, 4).map(lambda day: Weekly(weekdays=(day,))),
)


@given(st.lists(st.tuples(rules, st.integers(0, 40)), min_size=1, max_size=6))
def test_however_a_rule_is_edited_no_turn_has_two_duties(edits: list[tuple[object, int]]) -> None:
    context = a_context(now="2026-11-20 09:00", obligations=(), in_force_from=date(2026, 11, 1))
    before: object = None
    for rule, days in edits:
        edited = changed(context, calendar_list(Recurring(due=rule)))  # type: ignore[arg-type]
        now = context.now()
        new = scheduler.tick(edited).opened
        if before is not None and before != rule:
            assert all(duty.due_at >= now for duty in new), "a changed rule opens nothing that is past"
        before = rule
        set_clock(context, now + timedelta(days=days))
        scheduler.tick(edited)
    duties = context.store.read(lambda tx: tx.find(Duty))
    assert len({duty.key for duty in duties}) == len(duties)
    months = Counter(turn for duty in duties if (turn := _month(duty)))
    assert set(months.values()) <= {1}


def _month(duty: Duty) -> str:
    turn = duty.key.rpartition("/")[2]
    return turn if "W" not in turn else ""
