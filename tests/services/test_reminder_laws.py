"""Laws, for random policies and histories: no step lost, none sent twice, none at a wrong hour, none for what is done.

A run that is killed at any write or any letter and started again ends like one that was never disturbed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, time, timedelta
from typing import TypeVar

from hypothesis import given, settings
from hypothesis import strategies as st

from sla_tracker.domain.duties.duty import State
from sla_tracker.domain.reminders.allowed_hours import is_allowed
from sla_tracker.domain.reminders.due_reminders import turns
from sla_tracker.domain.reminders.policy import (
    AllowedHours,
    EveryWorkday,
    InWorkingHours,
    Level,
    OnWorkday,
    Policy,
    ReminderStep,
)
from sla_tracker.domain.reminders.reminder import Reminded, Reminder, ReminderState
from sla_tracker.domain.reminders.timing import message_turns
from sla_tracker.domain.time.work_hours import Segment
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Act, Store, Writing
from sla_tracker.services.reminders.leases import BATCH, LEASE
from sla_tracker.services.reminders.messages import SENT, Letter, Outcome
from sla_tracker.services.reminders.schedule import ReminderSchedule, reminder_inputs
from sla_tracker.services.reminders.sender import POOL, run_once
from sla_tracker.storage.memory import MemoryStore
from sla_tracker.testing.channels import Postbox
from sla_tracker.testing.company import a_calendar, a_duty, local, set_clock
from tests.services.reminded import a_reminding_context, keep, reminders
from tests.services.stores import Stores, in_memory

CALENDAR = a_calendar()
START = local("2026-11-16 17:00")
END = local("2026-12-04 12:00")


T = TypeVar("T")

clocks = st.times(min_value=time(0), max_value=time(23, 59)).map(
    lambda at: at.replace(second=0, microsecond=0)
)
whens = st.one_of(
    st.builds(OnWorkday, workdays=st.integers(-4, 6), at=clocks),
    st.builds(InWorkingHours, span=st.integers(-1200, 1200).map(lambda minutes: timedelta(minutes=minutes))),
    st.builds(EveryWorkday, most=st.integers(1, 4), at=clocks),
)
policies = st.builds(
    lambda steps, opens, length, closed: Policy(
        steps=tuple(
            ReminderStep(id=f"s{number}", when=when, level=level)
            for number, (when, level) in enumerate(steps)
        ),
        hours=AllowedHours(span=Segment(opens * 60, opens * 60 + length * 60), closed_days=closed),
    ),
    st.lists(st.tuples(whens, st.sampled_from([Level.ASSIGNEE, Level.HEAD])), min_size=1, max_size=4),
    st.integers(6, 15),
    st.integers(1, 8),
    st.booleans(),
)
looks = st.lists(st.integers(1, 60 * 24 * 3), min_size=3, max_size=25)


def a_watched_context(policy: Policy, store: Store) -> ServiceContext:
    return a_reminding_context(
        a_duty(assignee="wang.fang"),
        now="2026-11-16 17:00",
        store=store,
        policies={
            "default": policy,
            "together_from": 1000,
            "messages_a_day": 1000,
            "late_after": timedelta(days=365),
        },
    )


def pass_time(context: ServiceContext, minutes: list[int], look: Callable[[], None]) -> None:
    at = START
    for step in minutes:
        at = min(at + timedelta(minutes=step), END)
        set_clock(context, at)
        look()
    for day in range(4):  # long enough for every hour that may be allowed
        for hour in range(24):
            set_clock(context, END + timedelta(days=day, hours=hour))
            look()


def test_no_step_is_lost_none_sent_twice_and_none_at_a_wrong_hour(stores: Stores) -> None:
    @given(policy=policies, minutes=looks, keeps_schedule=st.booleans())
    @settings(max_examples=stores.some(15))
    def law(policy: Policy, minutes: list[int], keeps_schedule: bool) -> None:
        with stores.opened() as store:
            _all_is_told_once(store, policy, minutes, ReminderSchedule() if keeps_schedule else None)

    law()


def _all_is_told_once(
    store: Store, policy: Policy, minutes: list[int], schedule: ReminderSchedule | None
) -> None:
    sent: list[tuple[datetime, Letter]] = []
    context = a_watched_context(policy, store)

    def answer(letter: Letter) -> Outcome:
        sent.append((context.now(), letter))
        return SENT

    box = Postbox(answer)

    def look() -> None:
        run_once(context, {"mail": box}, schedule=schedule)

    pass_time(context, minutes, look)
    stored = reminders(context)
    duty, inputs = a_duty(assignee="wang.fang"), reminder_inputs(context)
    wanted = [turn for turn in turns(duty, inputs) if turn.at <= END]
    noted = store.read(lambda tx: tx.get(Reminded, duty.id))
    assert {turn.key for turn in wanted} <= set(noted.turns if noted else ())
    messages = message_turns(duty, turns(duty, inputs), inputs)
    last = {turn.step.level: turn.key for turn in wanted if turn.key in messages}
    assert set(last.values()) <= {one.turn for one in stored} <= set(messages)
    assert {one.state for one in stored} <= {ReminderState.SENT, ReminderState.FOLDED}
    assert all(is_allowed(policy.hours, at, CALENDAR) for at, _ in sent)
    assert sum(one.state is ReminderState.SENT for one in stored) == len(sent)
    assert max(Counter(letter.key for _, letter in sent).values(), default=1) == 1
    for folded in (one for one in stored if one.state is ReminderState.FOLDED):
        assert any(_overtook(one, folded) for one in stored)


def _overtook(one: Reminder, folded: Reminder) -> bool:
    return (
        one.state is ReminderState.SENT
        and (one.recipient, one.channel) == (folded.recipient, folded.channel)
        and one.fell_due_at >= folded.fell_due_at
    )


@given(policy=policies, minutes=looks, finished_after=st.integers(0, 24), how=st.sampled_from([*State]))
@settings(max_examples=30)
def test_nothing_is_sent_about_what_is_done(
    policy: Policy, minutes: list[int], finished_after: int, how: State
) -> None:
    context, box = a_watched_context(policy, MemoryStore()), Postbox()
    count = iter(range(10_000))
    before: list[int] = []

    def look() -> None:
        if next(count) == finished_after:
            before.append(len(box.letters))
            keep(context, replace(a_duty(assignee="wang.fang"), state=how))
        run_once(context, {"mail": box})

    pass_time(context, minutes, look)
    assert how is State.OPEN or len(box.letters) == before[0]


class Killed(BaseException):
    """Stands for the end of the process."""


class Mortal:
    """A store whose process ends at the n-th commit, before or after it is made."""

    def __init__(self, store: Store, lives: list[tuple[int, bool]]) -> None:
        self._store, self._lives, self._writes = store, dict(lives), 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def write(
        self, act: Act, work: Callable[[Writing], T], on_commit: Callable[[int], None] | None = None
    ) -> T:
        self._writes += 1
        after = self._lives.get(self._writes)
        if after is False:
            raise Killed
        result = self._store.write(act, work, on_commit)
        if after:
            raise Killed
        return result


def test_stopping_at_any_point_and_starting_again_changes_nothing(stores: Stores) -> None:
    """The same turns are told; only what was on its way when the process died may come twice, and then it is marked."""

    @given(
        policy=policies,
        minutes=looks,
        lives=st.lists(st.tuples(st.integers(2, 30), st.booleans()), max_size=6),
    )
    @settings(max_examples=stores.some(12))
    def law(policy: Policy, minutes: list[int], lives: list[tuple[int, bool]]) -> None:
        _dying_changes_nothing(stores, policy, minutes, lives)

    law()


def _dying_changes_nothing(
    stores: Stores, policy: Policy, minutes: list[int], lives: list[tuple[int, bool]]
) -> None:
    undisturbed, _ = _told(stores, policy, minutes, [])
    disturbed, letters = _told(stores, policy, minutes, lives)
    assert {one.turn for one in disturbed} == {one.turn for one in undisturbed}
    arrived = {letter.key for letter in letters}
    assert all(one.message in arrived for one in disturbed if one.state is not ReminderState.FOLDED)
    times = Counter((letter.key, letter.repeat) for letter in letters)
    assert max(times.values(), default=1) == 1


def _told(
    stores: Stores, policy: Policy, minutes: list[int], lives: list[tuple[int, bool]]
) -> tuple[list[Reminder], list[Letter]]:
    with stores.opened() as store:
        context = a_watched_context(policy, store)
        mortal = replace(context, store=Mortal(store, lives))  # type: ignore[arg-type]
        box = Postbox()

        def look() -> None:
            for _ in range(8):
                try:
                    run_once(mortal, {"mail": box}, pool=1)
                    break
                except Killed:
                    continue

        pass_time(context, minutes, look)
        return reminders(context), box.letters


def test_the_lease_outlasts_a_batch_of_slow_letters() -> None:
    from sla_tracker.notify.options import LONGEST_WAIT

    usual_wait = 15
    assert timedelta(seconds=BATCH / POOL * usual_wait) < LEASE
    assert usual_wait <= LONGEST_WAIT


def test_the_laws_see_a_duty() -> None:
    """Guard against laws that hold because nothing is ever sent."""
    policy = Policy(steps=(ReminderStep(id="s", when=OnWorkday(workdays=0, at=time(9))),))
    _, letters = _told(Stores("memory", in_memory), policy, [60 * 24 * 3], [])
    assert [line.duty for letter in letters for line in letter.lines] == [a_duty().id]
