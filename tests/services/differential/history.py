"""Plays one random history on the program and on the model, and compares both after every act."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sla_tracker.domain.deadlines.recompute import recompute
from sla_tracker.domain.duties.duty import Duty as Stored
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.event_changes import pending_change
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.measures.month import Month
from sla_tracker.errors import Incomplete
from sla_tracker.services.duties.current_deadline import due_now
from sla_tracker.services.lookup.archives import archived_duty, archived_events
from sla_tracker.services.months import archive
from sla_tracker.services.ports import Reading
from sla_tracker.services.queries.duties import rows_of_event
from tests.services.differential.company import ADMINISTRATOR, START
from tests.services.differential.days import month_after, month_of
from tests.services.differential.event_acts import EventActs
from tests.services.differential.parts import Asked, Duty, Happening

MOST_EVENTS, MOST_ACTS = 5, 70


class History(EventActs):
    """One random history."""

    def play(self) -> None:
        """Act at random until the end, comparing each time."""
        self.tick()
        for _ in range(self.chance.randint(10, MOST_ACTS)):
            self.chance.choice(self.acts())()
            self.model.tidy()
            self.compare()
        self.compare_archives()

    def acts(self) -> list[Callable[[], None]]:
        """Return what can be done now; time passes about every third time."""
        found: list[Callable[[], None]] = [self.wait] * 8
        if len(self.model.events) < MOST_EVENTS:
            found += [self.register] * 3
        found += [self.ask, self.change_calendar, self.change_list, self.change_target]
        found += [self.close_month] * 3
        if self.model.closed:
            found += [self.open_again] * 2
        for id, duty in self.model.duties.items():
            if not duty.sealed:
                found += self.acts_on(id, duty)
        for id, event in self.model.events.items():
            found += self.acts_on_event(id, event)
        return found

    # --- months

    def close_month(self) -> None:
        """Close the earliest month that is over, or try to."""
        over = [month_of(START.date())]
        while over[-1] in self.model.closed:
            over.append(month_after(over[-1]))
        month = over[-1]
        if month_of(self.now.date()) <= month:
            return
        if not {"list", "margin"} <= {
            one.obligation for one in self.model.duties.values() if one.turn == month
        }:
            self.tick()  # a month is closed by a program that runs, which has opened its turns
        if self.chance.random() < 0.7:
            self.settle(month)
        missed = self.chance.random() < 0.8
        try:
            archive.close_and_seal(self.context, self.who(ADMINISTRATOR), month, mark_missed=missed)
            closed = True
        except Incomplete:
            closed = False
        self.said(f"close {month} missed={missed}: {closed}")
        assert closed is self.model.close(month, self.now, missed=missed)
        self._touched_all()

    def settle(self, month: str) -> None:
        """Bring what a month is still owed to an end, as people do before they close it."""
        for id, duty in list(self.model.duties.items()):
            if duty.month != month or duty.sealed:
                continue
            if duty.state == "held":
                self.resume(id, duty)
            if duty.owed and not (self.model.late(duty, self.now) and self.chance.random() < 0.6):
                self.deliver(id, duty)
            if duty.state == "delivered" and not duty.is_silent(self.now):
                self.accept(id, duty)
            while duty.pending_holds:
                self.judge_hold(id, duty)
            self.model.tidy()
            self.compare()

    def open_again(self) -> None:
        month = max(self.model.closed)
        self.said(f"open {month} again")
        archive.reopen_and_unseal(self.context, self.who(ADMINISTRATOR), month, "a sum")
        self.model.open_again(month)
        self._touched_all()

    def _touched_all(self) -> None:
        """Note that the administrator may have acted on any event by closing a month."""
        for event in self.model.events.values():
            event.hands.add(ADMINISTRATOR)

    # --- comparing

    def compare(self) -> None:
        """Compare every duty, event and request that lies in the store."""
        for id, duty in self.model.duties.items():
            if not duty.sealed:
                stored = self.context.store.read(lambda tx, id=id: tx.get(Stored, id))  # type: ignore[misc]
                assert stored is not None, f"{id[-6:]} is gone"
                self.agree(id, stored, duty)
        for id, event in self.model.events.items():
            if not event.sealed:
                found = self.context.store.read(lambda tx, id=id: tx.get(Event, id))  # type: ignore[misc]
                assert found is not None, f"the event {id[-6:]} is gone"
                self.agree_on_event(found, event)
        for asked in self.model.requests:
            if not asked.sealed:
                self.agree_on_request(asked)

    def agree(self, id: str, stored: Stored, duty: Duty) -> None:
        now = self.at(self.now)
        base = self.local((stored.granted or stored.deadline).due_at)
        deadline = due_now(self.context, stored, now)
        assert recompute(deadline.steps) == deadline.due_at, (
            f"{duty.obligation} {id[-6:]} explains another due"
        )
        seen = (
            stored.state.value,
            stored.month,
            stored.carried,
            base,
            self.local(deadline.due_at),
            stored.is_late(now),
            stored.short_notice,
            pending_change(stored) is not None,
        )
        wanted = (
            duty.state,
            duty.month,
            duty.carried,
            duty.base,
            self.model.due(duty, self.now),
            self.model.late(duty, self.now),
            duty.short,
            duty.pending is not None,
        )
        assert seen == wanted, f"{duty.obligation} {id[-6:]}: the program {seen}, the model {wanted}"

    def agree_on_event(self, found: Event, event: Happening) -> None:
        claim = None if found.before_claim is None else self.local(found.before_claim.at)
        seen = (found.state.value, self.local(found.at), claim, found.fields.get("cash") == "yes")
        before = None if event.before_claim is None else event.before_claim.at
        wanted = (event.state, event.time.at, before, event.cash)
        assert seen == wanted, f"event {found.id[-6:]}: the program {seen}, the model {wanted}"

    def agree_on_request(self, asked: Asked) -> None:
        found = self.context.store.read(lambda tx: tx.get(Request, asked.id))
        assert found is not None, "the request is gone"
        assert found.answer_due_at is not None
        answered = None if found.answered_at is None else self.local(found.answered_at)
        seen = (found.state.value, answered, self.local(found.answer_due_at))
        wanted = (asked.state, asked.answered, asked.answer_by)
        assert seen == wanted, f"the program {seen}, the model {wanted}"

    def compare_archives(self) -> None:
        """Compare what closed months keep: their duties, their events and their figures."""
        for id, duty in self.model.duties.items():
            if duty.sealed:
                found = archived_duty(self.context.store, id)
                assert found is not None, f"{id[-6:]} is in no archive"
                assert found.month == duty.month
                self.agree(id, found.duty, duty)
        for id, event in self.model.events.items():
            own = {key for key, duty in self.model.duties.items() if duty.happening is event}
            assert {row.id for row in rows_of_event(self.context, id)} == own
            archived = dict.fromkeys(month for one, month in archived_events(self.context.store, id))
            assert list(archived) == ([event.sealed] if event.sealed else [])
        for month in self.model.closed:
            self._compare_month(month)

    def _compare_month(self, month: str) -> None:
        kept = self.context.store.read(partial(_month, month))
        assert kept is not None
        figures = {
            (one.provider, one.consumer, one.obligation): (
                one.score.good,
                one.score.valid,
                one.score.waived,
                one.score.short_notice,
                one.score.budget,
            )
            for one in kept.figures
        }
        answers = {
            one.provider: (counted.asked, counted.answered_well, counted.answer_judged, counted.withdrawn)
            for one in kept.details
            if not one.consumer and ((counted := one.beside.requests).asked or counted.answer_judged)
        }
        assert (figures, answers) == self.model.kept[month]


def _month(month: str, tx: Reading) -> Month | None:
    return tx.get(Month, month)
