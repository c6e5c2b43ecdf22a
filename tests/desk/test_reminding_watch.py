"""The loop: wakes when something matters, follows others, survives what machines do, and ends when told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import time, timedelta

from sla_tracker.core.policy import OnWorkday, ReminderStep
from sla_tracker.desk.desk import Desk
from sla_tracker.desk.letters import Notifier
from sla_tracker.desk.outbox import Round
from sla_tracker.desk.watching import LONGEST_SLEEP, RETRY, SETTLING, Waking, watch
from sla_tracker.errors import SlaError, StoreError
from sla_tracker.testing.company import a_duty, local, set_clock
from sla_tracker.testing.outlets import Postbox
from tests.desk.reminded import a_reminding_desk, duties, keep

ON_THE_DAY = ReminderStep(id="on-the-day", when=OnWorkday(workdays=0, at=time(9)))


def a_desk_before_nine() -> Desk:
    return a_reminding_desk(a_duty(assignee="wang.fang"), now="2026-11-19 08:30", steps=[ON_THE_DAY])


def looked(desk: Desk) -> Waking:
    waking = Waking()
    waking.begin(desk)
    waking.end(desk, ["mail"])
    return waking


def test_it_sleeps_until_something_falls_due() -> None:
    desk = a_desk_before_nine()
    waking = looked(desk)
    assert not waking.is_time(desk)
    set_clock(desk, "2026-11-19 08:59")
    assert not waking.is_time(desk)
    set_clock(desk, "2026-11-19 09:00")
    assert waking.is_time(desk)


def test_it_looks_after_an_hour_at_the_latest_and_at_midnight() -> None:
    desk = a_desk_before_nine()
    set_clock(desk, "2026-11-19 10:00")
    waking = Waking()
    waking.begin(desk)
    assert waking.end(desk) == local("2026-11-19 11:00")
    assert timedelta(hours=1) == LONGEST_SLEEP
    set_clock(desk, "2026-11-19 23:30")
    assert waking.end(desk) == local("2026-11-20 00:00")


def test_a_clock_that_was_set_back_is_noticed() -> None:
    desk = a_desk_before_nine()
    waking = looked(desk)
    set_clock(desk, "2026-11-19 08:00")
    assert waking.is_time(desk)


def test_a_machine_that_slept_looks_at_once() -> None:
    desk = a_desk_before_nine()
    waking = looked(desk)
    set_clock(desk, "2026-11-23 03:00")
    assert waking.is_time(desk)


def test_it_follows_what_others_write_but_not_every_second() -> None:
    desk = a_desk_before_nine()
    waking = looked(desk)
    keep(desk, *duties(1))
    assert not waking.is_time(desk)
    set_clock(desk, desk.now() + SETTLING)
    assert waking.is_time(desk)


def test_what_may_not_be_sent_at_this_hour_does_not_keep_it_awake() -> None:
    desk = a_desk_before_nine()
    waking = Waking()
    waking.begin(desk)
    set_clock(desk, "2026-11-19 09:00")
    assert waking.end(desk, ["mail"]) > desk.now()
    waking.rest(desk)
    assert not waking.is_time(desk)
    set_clock(desk, desk.now() + RETRY)
    assert waking.is_time(desk)


def run_watch(desk: Desk, box: Postbox, after: Callable[[int], None], looks: int = 50) -> list[str]:
    """Let the loop run; `after` is told how many passes there were, and it ends after so many looks."""
    stop, said = threading.Event(), []
    rounds: list[Round] = []
    left = iter(range(looks))

    def present() -> tuple[Desk, dict[str, Notifier]]:
        if next(left, None) is None:
            stop.set()
        after(len(rounds))
        return desk, {"mail": box}

    def complain(reason: SlaError) -> None:
        said.append(str(reason))

    watch(present, stop, report=rounds.append, complain=complain, look_seconds=0)
    return said


def test_it_sends_when_the_time_has_come() -> None:
    desk, box = a_desk_before_nine(), Postbox()
    run_watch(desk, box, lambda rounds: set_clock(desk, "2026-11-19 09:00") if rounds else None)
    assert [letter.recipient for letter in box.letters] == ["wang.fang"]


def test_it_goes_on_when_the_store_comes_back() -> None:
    desk, box = a_desk_before_nine(), Postbox()
    set_clock(desk, "2026-11-19 09:00")
    there, away = desk.store.read, iter([True, True])

    def read(work: object) -> object:
        if next(away, False):
            raise StoreError("The store is away.")
        return there(work)  # type: ignore[arg-type]

    desk.store.read = read  # type: ignore[method-assign, assignment]
    said = run_watch(desk, box, lambda rounds: set_clock(desk, desk.now() + RETRY))
    assert said == ["The store is away."] * 2
    assert len(box.letters) == 1


def test_it_ends_when_it_is_told_even_while_it_waits() -> None:
    desk, stop = a_desk_before_nine(), threading.Event()
    loop = threading.Thread(
        target=watch,
        args=(lambda: (desk, {"mail": Postbox()}), stop),
        kwargs={"report": lambda done: None, "complain": lambda reason: None, "look_seconds": 60},
    )
    loop.start()
    stop.set()
    loop.join(timeout=5)
    assert not loop.is_alive()
