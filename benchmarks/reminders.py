"""Measures 10,000 reminders due at once to 1,000 people: planned, sent one by one by a pool, results recorded.

The ratio is the whole time to that of only committing the same documents twice (planned, then their result), which
cannot be avoided.
"""

import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import time as clock
from pathlib import Path
from typing import TypeVar

from benchmarks._limits import at_most
from sla_tracker.domain.reminders.policy import OnWorkday, Policies, Policy, ReminderStep
from sla_tracker.domain.reminders.reminder import Reminder, ReminderState
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Act, Store, Writing
from sla_tracker.services.reminders.messages import SENT, Letter, Outcome
from sla_tracker.services.reminders.planner import next_moment, plan
from sla_tracker.services.reminders.sender import POOL, run_once
from sla_tracker.storage.tinydb import TinyStore
from sla_tracker.testing.channels import Postbox, a_channel, some_channels
from sla_tracker.testing.company import PEOPLE, a_context, a_duty, local

T = TypeVar("T")

DUTIES = 10_000
CLERKS = tuple(f"clerk-{number}" for number in range(1_000))
MOST_RATIO = 40.0  # most of the time goes into composing 10,000 messages
AT_NINE = "2026-11-19 09:00"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        store = TinyStore.open(Path(folder) / "store", create=True)
        context = a_full_context(store)
        put(
            store,
            [
                a_duty(id=f"01932f00-0000-7000-8000-{n:012x}", assignee=CLERKS[n % len(CLERKS)])
                for n in range(DUTIES)
            ],
        )
        looking, found = timed(lambda: next_moment(context))
        planning, planned = timed(lambda: plan(context))
        pool = Pool()
        sending, done = timed(lambda: run_once(context, {"mail": pool.box}))
        committing = commits(Path(folder) / "bare", context)
        store.close()
    ratio = (planning + sending) / committing
    print(f"when is the next one ({found}): {looking:.2f} s")
    print(f"planned {len(planned)}: {planning:.2f} s")
    print(f"sent {done.sent} by {pool.most} at a time: {sending:.2f} s")
    print(
        f"committing them only, planned and sent: {committing:.2f} s; ratio {ratio:.1f} (at most {MOST_RATIO})"
    )
    assert done.sent == DUTIES
    assert pool.most <= POOL
    at_most(ratio, MOST_RATIO, "planning and sending / committing only")


class Pool:
    """A channel that counts how many messages are being sent at the same time."""

    def __init__(self) -> None:
        self.box = Postbox(self.send)
        self.most = self._now = 0
        self._lock = threading.Lock()

    def send(self, letter: Letter) -> Outcome:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        time.sleep(0)
        with self._lock:
            self._now -= 1
        return SENT


def a_full_context(store: Store) -> ServiceContext:
    clerks = [replace(PEOPLE[0], id=id, logins=()) for id in CLERKS]
    people = tuple(replace(person, addresses={"mail": "x@example.com"}) for person in (*PEOPLE, *clerks))
    step = ReminderStep(id="on-the-day", when=OnWorkday(workdays=0, at=clock(9)))
    policies = Policies(
        default=Policy(steps=(step,)),
        channels=some_channels(a_channel()),
        usual_channels=("mail",),
        together_from=1000,
        messages_a_day=1000,
    )
    return a_context(store=store, obligations=(), now=AT_NINE, people=people, reminders=policies)


def put(store: Store, values: list[object]) -> None:
    def work(tx: Writing) -> None:
        for value in values:
            tx.put(value)

    store.write(Act(what="kept", by="benchmark", at=local(AT_NINE)), work)


def commits(folder: Path, context: ServiceContext) -> float:
    """Return the seconds to commit all reminders as planned, then as sent in batches of 160."""
    reminders = context.store.read(lambda tx: tx.find(Reminder))
    store = TinyStore.open(folder, create=True)
    began = time.perf_counter()
    put(store, list(reminders))
    for start in range(0, len(reminders), 160):
        put(store, [replace(one, state=ReminderState.SENT) for one in reminders[start : start + 160]])
    taken = time.perf_counter() - began
    store.close()
    return taken


def timed(work: Callable[[], T]) -> tuple[float, T]:
    began = time.perf_counter()
    result = work()
    return time.perf_counter() - began, result
