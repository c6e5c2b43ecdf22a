"""The loop: wakes when something matters, follows others, survives what machines do, and ends when told."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import time, timedelta

from sla_tracker.domain.reminders.policy import OnWorkday, ReminderStep
from sla_tracker.errors import SlaError, StoreError
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.reminders.loop import LONGEST_SLEEP, RETRY, SETTLING, Waking, watch
from sla_tracker.services.reminders.messages import Notifier
from sla_tracker.services.reminders.sender import Round
from sla_tracker.testing.channels import Postbox
from sla_tracker.testing.company import a_duty, local, set_clock
from tests.services.reminded import a_reminding_context, duties, keep

ON_THE_DAY = ReminderStep(id="on-the-day", when=OnWorkday(workdays=0, at=time(9)))


def a_context_before_nine() -> ServiceContext:
    return a_reminding_context(a_duty(assignee="wang.fang"), now="2026-11-19 08:30", steps=[ON_THE_DAY])


def looked(context: ServiceContext) -> Waking:
    waking = Waking()
    waking.begin(context)
    waking.end(context, ["mail"])
    return waking


def test_it_sleeps_until_something_falls_due() -> None:
    context = a_context_before_nine()
    waking = looked(context)
    assert not waking.is_time(context)
    set_clock(context, "2026-11-19 08:59")
    assert not waking.is_time(context)
    set_clock(context, "2026-11-19 09:00")
    assert waking.is_time(context)


def test_it_looks_after_an_hour_at_the_latest_and_at_midnight() -> None:
    context = a_context_before_nine()
    set_clock(context, "2026-11-19 10:00")
    waking = Waking()
    waking.begin(context)
    assert waking.end(context) == local("2026-11-19 11:00")
    assert timedelta(hours=1) == LONGEST_SLEEP
    set_clock(context, "2026-11-19 23:30")
    assert waking.end(context) == local("2026-11-20 00:00")


def test_a_clock_that_was_set_back_is_noticed() -> None:
    context = a_context_before_nine()
    waking = looked(context)
    set_clock(context, "2026-11-19 08:00")
    assert waking.is_time(context)


def test_a_machine_that_slept_looks_at_once() -> None:
    context = a_context_before_nine()
    waking = looked(context)
    set_clock(context, "2026-11-23 03:00")
    assert waking.is_time(context)


def test_it_follows_what_others_write_but_not_every_second() -> None:
    context = a_context_before_nine()
    waking = looked(context)
    keep(context, *duties(1))
    assert not waking.is_time(context)
    set_clock(context, context.now() + SETTLING)
    assert waking.is_time(context)


def test_what_may_not_be_sent_at_this_hour_does_not_keep_it_awake() -> None:
    context = a_context_before_nine()
    waking = Waking()
    waking.begin(context)
    set_clock(context, "2026-11-19 09:00")
    assert waking.end(context, ["mail"]) > context.now()
    waking.rest(context)
    assert not waking.is_time(context)
    set_clock(context, context.now() + RETRY)
    assert waking.is_time(context)


def run_watch(
    context: ServiceContext, box: Postbox, after: Callable[[int], None], looks: int = 50
) -> list[str]:
    """Let the loop run; `after` is told how many passes there were, and it ends after so many looks."""
    stop, said = threading.Event(), []
    rounds: list[Round] = []
    left = iter(range(looks))

    def present() -> tuple[ServiceContext, dict[str, Notifier]]:
        if next(left, None) is None:
            stop.set()
        after(len(rounds))
        return context, {"mail": box}

    def show_error(reason: SlaError) -> None:
        said.append(str(reason))

    watch(present, stop, report=rounds.append, show_error=show_error, look_seconds=0)
    return said


def test_it_sends_when_the_time_has_come() -> None:
    context, box = a_context_before_nine(), Postbox()
    run_watch(context, box, lambda rounds: set_clock(context, "2026-11-19 09:00") if rounds else None)
    assert [letter.recipient for letter in box.letters] == ["wang.fang"]


def test_it_goes_on_when_the_store_comes_back() -> None:
    context, box = a_context_before_nine(), Postbox()
    set_clock(context, "2026-11-19 09:00")
    there, away = context.store.read, iter([True, True])

    def read(work: object) -> object:
        if next(away, False):
            raise StoreError("The store is away.")
        return there(work)  # type: ignore[arg-type]

    context.store.read = read  # type: ignore[method-assign, assignment]
    said = run_watch(context, box, lambda rounds: set_clock(context, context.now() + RETRY))
    assert said == ["The store is away."] * 2
    assert len(box.letters) == 1


def test_it_ends_when_it_is_told_even_while_it_waits() -> None:
    context, stop = a_context_before_nine(), threading.Event()
    loop = threading.Thread(
        target=watch,
        args=(lambda: (context, {"mail": Postbox()}), stop),
        kwargs={"report": lambda done: None, "show_error": lambda reason: None, "look_seconds": 60},
    )
    loop.start()
    stop.set()
    loop.join(timeout=5)
    assert not loop.is_alive()
