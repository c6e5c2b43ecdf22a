"""Planning: everything that falls due is written down once, and people see what concerns them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import time, timedelta

from sla_tracker.core.duty import State
from sla_tracker.core.obligation import Department
from sla_tracker.core.policy import (
    DEFAULT_POLICY,
    Level,
    OnWorkday,
    Policy,
    Preference,
    ReminderStep,
)
from sla_tracker.core.reminder import Reminder, ReminderState
from sla_tracker.core.text import Text
from sla_tracker.desk import duties as acts
from sla_tracker.desk.agenda import Agenda, policy_of
from sla_tracker.desk.desk import Desk
from sla_tracker.desk.ports import Reading, Store, Where
from sla_tracker.desk.reminding import (
    acknowledge,
    channels_missing,
    inbox,
    next_moment,
    nobody_reached,
    outbox,
    plan,
    preview,
)
from sla_tracker.desk.undo import undo
from sla_tracker.desk.wording import step_in_words
from sla_tracker.testing.company import PEOPLE, a_desk, a_duty, an_actor, an_obligation, local, set_clock
from tests.desk.reminded import a_reminding_desk, duties, keep, reminders

ON_THE_DAY = ReminderStep(id="on-the-day", when=OnWorkday(workdays=0, at=time(9)))
DAY_AFTER = ReminderStep(id="day-after", when=OnWorkday(workdays=1, at=time(9)), level=Level.HEAD)


def turns_of(found: tuple[Reminder, ...]) -> list[tuple[str, str]]:
    return [(one.turn.partition("@")[0], one.recipient) for one in found]


def test_what_falls_due_is_planned_once() -> None:
    desk = a_reminding_desk(a_duty(assignee="wang.fang"), steps=[ON_THE_DAY, DAY_AFTER])
    assert plan(desk) == ()
    set_clock(desk, "2026-11-19 09:00")
    assert turns_of(plan(desk)) == [("on-the-day", "wang.fang")]
    assert plan(desk) == ()
    set_clock(desk, "2026-11-20 09:00")
    assert turns_of(plan(desk)) == [("day-after", "li.na")]


def test_nothing_due_writes_nothing() -> None:
    desk = a_reminding_desk(a_duty(assignee="wang.fang"), steps=[ON_THE_DAY])
    before = desk.store.sequence()
    plan(desk)
    assert desk.store.sequence() == before


def test_after_days_of_silence_every_step_is_there() -> None:
    desk = a_reminding_desk(a_duty(assignee="wang.fang"), steps=[ON_THE_DAY, DAY_AFTER])
    set_clock(desk, "2026-11-27 09:00")
    assert turns_of(plan(desk)) == [("on-the-day", "wang.fang"), ("day-after", "li.na")]


def test_a_clock_that_went_back_changes_nothing() -> None:
    desk = a_reminding_desk(a_duty(assignee="wang.fang"), steps=[ON_THE_DAY])
    set_clock(desk, "2026-11-19 09:00")
    plan(desk)
    set_clock(desk, "2026-11-18 09:00")
    assert plan(desk) == ()
    set_clock(desk, "2026-11-19 09:30")
    assert plan(desk) == ()


def test_whoever_takes_the_duty_later_is_not_told_again_what_the_department_was_told() -> None:
    desk = a_reminding_desk(a_duty(), steps=[ON_THE_DAY])
    set_clock(desk, "2026-11-19 09:00")
    assert len(plan(desk)) == 3
    acts.take(desk, an_actor(desk, "zhao.lei"), a_duty().id)
    assert plan(desk) == ()


def test_the_obligations_policy_goes_before_the_departments_and_the_usual_one() -> None:
    own, departments, usual = (
        Policy(steps=(replace(ON_THE_DAY, id=id),)) for id in ("own", "department", "usual")
    )
    obligation = an_obligation("sheet")

    def policy(desk: Desk) -> str:
        return policy_of(desk, a_duty()).steps[0].id

    desk = a_reminding_desk(obligations=[obligation], policies={"default": usual})
    assert policy(desk) == "usual"
    sales = Department(id="sales", name=Text("销售部", "Sales"), reminders=departments)
    with_department = replace(
        desk, catalogue=replace(desk.catalogue, departments={**desk.catalogue.departments, "sales": sales})
    )
    assert policy(with_department) == "department"
    with_own = replace(
        with_department,
        catalogue=replace(
            with_department.catalogue, obligations={"sheet": replace(obligation, reminders=own)}
        ),
    )
    assert policy(with_own) == "own"
    settings = replace(
        desk.settings, reminders=replace(desk.settings.reminders, obligations={"sheet": departments})
    )
    assert policy(replace(with_own, settings=settings)) == "department"


def test_a_digest_waits_until_its_time() -> None:
    desk = a_reminding_desk(
        a_duty(assignee="wang.fang"),
        steps=[ON_THE_DAY],
        policies={"preferences": {"wang.fang": Preference(digest_at=time(16, 30))}},
    )
    set_clock(desk, "2026-11-19 09:00")
    (reminder,) = plan(desk)
    assert reminder.send_at == local("2026-11-19 16:30")


def test_a_machine_that_comes_back_at_night_waits_for_the_morning() -> None:
    desk = a_reminding_desk(a_duty(assignee="wang.fang"), steps=[ON_THE_DAY])
    set_clock(desk, "2026-11-19 23:10")
    (reminder,) = plan(desk)
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
    desk = a_reminding_desk(*duties(50, assignee="wang.fang"), steps=[ON_THE_DAY, DAY_AFTER])
    store = CountingReads(desk.store)
    counted = replace(desk, store=store)  # type: ignore[arg-type]
    agenda = Agenda()
    assert plan(counted, agenda) == ()
    first, store.finds = store.finds, 0
    acts.take(counted, an_actor(desk, "wang.fang"), duties(1)[0].id)
    assert plan(counted, agenda) == ()
    assert (first, store.finds) == (50, 0)
    set_clock(desk, "2026-11-19 09:00")
    assert len(plan(counted, agenda)) == 50
    assert plan(counted, agenda) == ()
    assert next_moment(counted, agenda=agenda) == local("2026-11-20 09:00")


def test_an_agenda_begins_anew_with_other_settings() -> None:
    desk, agenda = a_reminding_desk(a_duty(assignee="wang.fang"), steps=[DAY_AFTER]), Agenda()
    set_clock(desk, "2026-11-19 09:00")
    assert plan(desk, agenda) == ()
    other = replace(
        desk,
        settings=replace(
            desk.settings, reminders=replace(desk.settings.reminders, default=Policy(steps=(ON_THE_DAY,)))
        ),
    )
    assert turns_of(plan(other, agenda)) == [("on-the-day", "wang.fang")]


# --- the terminal -----------------------------------------------------------------------------------------------------


def in_terminal(*duties: object) -> Desk:
    desk = a_reminding_desk(policies={"usual_channels": ("terminal",)})
    keep(desk, *duties)
    return desk


def test_the_inbox_shows_a_duty_once_however_often_it_was_reminded() -> None:
    desk = in_terminal(a_duty(assignee="wang.fang"))
    set_clock(desk, "2026-11-20 10:00")
    plan(desk)
    (row,) = inbox(desk, "wang.fang")
    assert (row.reference, row.overdue, len(row.ids)) == ("abcdef", True, 5)
    assert row.reminded_at == local("2026-11-20 09:00")
    assert [row.level for row in inbox(desk, "li.na")] == [Level.HEAD]


def test_what_was_read_is_gone_and_what_others_have_stays() -> None:
    desk = in_terminal(a_duty(assignee="wang.fang"))
    set_clock(desk, "2026-11-20 10:00")
    plan(desk)
    ids = [id for row in inbox(desk, "wang.fang") for id in row.ids]
    assert acknowledge(desk, an_actor(desk, "li.na"), ids) == 0
    assert acknowledge(desk, an_actor(desk, "wang.fang"), ids) == 5
    assert inbox(desk, "wang.fang") == ()
    assert len(inbox(desk, "li.na")) == 1
    assert acknowledge(desk, an_actor(desk, "wang.fang"), ids) == 0


def test_a_delivered_duty_leaves_the_inbox_at_once_and_its_reminders_are_dropped() -> None:
    desk = in_terminal(a_duty(assignee="wang.fang"))
    plan(desk)
    assert len(inbox(desk, "wang.fang")) == 1
    acts.deliver(desk, an_actor(desk, "wang.fang"), a_duty().id)
    assert inbox(desk, "wang.fang") == ()
    plan(desk)
    assert {one.state for one in reminders(desk)} == {ReminderState.DROPPED}


def test_a_reminder_does_not_stand_in_the_way_of_undo() -> None:
    desk = in_terminal(a_duty(assignee="wang.fang"))
    actor = an_actor(desk, "wang.fang")
    acts.deliver(desk, actor, a_duty().id)
    set_clock(desk, "2026-11-18 09:30")
    assert len(plan(desk)) > 0
    acknowledge(desk, actor, [one.id for one in reminders(desk)])
    _, (duty,) = undo(desk, actor)
    assert duty.state is State.OPEN


def test_a_duty_tells_in_its_history_when_it_was_reminded_of() -> None:
    desk = in_terminal(a_duty(assignee="wang.fang"))
    plan(desk)
    assert [change.act.what for change in desk.store.history(a_duty().id)] == ["kept", "reminded"]


# --- looking ahead ----------------------------------------------------------------------------------------------------


def test_the_preview_also_knows_duties_that_are_not_open_yet() -> None:
    desk = a_desk(now="2026-11-20 14:00")
    rows = preview(desk, 20)
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
    desk = a_reminding_desk(a_duty(assignee="wang.fang"))
    promised = [(row.at, row.recipient, row.channel) for row in preview(desk, 14)]
    set_clock(desk, "2026-11-30 17:00")
    kept = [
        (one.fell_due_at, one.recipient, one.channel)
        for one in plan(desk)
        if one.fell_due_at > local("2026-11-16 17:00")
    ]
    assert promised == sorted(kept)
    assert len(promised) == 9


def test_steps_that_fall_on_the_same_moment_are_previewed_as_the_last_of_them() -> None:
    policies = {"preferences": {"wang.fang": Preference(digest_at=time(16, 30))}}
    steps = [ON_THE_DAY, replace(ON_THE_DAY, id="again", when=OnWorkday(workdays=0, at=time(11)))]
    desk = a_reminding_desk(a_duty(assignee="wang.fang"), steps=steps, policies=policies)
    assert [(row.at, row.step.id) for row in preview(desk, 7)] == [(local("2026-11-19 16:30"), "again")]


def test_every_step_of_the_usual_policy_has_words() -> None:
    said = [step_in_words(step) for step in DEFAULT_POLICY.steps]
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
    ]


def test_the_next_moment_is_the_next_step_or_the_next_attempt() -> None:
    desk = a_reminding_desk(a_duty(assignee="wang.fang"), steps=[ON_THE_DAY, DAY_AFTER])
    assert next_moment(desk) == local("2026-11-19 09:00")
    set_clock(desk, "2026-11-19 22:00")
    plan(desk)
    assert next_moment(desk, ["mail"]) == local("2026-11-20 08:00")
    assert next_moment(desk, ["wecom"]) == local("2026-11-20 09:00")
    set_clock(desk, "2026-11-20 09:00")
    assert next_moment(desk) is None


def test_the_outbox_shows_what_waits() -> None:
    desk = a_reminding_desk(a_duty(assignee="wang.fang"), steps=[ON_THE_DAY])
    set_clock(desk, "2026-11-19 09:00")
    plan(desk)
    (row,) = outbox(desk)
    assert (row.reference, row.recipient, row.channel, row.state) == (
        "abcdef",
        "wang.fang",
        "mail",
        ReminderState.WAITING,
    )


def test_a_department_without_people_is_noticed() -> None:
    people = tuple(person for person in PEOPLE if person.department != "warehouse")
    assert nobody_reached(a_desk(people=people)) == ("warehouse",)
    assert nobody_reached(a_desk()) == ()


def test_a_policy_that_names_a_missing_channel_falls_back_on_the_persons_own() -> None:
    step = replace(ON_THE_DAY, channels=("pager",))
    desk = a_reminding_desk(a_duty(assignee="wang.fang"), steps=[step], now="2026-11-19 10:00")
    assert [one.channel for one in plan(desk)] == ["mail"]


def test_a_channel_that_a_plugin_names_and_nobody_set_up_is_noticed() -> None:
    obligation = an_obligation("sheet", reminders=Policy(steps=(replace(ON_THE_DAY, channels=("pager",)),)))
    (problem,) = channels_missing(a_desk(obligations=[obligation, replace(obligation, id="other")]))
    assert "“pager” is unknown" in problem.sentence()
    assert channels_missing(a_desk()) == ()


def test_the_preview_shows_a_digest_when_it_will_be_sent() -> None:
    desk = a_reminding_desk(
        a_duty(assignee="wang.fang"),
        steps=[ON_THE_DAY],
        policies={"preferences": {"wang.fang": Preference(digest_at=time(16, 30))}},
    )
    assert [row.at for row in preview(desk, 7)] == [local("2026-11-19 16:30")]


def test_ten_steps_at_one_instant_are_ten_reminders() -> None:
    steps = [replace(ON_THE_DAY, id=f"s{number}") for number in range(10)]
    desk = a_reminding_desk(a_duty(assignee="wang.fang"), steps=steps)
    set_clock(desk, desk.now() + timedelta(days=3))
    assert len({one.id for one in plan(desk)}) == 10
