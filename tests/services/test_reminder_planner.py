"""Planning: everything that falls due is written down once, and people see what concerns them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, time, timedelta
from typing import Any

import pytest

from sla_tracker.domain.agreements.obligation import Department
from sla_tracker.domain.duties.duty import State
from sla_tracker.domain.people import Role
from sla_tracker.domain.reminders.policy import (
    DEFAULT_POLICY,
    Level,
    OnWorkday,
    Policy,
    Preference,
    ReminderStep,
    TimeUsed,
)
from sla_tracker.domain.reminders.reminder import Reminder, ReminderState
from sla_tracker.domain.text import Text
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations as acts
from sla_tracker.services.ports import Act, Reading, Store, Where, Writing
from sla_tracker.services.queries.duties import owed_by
from sla_tracker.services.reminders.planner import (
    BATCH,
    acknowledge,
    channels_missing,
    my_reminders,
    next_moment,
    nobody_reached,
    outbox,
    plan,
    plan_in_batches,
    preview,
)
from sla_tracker.services.reminders.policies import policy_of
from sla_tracker.services.reminders.schedule import ReminderSchedule
from sla_tracker.services.undo import undo
from sla_tracker.testing.company import PEOPLE, a_context, a_duty, an_actor, an_obligation, local, set_clock
from sla_tracker.wording.reminders import format_step
from tests.services.reminded import a_reminding_context, duties, keep, reminders

ON_THE_DAY = ReminderStep(id="on-the-day", when=OnWorkday(workdays=0, at=time(9)))
DAY_AFTER = ReminderStep(id="day-after", when=OnWorkday(workdays=1, at=time(9)), level=Level.HEAD)


def turns_of(found: tuple[Reminder, ...]) -> list[tuple[str, str]]:
    return [(one.turn.partition("@")[0], one.recipient) for one in found]


def test_what_falls_due_is_planned_once() -> None:
    context = a_reminding_context(a_duty(assignee="wang.fang"), steps=[ON_THE_DAY, DAY_AFTER])
    assert plan(context) == ()
    set_clock(context, "2026-11-19 09:00")
    assert turns_of(plan(context)) == [("on-the-day", "wang.fang")]
    assert plan(context) == ()
    set_clock(context, "2026-11-20 09:00")
    assert turns_of(plan(context)) == [("day-after", "li.na")]


def test_steps_in_percent_that_are_passed_at_once_are_told_once_the_highest_only() -> None:
    half = ReminderStep(id="half", when=TimeUsed(percent=50))
    most = ReminderStep(id="most", when=TimeUsed(percent=80), level=Level.HEAD)
    context = a_reminding_context(a_duty(assignee="wang.fang"), steps=[half, most])
    set_clock(context, "2026-11-18 11:49")
    assert plan(context) == ()
    assert board_of(context) == [(0, "")]
    set_clock(context, "2026-11-19 14:00")
    assert [(one.turn, one.recipient) for one in plan(context)] == [("most%@2026-11-19", "li.na")]
    assert plan(context) == ()
    assert board_of(context) == [(80, "head")]


def test_each_step_in_percent_is_told_when_it_is_passed() -> None:
    steps = [ReminderStep(id=f"at-{n}", when=TimeUsed(percent=n)) for n in (90, 95)]
    context = a_reminding_context(a_duty(assignee="wang.fang"), steps=steps)
    set_clock(context, "2026-11-19 15:28")
    assert [one.turn for one in plan(context)] == ["at-90%@2026-11-19"]
    set_clock(context, "2026-11-19 16:44")
    assert [one.turn for one in plan(context)] == ["at-95%@2026-11-19"]


def board_of(context: ServiceContext) -> list[tuple[int, str]]:
    return [(row.percent_used, row.escalated_to) for row in owed_by(context, "sales").rows]


def test_nothing_due_writes_nothing() -> None:
    context = a_reminding_context(a_duty(assignee="wang.fang"), steps=[ON_THE_DAY])
    before = context.store.sequence()
    plan(context)
    assert context.store.sequence() == before


def test_after_days_of_silence_every_step_is_there() -> None:
    context = a_reminding_context(a_duty(assignee="wang.fang"), steps=[ON_THE_DAY, DAY_AFTER])
    set_clock(context, "2026-11-27 09:00")
    assert turns_of(plan(context)) == [("on-the-day", "wang.fang"), ("day-after", "li.na")]


def test_a_clock_that_went_back_changes_nothing() -> None:
    context = a_reminding_context(a_duty(assignee="wang.fang"), steps=[ON_THE_DAY])
    set_clock(context, "2026-11-19 09:00")
    plan(context)
    set_clock(context, "2026-11-18 09:00")
    assert plan(context) == ()
    set_clock(context, "2026-11-19 09:30")
    assert plan(context) == ()


def test_whoever_takes_the_duty_later_is_not_told_again_what_the_department_was_told() -> None:
    context = a_reminding_context(a_duty(), steps=[ON_THE_DAY])
    set_clock(context, "2026-11-19 09:00")
    assert len(plan(context)) == 3
    acts.take(context, an_actor(context, "zhao.lei"), a_duty().id)
    assert plan(context) == ()


def test_the_obligations_policy_goes_before_the_departments_and_the_usual_one() -> None:
    own, departments, usual = (
        Policy(steps=(replace(ON_THE_DAY, id=id),)) for id in ("own", "department", "usual")
    )
    obligation = an_obligation("sheet")

    def policy(context: ServiceContext) -> str:
        return policy_of(context, a_duty()).steps[0].id

    context = a_reminding_context(obligations=[obligation], policies={"default": usual})
    assert policy(context) == "usual"
    sales = Department(id="sales", name=Text("销售部", "Sales"), reminders=departments)
    with_department = replace(
        context,
        declared=replace(context.catalogue, departments={**context.catalogue.departments, "sales": sales}),
    )
    assert policy(with_department) == "department"
    with_own = replace(
        with_department,
        declared=replace(
            with_department.catalogue, obligations={"sheet": replace(obligation, reminders=own)}
        ),
    )
    assert policy(with_own) == "own"
    settings = replace(
        context.settings, reminders=replace(context.settings.reminders, obligations={"sheet": departments})
    )
    assert policy(replace(with_own, settings=settings)) == "department"


def test_a_digest_waits_until_its_time() -> None:
    context = a_reminding_context(
        a_duty(assignee="wang.fang"),
        steps=[ON_THE_DAY],
        policies={"preferences": {"wang.fang": Preference(digest_at=time(16, 30))}},
    )
    set_clock(context, "2026-11-19 09:00")
    (reminder,) = plan(context)
    assert reminder.send_at == local("2026-11-19 16:30")


def test_a_machine_that_comes_back_at_night_waits_for_the_morning() -> None:
    context = a_reminding_context(a_duty(assignee="wang.fang"), steps=[ON_THE_DAY])
    set_clock(context, "2026-11-19 23:10")
    (reminder,) = plan(context)
    assert (reminder.fell_due_at, reminder.send_at) == (local("2026-11-19 09:00"), local("2026-11-20 08:00"))


class CountingReads:
    """A store that counts how many documents were looked at."""

    def __init__(self, store: Store) -> None:
        self._store, self.finds = store, 0

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def read(self, work: Callable[[Reading], object]) -> object:
        def counted(tx: Reading) -> object:
            find = tx.find

            def found(kind: type[object], **where: Where) -> list[object]:
                values = find(kind, **where)
                self.finds += len(values)
                return values

            setattr(tx, "find", found)  # noqa: B010
            return work(tx)

        return self._store.read(counted)


def test_whoever_keeps_an_agenda_reads_only_what_was_touched() -> None:
    context = a_reminding_context(*duties(50, assignee="wang.fang"), steps=[ON_THE_DAY, DAY_AFTER])
    store = CountingReads(context.store)
    counted = replace(context, store=store)  # type: ignore[arg-type]
    schedule = ReminderSchedule()
    assert plan(counted, schedule) == ()
    first, store.finds = store.finds, 0
    acts.take(counted, an_actor(context, "wang.fang"), duties(1)[0].id)
    assert plan(counted, schedule) == ()
    assert (first, store.finds) == (50, 0)
    set_clock(context, "2026-11-19 09:00")
    assert len(plan(counted, schedule)) == 50
    assert plan(counted, schedule) == ()
    assert next_moment(counted, schedule=schedule) == local("2026-11-20 09:00")


def test_an_agenda_begins_anew_with_other_settings() -> None:
    context, schedule = (
        a_reminding_context(a_duty(assignee="wang.fang"), steps=[DAY_AFTER]),
        ReminderSchedule(),
    )
    set_clock(context, "2026-11-19 09:00")
    assert plan(context, schedule) == ()
    other = replace(
        context,
        settings=replace(
            context.settings,
            reminders=replace(context.settings.reminders, default=Policy(steps=(ON_THE_DAY,))),
        ),
    )
    assert turns_of(plan(other, schedule)) == [("on-the-day", "wang.fang")]


class Meddling:
    """A store in which somebody changes a value right before each planning transaction, as another process would."""

    def __init__(self, store: Store, value: object) -> None:
        self._store, self._value = store, value

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    def write(
        self, act: Act, work: Callable[[Writing], object], on_commit: Callable[[int], None] | None = None
    ) -> object:
        self._store.write(replace(act, what="kept"), lambda tx: tx.put(self._value))
        return self._store.write(act, work, on_commit)


def test_a_duty_that_changes_between_reading_and_writing_is_planned_as_it_is_then() -> None:
    context = a_reminding_context(a_duty(assignee="wang.fang"), steps=[ON_THE_DAY], now="2026-11-19 09:00")
    meddled = replace(context, store=Meddling(context.store, a_duty(assignee="zhao.lei")))  # type: ignore[arg-type]
    assert turns_of(plan(meddled)) == [("on-the-day", "zhao.lei")]
    done = a_reminding_context(a_duty(assignee="wang.fang"), steps=[ON_THE_DAY], now="2026-11-19 09:00")
    accepted = replace(a_duty(assignee="wang.fang"), state=State.ACCEPTED)
    assert plan(replace(done, store=Meddling(done.store, accepted))) == ()  # type: ignore[arg-type]


def test_many_duties_are_planned_some_at_a_time() -> None:
    context = a_reminding_context(
        *duties(2 * BATCH + 1, assignee="wang.fang"), steps=[ON_THE_DAY], now="2026-11-19 09:00"
    )
    before = context.store.sequence()
    assert [len(found) for found in plan_in_batches(context)] == [BATCH, BATCH, 1]
    assert context.store.sequence() == before + 3


# --- the terminal -----------------------------------------------------------------------------------------------------


def in_terminal(*duties: object) -> ServiceContext:
    context = a_reminding_context(policies={"usual_channels": ("terminal",)})
    keep(context, *duties)
    return context


def test_the_inbox_shows_a_duty_once_however_often_it_was_reminded() -> None:
    context = in_terminal(a_duty(assignee="wang.fang"))
    set_clock(context, "2026-11-20 10:00")
    plan(context)
    (row,) = my_reminders(context, "wang.fang")
    assert (row.reference, row.overdue, len(row.ids)) == ("abcdef", True, 1)
    assert row.reminded_at == local("2026-11-20 09:00")
    assert [row.level for row in my_reminders(context, "li.na")] == [Level.HEAD]


def test_what_was_read_is_gone_and_what_others_have_stays() -> None:
    context = in_terminal(a_duty(assignee="wang.fang"))
    set_clock(context, "2026-11-20 10:00")
    plan(context)
    ids = [id for row in my_reminders(context, "wang.fang") for id in row.ids]
    assert acknowledge(context, an_actor(context, "li.na"), ids) == 0
    assert acknowledge(context, an_actor(context, "wang.fang"), ids) == 1
    assert my_reminders(context, "wang.fang") == ()
    assert len(my_reminders(context, "li.na")) == 1
    assert acknowledge(context, an_actor(context, "wang.fang"), ids) == 0


def test_a_delivered_duty_leaves_the_inbox_at_once_and_its_reminders_are_dropped() -> None:
    context = in_terminal(a_duty(assignee="wang.fang"))
    plan(context)
    assert len(my_reminders(context, "wang.fang")) == 1
    acts.deliver(context, an_actor(context, "wang.fang"), a_duty().id)
    assert my_reminders(context, "wang.fang") == ()
    plan(context)
    assert {one.state for one in reminders(context)} == {ReminderState.DROPPED}


def test_a_reminder_does_not_stand_in_the_way_of_undo() -> None:
    context = in_terminal(a_duty(assignee="wang.fang"))
    actor = an_actor(context, "wang.fang")
    set_clock(context, "2026-11-19 08:30")
    acts.deliver(context, actor, a_duty().id)
    acts.take_back(context, actor, a_duty().id)
    set_clock(context, "2026-11-19 09:30")
    assert len(plan(context)) > 0
    assert acknowledge(context, actor, [one.id for one in reminders(context)]) == 1
    _, (duty,) = undo(context, actor)
    assert duty.state is State.DELIVERED


def test_a_duty_tells_in_its_history_when_it_was_reminded_of() -> None:
    context = in_terminal(a_duty(assignee="wang.fang"))
    plan(context)
    assert [change.act.what for change in context.store.history(a_duty().id)] == ["kept", "reminded"]


# --- looking ahead ----------------------------------------------------------------------------------------------------


def test_the_preview_also_knows_duties_that_are_not_open_yet() -> None:
    context = a_context(now="2026-11-20 14:00")
    rows = preview(context, 20)
    commission = [row for row in rows if row.title.en == "Commission list" and row.recipient == "wang.fang"]
    assert [(f"{row.at:%m-%d}", row.id, row.step.id) for row in commission] == [
        ("11-30", "", "opened"),
        ("12-02", "", "three-days-before"),
        ("12-07", "", "on-the-day"),
        ("12-07", "", "two-hours-before"),
        ("12-08", "", "overdue"),
        ("12-09", "", "overdue"),
        ("12-10", "", "overdue"),
    ]


def test_the_preview_is_what_is_planned_when_nothing_happens() -> None:
    context = a_reminding_context(a_duty(assignee="wang.fang"))
    promised = [(row.at, row.recipient, row.channel) for row in preview(context, 14)]
    set_clock(context, "2026-11-30 17:00")
    kept = [
        (one.fell_due_at, one.recipient, one.channel)
        for one in plan(context)
        if one.fell_due_at > local("2026-11-16 17:00")
    ]
    last = [
        max(one for one in promised if one[1:] == to) for to in dict.fromkeys(one[1:] for one in promised)
    ]
    assert sorted(kept) == sorted(last)
    assert len(promised) == 8


def test_steps_that_are_sent_at_the_same_moment_are_previewed_once() -> None:
    policies = {"preferences": {"wang.fang": Preference(digest_at=time(16, 30))}}
    steps = [ON_THE_DAY, replace(ON_THE_DAY, id="again", when=OnWorkday(workdays=0, at=time(11)))]
    context = a_reminding_context(a_duty(assignee="wang.fang"), steps=steps, policies=policies)
    assert [row.at for row in preview(context, 7)] == [local("2026-11-19 16:30")]


def test_every_step_of_the_usual_policy_has_words() -> None:
    said = [format_step(step) for step in DEFAULT_POLICY.steps]
    assert said == [
        "at the opening, to whoever has it",
        "3 workdays before the due time at 09:00, to whoever has it",
        "on the day it is due at 09:00, to whoever has it",
        "2 working hours before the due time, to whoever has it",
        "every workday at 09:00 while overdue, at most 5 times, to whoever has it",
        "1 workday after the due time at 09:00, to head of department",
        "3 workdays after the due time at 09:00, to the consumer's head",
        "1 working hour before the answer is due, to whoever has it",
        "1 workday before silence accepts at 09:00, to the consumer",
        "30 working minutes before the update is due, to whoever has it",
        "every workday at 09:00 while papers are missing, at most 3 times, to the consumer",
        "20 workdays after the papers were asked for at 09:00, to the consumer",
    ]


def test_the_next_moment_is_the_next_step_or_the_next_attempt() -> None:
    context = a_reminding_context(a_duty(assignee="wang.fang"), steps=[ON_THE_DAY, DAY_AFTER])
    assert next_moment(context) == local("2026-11-19 09:00")
    set_clock(context, "2026-11-19 22:00")
    plan(context)
    assert next_moment(context, ["mail"]) == local("2026-11-20 08:00")
    assert next_moment(context, ["wecom"]) == local("2026-11-20 09:00")
    set_clock(context, "2026-11-20 09:00")
    assert next_moment(context) is None


def test_the_outbox_shows_what_waits() -> None:
    context = a_reminding_context(a_duty(assignee="wang.fang"), steps=[ON_THE_DAY])
    set_clock(context, "2026-11-19 09:00")
    plan(context)
    (row,) = outbox(context)
    assert (row.reference, row.recipient, row.channel, row.state) == (
        "abcdef",
        "wang.fang",
        "mail",
        ReminderState.WAITING,
    )


def test_a_department_without_people_is_noticed() -> None:
    people = tuple(person for person in PEOPLE if person.department != "warehouse")
    assert nobody_reached(a_context(people=people)) == ("warehouse",)
    assert nobody_reached(a_context()) == ()


@pytest.mark.parametrize(
    ("change", "unreached"),
    [
        ({"left_on": date(2027, 6, 30)}, ()),
        ({"left_on": date(2026, 11, 20)}, ("warehouse",)),
        ({"role": Role.READER}, ("warehouse",)),
    ],
    ids=["have given notice", "are gone since today", "only read"],
)
def test_a_department_is_reached_while_somebody_in_it_is_reminded(
    change: dict[str, Any], unreached: tuple[str, ...]
) -> None:
    people = tuple(
        replace(person, **change) if person.department == "warehouse" else person for person in PEOPLE
    )
    assert nobody_reached(a_context(now="2026-11-20 09:00", people=people)) == unreached


def test_a_policy_that_names_a_missing_channel_falls_back_on_the_persons_own() -> None:
    step = replace(ON_THE_DAY, channels=("pager",))
    context = a_reminding_context(a_duty(assignee="wang.fang"), steps=[step], now="2026-11-19 10:00")
    assert [one.channel for one in plan(context)] == ["mail"]


def test_a_channel_that_a_plugin_names_and_nobody_set_up_is_noticed() -> None:
    obligation = an_obligation("sheet", reminders=Policy(steps=(replace(ON_THE_DAY, channels=("pager",)),)))
    (problem,) = channels_missing(a_context(obligations=[obligation, replace(obligation, id="other")]))
    assert "“pager” is unknown" in problem.sentence()
    assert channels_missing(a_context()) == ()


def test_the_preview_shows_a_digest_when_it_will_be_sent() -> None:
    context = a_reminding_context(
        a_duty(assignee="wang.fang"),
        steps=[ON_THE_DAY],
        policies={"preferences": {"wang.fang": Preference(digest_at=time(16, 30))}},
    )
    assert [row.at for row in preview(context, 7)] == [local("2026-11-19 16:30")]


def test_ten_steps_at_one_instant_are_one_reminder() -> None:
    steps = [replace(ON_THE_DAY, id=f"s{number}") for number in range(10)]
    context = a_reminding_context(a_duty(assignee="wang.fang"), steps=steps)
    set_clock(context, context.now() + timedelta(days=3))
    assert [one.turn for one in plan(context)] == ["s9@2026-11-19"]
    assert plan(context) == ()
