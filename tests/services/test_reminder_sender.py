"""Sending: what is claimed, sent, repeated, folded, put off and given up."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import time, timedelta
from itertools import pairwise

import pytest

from sla_tracker.domain.reminders.policy import OnWorkday, Preference, Reach, ReminderStep
from sla_tracker.domain.reminders.reminder import Reminder, ReminderState
from sla_tracker.errors import StoreError
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations as acts
from sla_tracker.services.duties.holds import hold
from sla_tracker.services.reminders import sender
from sla_tracker.services.reminders.leases import LEASE
from sla_tracker.services.reminders.messages import SENT, Letter, Outcome, deferred, failed, unknown
from sla_tracker.services.reminders.planner import plan
from sla_tracker.services.reminders.sender import PAUSES, Round, run_once
from sla_tracker.testing.channels import Postbox, a_channel, some_channels
from sla_tracker.testing.company import a_duty, an_actor, local, set_clock
from tests.services.reminded import a_reminding_context, duties, keep, reminders

ON_THE_DAY = ReminderStep(id="on-the-day", when=OnWorkday(workdays=0, at=time(9)))
NINE = "2026-11-19 09:00"


def a_context_at_nine(*stored: object, **given: object) -> ServiceContext:
    """Build a context on the day one duty of 王芳 is due, at the moment its only reminder falls due."""
    return a_reminding_context(
        *(stored or (a_duty(assignee="wang.fang"),)),  # type: ignore[arg-type]
        now=NINE,
        steps=[ON_THE_DAY],
        policies=given,
    )


def later(context: ServiceContext, by: timedelta) -> None:
    set_clock(context, context.now() + by)


def only(context: ServiceContext) -> Reminder:
    (reminder,) = reminders(context)
    return reminder


def test_a_reminder_is_sent_once_and_recorded() -> None:
    context, box = a_context_at_nine(), Postbox()
    assert run_once(context, {"mail": box}) == Round(planned=1, sent=1)
    assert run_once(context, {"mail": box}) == Round()
    (letter,) = box.letters
    assert (letter.recipient, letter.address) == ("wang.fang", "wang.fang@example.com")
    assert (only(context).state, only(context).sent_at, only(context).attempts) == (
        ReminderState.SENT,
        local(NINE),
        1,
    )


def test_a_channel_that_is_served_elsewhere_is_left_alone() -> None:
    context = a_context_at_nine()
    assert run_once(context, {"wecom": Postbox()}) == Round(planned=1)
    assert only(context).state is ReminderState.WAITING


def test_a_desktop_serves_only_who_sits_at_it() -> None:
    class Elsewhere(Postbox):
        def serves(self, recipient: str) -> bool:
            return recipient == "li.na"

    context = a_context_at_nine()
    assert run_once(context, {"mail": Elsewhere()}) == Round(planned=1)


def finish(context: ServiceContext) -> None:
    acts.deliver(context, an_actor(context, "wang.fang"), a_duty().id)


def put_on_hold(context: ServiceContext) -> None:
    hold(
        context, an_actor(context, "wang.fang"), a_duty().id, waits_for="finance", reason="a form is missing"
    )


def move_to_another_day(context: ServiceContext) -> None:
    duty = a_duty(assignee="wang.fang")
    due_at = duty.due_at + timedelta(days=4)
    deadline = replace(duty.deadline, due_at=due_at, due_on=due_at.date())
    keep(context, replace(duty, due_at=due_at, deadline=deadline))


@pytest.mark.parametrize("meanwhile", [finish, put_on_hold, move_to_another_day])
def test_what_was_done_held_or_moved_meanwhile_is_not_sent(meanwhile: object) -> None:
    context, box = a_context_at_nine(), Postbox()
    plan(context)
    assert callable(meanwhile)
    meanwhile(context)
    assert run_once(context, {"mail": box}).dropped == 1
    assert box.letters == []


def test_outside_allowed_hours_nothing_leaves() -> None:
    context, box = a_context_at_nine(), Postbox()
    plan(context)
    set_clock(context, "2026-11-19 20:30")
    assert run_once(context, {"mail": box}) == Round()
    set_clock(context, "2026-11-20 08:00")
    assert run_once(context, {"mail": box}).sent == 1


# --- failures ---------------------------------------------------------------------------------------------------------


def test_a_failure_is_tried_again_after_growing_pauses_and_then_given_up() -> None:
    context, box = a_context_at_nine(), Postbox(lambda letter: failed("{host} is away.", host="mail.example"))
    tries = []
    set_clock(context, NINE)
    while True:
        run_once(context, {"mail": box})
        tries.append(context.now())
        reminder = only(context)
        if reminder.send_at is None:
            break
        assert reminder.state is ReminderState.RETRYING
        set_clock(context, reminder.send_at)
    assert reminder.state is ReminderState.FAILED
    assert (reminder.problem, reminder.problem_values) == ("{host} is away.", {"host": "mail.example"})
    assert len(tries) == len(PAUSES) + 1
    assert [after - before for before, after in pairwise(tries[:5])] == list(PAUSES[:4])


def test_what_cannot_be_helped_is_not_tried_again() -> None:
    context, box = a_context_at_nine(), Postbox(lambda letter: failed("no address", final=True))
    run_once(context, {"mail": box})
    assert only(context).state is ReminderState.FAILED


def test_a_channel_that_breaks_costs_its_own_letters_only() -> None:
    def explode(letter: Letter) -> Outcome:
        raise RuntimeError("secret-password")

    steps = [ON_THE_DAY, replace(ON_THE_DAY, id="group", channels=("wecom",))]
    channels = some_channels(a_channel(), a_channel("wecom", Reach.GROUP))
    context = a_reminding_context(
        a_duty(assignee="wang.fang"), now=NINE, steps=steps, policies={"channels": channels}
    )
    good = Postbox()
    assert run_once(context, {"mail": Postbox(explode), "wecom": good}) == Round(planned=2, sent=1, failed=1)
    (broken,) = reminders(context, ReminderState.RETRYING)
    assert "secret-password" not in str(broken)
    assert broken.problem_values == {"channel": "mail", "reason": "RuntimeError"}


def test_a_channel_that_wants_a_pause_is_left_alone_and_no_attempt_is_counted() -> None:
    context = a_context_at_nine(*duties(30, assignee="wang.fang"), together_from=1000, messages_a_day=1000)
    full = Postbox(lambda letter: deferred("too fast", pause=timedelta(minutes=2)))
    done = run_once(context, {"mail": full}, pool=2)
    assert done.deferred == 30
    assert full.tried <= 2
    assert {one.attempts for one in reminders(context)} == {0}
    later(context, timedelta(minutes=2))
    open_again = Postbox()
    assert run_once(context, {"mail": open_again}).sent == 30


def test_an_unreachable_server_is_not_asked_for_every_letter() -> None:
    context = a_context_at_nine(*duties(400, assignee="wang.fang"), together_from=1000, messages_a_day=1000)
    away = Postbox(lambda letter: failed("away", pause=timedelta(minutes=1)))
    run_once(context, {"mail": away}, pool=4)
    assert away.tried <= 4


# --- nobody knows -----------------------------------------------------------------------------------------------------


def test_an_unknown_result_is_repeated_once_and_marked() -> None:
    context, box = a_context_at_nine(), Postbox(lambda letter: unknown("broke off"))
    run_once(context, {"mail": box})
    assert only(context).state is ReminderState.UNKNOWN
    later(context, PAUSES[0])
    run_once(context, {"mail": box})
    for _ in range(5):
        later(context, timedelta(hours=1))
        run_once(context, {"mail": box})
    assert [letter.repeat for letter in box.letters] == [False, True]
    assert box.letters[1].subject.startswith("(repeated)")
    assert box.letters[0].key == box.letters[1].key
    assert (only(context).state, only(context).send_at) == (ReminderState.UNKNOWN, None)


def test_a_channel_that_recognises_repeats_is_asked_again_with_the_same_key() -> None:
    answers = iter([unknown("broke off"), unknown("broke off"), SENT])
    context, box = a_context_at_nine(), Postbox(lambda letter: next(answers), recognises=True)
    for pause in (timedelta(0), PAUSES[0], PAUSES[1]):
        later(context, pause)
        run_once(context, {"mail": box})
    assert [letter.repeat for letter in box.letters] == [False] * 3
    assert len({letter.key for letter in box.letters}) == 1
    assert only(context).state is ReminderState.SENT


def test_a_certain_failure_after_an_unknown_result_is_still_marked() -> None:
    answers = iter([unknown("broke off"), failed("refused"), SENT])
    context, box = a_context_at_nine(), Postbox(lambda letter: next(answers))
    for pause in (timedelta(0), PAUSES[0], PAUSES[1]):
        later(context, pause)
        run_once(context, {"mail": box})
    assert [letter.repeat for letter in box.letters] == [False, True]
    assert only(context).state is ReminderState.SENT


class Killed(BaseException):
    """Stands for the end of the process."""


def test_a_sender_that_died_while_sending_leaves_a_repeat() -> None:
    context, box = a_context_at_nine(), Postbox()

    def die(letter: Letter) -> Outcome:
        box.letters.append(letter)
        raise Killed

    with pytest.raises(Killed):
        run_once(context, {"mail": Postbox(die)})
    assert only(context).state is ReminderState.SENDING
    assert run_once(context, {"mail": box}) == Round()
    later(context, LEASE)
    assert run_once(context, {"mail": box}).sent == 1
    assert [letter.repeat for letter in box.letters] == [False, True]
    assert box.letters[0].key == box.letters[1].key


def test_a_store_that_is_away_for_a_moment_does_not_lose_what_was_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context, box = a_context_at_nine(), Postbox()
    write, away = context.store.write, iter([True])

    def sometimes(act: object, work: object) -> object:
        if getattr(act, "what", "") == "sent_reminders" and next(away, False):
            raise StoreError("The store is away.")
        return write(act, work)  # type: ignore[arg-type]

    monkeypatch.setattr(context.store, "write", sometimes)
    assert run_once(context, {"mail": box}).sent == 1
    assert only(context).state is ReminderState.SENT


def test_when_nothing_can_be_written_down_no_more_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    context, box = (
        a_context_at_nine(*duties(40, assignee="wang.fang"), together_from=1000, messages_a_day=1000),
        Postbox(),
    )
    write = context.store.write

    def refuse(act: object, work: object) -> object:
        if getattr(act, "what", "") == "sent_reminders":
            raise StoreError("The store is away.")
        return write(act, work)  # type: ignore[arg-type]

    def slowly(letter: Letter) -> Outcome:
        threading.Event().wait(0.01)
        return SENT

    monkeypatch.setattr(sender, "SAVE_PAUSES", ())
    monkeypatch.setattr(context.store, "write", refuse)
    box.answer = slowly
    with pytest.raises(StoreError):
        run_once(context, {"mail": box}, pool=1)
    assert len(box.letters) < 10


# --- together ---------------------------------------------------------------------------------------------------------


def test_what_comes_at_one_moment_is_one_message() -> None:
    context, box = a_context_at_nine(*duties(2, assignee="wang.fang")), Postbox()
    run_once(context, {"mail": box})
    assert [len(letter.lines) for letter in box.letters] == [2]


def test_a_deployment_may_want_a_few_one_by_one() -> None:
    few, many = Postbox(), Postbox()
    run_once(a_context_at_nine(*duties(3, assignee="wang.fang"), together_from=4), {"mail": few})
    run_once(a_context_at_nine(*duties(4, assignee="wang.fang"), together_from=4), {"mail": many})
    assert [len(letter.lines) for letter in few.letters] == [1, 1, 1]
    assert [len(letter.lines) for letter in many.letters] == [4]
    assert many.letters[0].subject == "4 reminders"


def test_after_three_days_off_each_person_gets_one_letter() -> None:
    context = a_reminding_context(*duties(30, assignee="wang.fang"), now="2026-11-16 17:00")
    box = Postbox()
    run_once(context, {"mail": box})
    box.letters.clear()
    set_clock(context, "2026-11-23 09:00")
    done = run_once(context, {"mail": box})
    assert sorted(letter.recipient for letter in box.letters) == ["li.na", "wang.fang"]
    assert {len(letter.lines) for letter in box.letters} == {30}
    assert (done.planned, done.sent) == (60, 60)
    assert box.letters[0].subject == "30 reminders, 30 of them overdue"


def test_two_late_ones_go_together() -> None:
    context, box = a_context_at_nine(*duties(2, assignee="wang.fang")), Postbox()
    plan(context)
    later(context, timedelta(hours=2))
    run_once(context, {"mail": box})
    assert [len(letter.lines) for letter in box.letters] == [2]


def test_who_prefers_a_digest_gets_one_a_day() -> None:
    preference = {"wang.fang": Preference(digest_at=time(16, 30))}
    context, box = a_context_at_nine(*duties(2, assignee="wang.fang"), preferences=preference), Postbox()
    assert run_once(context, {"mail": box}).sent == 0
    set_clock(context, "2026-11-19 16:30")
    run_once(context, {"mail": box})
    assert [len(letter.lines) for letter in box.letters] == [2]


def test_a_finished_duty_drops_out_of_a_digest() -> None:
    five = duties(5, assignee="wang.fang")
    context, box = a_context_at_nine(*five), Postbox()
    plan(context)
    acts.deliver(context, an_actor(context, "wang.fang"), five[0].id)
    run_once(context, {"mail": box})
    assert [len(letter.lines) for letter in box.letters] == [4]
    assert five[0].id not in {line.duty for line in box.letters[0].lines}


# --- too long for the channel ---


def a_group_with(n: int, **box: object) -> tuple[ServiceContext, Postbox]:
    """Build a context that tells one group of n duties at nine, over a channel of WeCom's size."""
    context = a_reminding_context(
        *(
            replace(duty, subject=f"鄂F·1234{index}（客户要求加急办理）")
            for index, duty in enumerate(duties(n))
        ),
        now=NINE,
        steps=[ON_THE_DAY],
        policies={
            "channels": some_channels(a_channel("wecom", Reach.GROUP)),
            "usual_channels": ("wecom",),
        },
    )
    return context, Postbox(most_bytes=2048, **box)  # type: ignore[arg-type]


def named(box: Postbox) -> list[str]:
    return [line.duty for letter in box.letters for line in letter.lines]


def test_a_digest_longer_than_the_channels_limit_is_divided_and_all_is_said() -> None:
    context, box = a_group_with(27)
    assert run_once(context, {"wecom": box}) == Round(planned=27, sent=27)
    assert 2 <= len(box.letters) <= 3
    assert all(len(letter.text.encode()) <= 2048 for letter in box.letters)
    assert named(box) == [duty.id for duty in duties(27)]  # the parts arrive in their order
    said = "\n".join(letter.text for letter in box.letters)
    assert all(f"鄂F·1234{index}（" in said for index in range(27))
    assert len({letter.key for letter in box.letters}) == len(box.letters)


def test_what_has_no_room_is_counted_in_the_message_and_does_not_count_as_sent() -> None:
    context, box = a_group_with(200)
    done = run_once(context, {"wecom": box})
    assert (done.sent, done.counted) == (len(named(box)), 200 - len(named(box)))
    assert 0 < done.sent < 200
    assert box.letters[-1].text.endswith(f"… and {done.counted} more: sla due")
    sent = {one.duty for one in reminders(context, ReminderState.SENT)}
    assert sent == set(named(box))
    assert len(reminders(context, ReminderState.COUNTED)) == done.counted
    assert run_once(context, {"wecom": box}) == Round()


def test_each_part_of_a_divided_message_is_repeated_by_itself_within_the_limit() -> None:
    answers = iter([SENT, unknown("broke off"), SENT])
    context, box = a_group_with(27, answer=lambda letter: next(answers, SENT))
    run_once(context, {"wecom": box}, pool=1)
    first = list(box.letters)
    later(context, PAUSES[0])
    run_once(context, {"wecom": box}, pool=1)
    (repeat,) = box.letters[len(first) :]
    assert repeat.repeat
    assert repeat.text.startswith("It is not known whether this message reached you before.")
    assert len(repeat.text.encode()) <= 2048
    (original,) = (letter for letter in first if letter.key == repeat.key)
    assert [line.duty for line in repeat.lines] == [line.duty for line in original.lines]


def test_a_long_mail_names_fifty_and_counts_the_rest() -> None:
    context, box = a_context_at_nine(*duties(60, assignee="wang.fang")), Postbox()
    assert run_once(context, {"mail": box}) == Round(planned=60, sent=50, counted=10)
    assert box.letters[0].text.endswith("… and 10 more: sla due")


# --- several at once --------------------------------------------------------------------------------------------------


def test_several_machines_at_once_send_everything_once() -> None:
    context = a_context_at_nine(*duties(200, assignee="wang.fang"), together_from=1000, messages_a_day=1000)
    boxes = [Postbox() for _ in range(4)]
    machines = [threading.Thread(target=run_once, args=(context, {"mail": box})) for box in boxes]
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

    context = a_context_at_nine(*duties(60, assignee="wang.fang"), together_from=1000, messages_a_day=1000)
    run_once(context, {"mail": Postbox(count)}, pool=3)
    assert most[0] == 3


def test_when_it_is_stopped_the_rest_waits_without_harm() -> None:
    stop = threading.Event()

    def last_one(letter: Letter) -> Outcome:
        stop.set()
        return SENT

    context = a_context_at_nine(*duties(50, assignee="wang.fang"), together_from=1000, messages_a_day=1000)
    done = run_once(context, {"mail": Postbox(last_one)}, stop=stop, pool=1)
    assert done.sent == 1
    assert {one.attempts for one in reminders(context, ReminderState.WAITING)} == {0}
    box = Postbox()
    assert run_once(context, {"mail": box}).sent == 49
    assert not any(letter.repeat for letter in box.letters)
