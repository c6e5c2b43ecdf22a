"""Sending: what is claimed, sent, repeated, folded, put off and given up."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import time, timedelta
from itertools import pairwise

import pytest

from sla_tracker.core.policy import OnWorkday, Preference, Reach, ReminderStep
from sla_tracker.core.reminder import Reminder, ReminderState
from sla_tracker.desk import duties as acts
from sla_tracker.desk import outbox
from sla_tracker.desk.claims import LEASE
from sla_tracker.desk.desk import Desk
from sla_tracker.desk.holds import hold
from sla_tracker.desk.letters import SENT, Letter, Outcome, deferred, failed, unknown
from sla_tracker.desk.outbox import PAUSES, Round, run_once
from sla_tracker.desk.reminding import plan
from sla_tracker.errors import StoreError
from sla_tracker.testing.company import a_duty, an_actor, local, set_clock
from sla_tracker.testing.outlets import Postbox, a_channel, some_channels
from tests.desk.reminded import a_reminding_desk, duties, keep, reminders

ON_THE_DAY = ReminderStep(id="on-the-day", when=OnWorkday(workdays=0, at=time(9)))
NINE = "2026-11-19 09:00"


def a_desk_at_nine(*stored: object, **given: object) -> Desk:
    """Build a desk on the day one duty of 王芳 is due, at the moment its only reminder falls due."""
    return a_reminding_desk(
        *(stored or (a_duty(assignee="wang.fang"),)),  # type: ignore[arg-type]
        now=NINE,
        steps=[ON_THE_DAY],
        policies=given,
    )


def later(desk: Desk, by: timedelta) -> None:
    set_clock(desk, desk.now() + by)


def only(desk: Desk) -> Reminder:
    (reminder,) = reminders(desk)
    return reminder


def test_a_reminder_is_sent_once_and_recorded() -> None:
    desk, box = a_desk_at_nine(), Postbox()
    assert run_once(desk, {"mail": box}) == Round(planned=1, sent=1)
    assert run_once(desk, {"mail": box}) == Round()
    (letter,) = box.letters
    assert (letter.recipient, letter.address) == ("wang.fang", "wang.fang@example.com")
    assert (only(desk).state, only(desk).sent_at, only(desk).attempts) == (
        ReminderState.SENT,
        local(NINE),
        1,
    )


def test_a_channel_that_is_served_elsewhere_is_left_alone() -> None:
    desk = a_desk_at_nine()
    assert run_once(desk, {"wecom": Postbox()}) == Round(planned=1)
    assert only(desk).state is ReminderState.WAITING


def test_a_desktop_serves_only_who_sits_at_it() -> None:
    class Elsewhere(Postbox):
        def serves(self, recipient: str) -> bool:
            return recipient == "li.na"

    desk = a_desk_at_nine()
    assert run_once(desk, {"mail": Elsewhere()}) == Round(planned=1)


def finish(desk: Desk) -> None:
    acts.deliver(desk, an_actor(desk, "wang.fang"), a_duty().id)


def put_on_hold(desk: Desk) -> None:
    hold(desk, an_actor(desk, "wang.fang"), a_duty().id, waits_for="finance", reason="a form is missing")


def move_to_another_day(desk: Desk) -> None:
    duty = a_duty(assignee="wang.fang")
    due_at = duty.due_at + timedelta(days=4)
    deadline = replace(duty.deadline, due_at=due_at, due_on=due_at.date())
    keep(desk, replace(duty, due_at=due_at, deadline=deadline))


@pytest.mark.parametrize("meanwhile", [finish, put_on_hold, move_to_another_day])
def test_what_was_done_held_or_moved_meanwhile_is_not_sent(meanwhile: object) -> None:
    desk, box = a_desk_at_nine(), Postbox()
    plan(desk)
    assert callable(meanwhile)
    meanwhile(desk)
    assert run_once(desk, {"mail": box}).dropped == 1
    assert box.letters == []


def test_outside_allowed_hours_nothing_leaves() -> None:
    desk, box = a_desk_at_nine(), Postbox()
    plan(desk)
    set_clock(desk, "2026-11-19 20:30")
    assert run_once(desk, {"mail": box}) == Round()
    set_clock(desk, "2026-11-20 08:00")
    assert run_once(desk, {"mail": box}).sent == 1


# --- failures ---------------------------------------------------------------------------------------------------------


def test_a_failure_is_tried_again_after_growing_pauses_and_then_given_up() -> None:
    desk, box = a_desk_at_nine(), Postbox(lambda letter: failed("{host} is away.", host="mail.example"))
    tries = []
    set_clock(desk, NINE)
    while True:
        run_once(desk, {"mail": box})
        tries.append(desk.now())
        reminder = only(desk)
        if reminder.send_at is None:
            break
        assert reminder.state is ReminderState.RETRYING
        set_clock(desk, reminder.send_at)
    assert reminder.state is ReminderState.FAILED
    assert (reminder.problem, reminder.problem_values) == ("{host} is away.", {"host": "mail.example"})
    assert len(tries) == len(PAUSES) + 1
    assert [after - before for before, after in pairwise(tries[:5])] == list(PAUSES[:4])


def test_what_cannot_be_helped_is_not_tried_again() -> None:
    desk, box = a_desk_at_nine(), Postbox(lambda letter: failed("no address", final=True))
    run_once(desk, {"mail": box})
    assert only(desk).state is ReminderState.FAILED


def test_a_channel_that_breaks_costs_its_own_letters_only() -> None:
    def explode(letter: Letter) -> Outcome:
        raise RuntimeError("secret-password")

    steps = [ON_THE_DAY, replace(ON_THE_DAY, id="group", channels=("wecom",))]
    channels = some_channels(a_channel(), a_channel("wecom", Reach.GROUP))
    desk = a_reminding_desk(
        a_duty(assignee="wang.fang"), now=NINE, steps=steps, policies={"channels": channels}
    )
    good = Postbox()
    assert run_once(desk, {"mail": Postbox(explode), "wecom": good}) == Round(planned=2, sent=1, failed=1)
    (broken,) = reminders(desk, ReminderState.RETRYING)
    assert "secret-password" not in str(broken)
    assert broken.problem_values == {"channel": "mail", "reason": "RuntimeError"}


def test_a_channel_that_wants_a_pause_is_left_alone_and_no_attempt_is_counted() -> None:
    desk = a_desk_at_nine(*duties(30, assignee="wang.fang"), together_from=1000)
    full = Postbox(lambda letter: deferred("too fast", pause=timedelta(minutes=2)))
    done = run_once(desk, {"mail": full}, pool=2)
    assert done.deferred == 30
    assert full.tried <= 2
    assert {one.attempts for one in reminders(desk)} == {0}
    later(desk, timedelta(minutes=2))
    open_again = Postbox()
    assert run_once(desk, {"mail": open_again}).sent == 30


def test_an_unreachable_server_is_not_asked_for_every_letter() -> None:
    desk = a_desk_at_nine(*duties(400, assignee="wang.fang"), together_from=1000)
    away = Postbox(lambda letter: failed("away", pause=timedelta(minutes=1)))
    run_once(desk, {"mail": away}, pool=4)
    assert away.tried <= 4


# --- nobody knows -----------------------------------------------------------------------------------------------------


def test_an_unknown_result_is_repeated_once_and_marked() -> None:
    desk, box = a_desk_at_nine(), Postbox(lambda letter: unknown("broke off"))
    run_once(desk, {"mail": box})
    assert only(desk).state is ReminderState.UNKNOWN
    later(desk, PAUSES[0])
    run_once(desk, {"mail": box})
    for _ in range(5):
        later(desk, timedelta(hours=1))
        run_once(desk, {"mail": box})
    assert [letter.repeat for letter in box.letters] == [False, True]
    assert box.letters[1].subject.startswith("(repeated)")
    assert box.letters[0].key == box.letters[1].key
    assert (only(desk).state, only(desk).send_at) == (ReminderState.UNKNOWN, None)


def test_a_channel_that_recognises_repeats_is_asked_again_with_the_same_key() -> None:
    answers = iter([unknown("broke off"), unknown("broke off"), SENT])
    desk, box = a_desk_at_nine(), Postbox(lambda letter: next(answers), recognises=True)
    for pause in (timedelta(0), PAUSES[0], PAUSES[1]):
        later(desk, pause)
        run_once(desk, {"mail": box})
    assert [letter.repeat for letter in box.letters] == [False] * 3
    assert len({letter.key for letter in box.letters}) == 1
    assert only(desk).state is ReminderState.SENT


def test_a_certain_failure_after_an_unknown_result_is_still_marked() -> None:
    answers = iter([unknown("broke off"), failed("refused"), SENT])
    desk, box = a_desk_at_nine(), Postbox(lambda letter: next(answers))
    for pause in (timedelta(0), PAUSES[0], PAUSES[1]):
        later(desk, pause)
        run_once(desk, {"mail": box})
    assert [letter.repeat for letter in box.letters] == [False, True]
    assert only(desk).state is ReminderState.SENT


class Killed(BaseException):
    """Stands for the end of the process."""


def test_a_sender_that_died_while_sending_leaves_a_repeat() -> None:
    desk, box = a_desk_at_nine(), Postbox()

    def die(letter: Letter) -> Outcome:
        box.letters.append(letter)
        raise Killed

    with pytest.raises(Killed):
        run_once(desk, {"mail": Postbox(die)})
    assert only(desk).state is ReminderState.SENDING
    assert run_once(desk, {"mail": box}) == Round()
    later(desk, LEASE)
    assert run_once(desk, {"mail": box}).sent == 1
    assert [letter.repeat for letter in box.letters] == [False, True]
    assert box.letters[0].key == box.letters[1].key


def test_a_store_that_is_away_for_a_moment_does_not_lose_what_was_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    desk, box = a_desk_at_nine(), Postbox()
    write, away = desk.store.write, iter([True])

    def sometimes(act: object, work: object) -> object:
        if getattr(act, "what", "") == "sent_reminders" and next(away, False):
            raise StoreError("The store is away.")
        return write(act, work)  # type: ignore[arg-type]

    monkeypatch.setattr(desk.store, "write", sometimes)
    assert run_once(desk, {"mail": box}).sent == 1
    assert only(desk).state is ReminderState.SENT


def test_when_nothing_can_be_written_down_no_more_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    desk, box = a_desk_at_nine(*duties(40, assignee="wang.fang"), together_from=1000), Postbox()
    write = desk.store.write

    def refuse(act: object, work: object) -> object:
        if getattr(act, "what", "") == "sent_reminders":
            raise StoreError("The store is away.")
        return write(act, work)  # type: ignore[arg-type]

    def slowly(letter: Letter) -> Outcome:
        threading.Event().wait(0.01)
        return SENT

    monkeypatch.setattr(outbox, "RECORD_PAUSES", ())
    monkeypatch.setattr(desk.store, "write", refuse)
    box.answer = slowly
    with pytest.raises(StoreError):
        run_once(desk, {"mail": box}, pool=1)
    assert len(box.letters) < 10


# --- together ---------------------------------------------------------------------------------------------------------


def test_a_few_are_sent_one_by_one_and_many_as_one() -> None:
    few, many = Postbox(), Postbox()
    run_once(a_desk_at_nine(*duties(3, assignee="wang.fang")), {"mail": few})
    run_once(a_desk_at_nine(*duties(4, assignee="wang.fang")), {"mail": many})
    assert [len(letter.lines) for letter in few.letters] == [1, 1, 1]
    assert [len(letter.lines) for letter in many.letters] == [4]
    assert many.letters[0].subject == "4 reminders"


def test_after_three_days_off_each_person_gets_one_letter() -> None:
    desk = a_reminding_desk(*duties(30, assignee="wang.fang"), now="2026-11-16 17:00")
    box = Postbox()
    run_once(desk, {"mail": box})
    box.letters.clear()
    set_clock(desk, "2026-11-23 09:00")
    done = run_once(desk, {"mail": box})
    assert sorted(letter.recipient for letter in box.letters) == ["li.na", "wang.fang"]
    assert {len(letter.lines) for letter in box.letters} == {30}
    assert done.sent + done.folded == done.planned
    assert box.letters[0].subject == "30 reminders, 30 of them overdue"


def test_two_late_ones_go_together() -> None:
    desk, box = a_desk_at_nine(*duties(2, assignee="wang.fang")), Postbox()
    plan(desk)
    later(desk, timedelta(hours=2))
    run_once(desk, {"mail": box})
    assert [len(letter.lines) for letter in box.letters] == [2]


def test_who_prefers_a_digest_gets_one_a_day() -> None:
    preference = {"wang.fang": Preference(digest_at=time(16, 30))}
    desk, box = a_desk_at_nine(*duties(2, assignee="wang.fang"), preferences=preference), Postbox()
    assert run_once(desk, {"mail": box}).sent == 0
    set_clock(desk, "2026-11-19 16:30")
    run_once(desk, {"mail": box})
    assert [len(letter.lines) for letter in box.letters] == [2]


def test_a_finished_duty_drops_out_of_a_digest() -> None:
    five = duties(5, assignee="wang.fang")
    desk, box = a_desk_at_nine(*five), Postbox()
    plan(desk)
    acts.deliver(desk, an_actor(desk, "wang.fang"), five[0].id)
    run_once(desk, {"mail": box})
    assert [len(letter.lines) for letter in box.letters] == [4]
    assert five[0].id not in {line.duty for line in box.letters[0].lines}


# --- several at once --------------------------------------------------------------------------------------------------


def test_several_machines_at_once_send_everything_once() -> None:
    desk = a_desk_at_nine(*duties(200, assignee="wang.fang"), together_from=1000)
    boxes = [Postbox() for _ in range(4)]
    machines = [threading.Thread(target=run_once, args=(desk, {"mail": box})) for box in boxes]
    for machine in machines:
        machine.start()
    for machine in machines:
        machine.join()
    sent = [line.duty for box in boxes for letter in box.letters for line in letter.lines]
    assert sorted(sent) == [duty.id for duty in duties(200)]


def test_the_pool_is_bounded() -> None:
    running, most = [0], [0]
    lock = threading.Lock()

    def count(letter: Letter) -> Outcome:
        with lock:
            running[0] += 1
            most[0] = max(most[0], running[0])
        threading.Event().wait(0.002)
        with lock:
            running[0] -= 1
        return SENT

    desk = a_desk_at_nine(*duties(60, assignee="wang.fang"), together_from=1000)
    run_once(desk, {"mail": Postbox(count)}, pool=3)
    assert most[0] == 3


def test_when_it_is_stopped_the_rest_waits_without_harm() -> None:
    stop = threading.Event()

    def last_one(letter: Letter) -> Outcome:
        stop.set()
        return SENT

    desk = a_desk_at_nine(*duties(50, assignee="wang.fang"), together_from=1000)
    done = run_once(desk, {"mail": Postbox(last_one)}, stop=stop, pool=1)
    assert done.sent == 1
    assert {one.attempts for one in reminders(desk, ReminderState.WAITING)} == {0}
    box = Postbox()
    assert run_once(desk, {"mail": box}).sent == 49
    assert not any(letter.repeat for letter in box.letters)
