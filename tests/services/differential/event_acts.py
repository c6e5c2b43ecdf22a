"""What people do to events in the random histories."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from functools import partial

import pytest

from sla_tracker.domain.duties.duty import Duty as Stored
from sla_tracker.errors import Refused
from sla_tracker.services import event_claims, events
from tests.services.differential.company import ADMINISTRATOR, CLERK, HEAD, MINUTE, SIDES, START
from tests.services.differential.duty_acts import DutyActs
from tests.services.differential.event_model import OF_EVENT, Edit
from tests.services.differential.parts import Duty, Happening, Moment

CASH = {True: "yes", False: "no"}
TYPING_ERROR = timedelta(hours=1)


class EventActs(DutyActs):
    """Acts on events by each side; each is done to the program and to the model."""

    def acts_on_event(self, id: str, event: Happening) -> list[Callable[[], None]]:
        """Return what can be done to an event now."""
        if event.sealed:
            return [partial(self.try_archived, id)] * 4
        if event.state != "active":
            return self.decisions(id, event)
        found = [self.correct_subject, self.correct_time, self.correct_time]
        found += [self.move] * 4 if event.planned else [self.correct_cash] * 2
        found += [self.cancel] if self.chance.random() < 0.3 else []
        return [*(partial(act, id, event) for act in found), *self.decisions(id, event)]

    def decisions(self, id: str, event: Happening) -> list[Callable[[], None]]:
        """Return how the pending changes of an event can be decided on or objected to."""
        found: list[Callable[[], None]] = []
        for by, person, is_head in (
            *((side, person, False) for side, person in SIDES.items()),
            ("finance", HEAD, True),
        ):
            if self.model.deciding(event, by, head=is_head):
                found.append(partial(self.decide, id, event, by, person, is_head))
        for key, duty in self.model.duties.items():
            if (
                duty.happening is event
                and not duty.sealed
                and duty.objectable is not None
                and not duty.is_silent(self.now)
            ):
                found.append(partial(self.object_to_change, key, duty))
        return found * 4

    def handled(self, what: str, event: Happening, by: str) -> None:
        self.said(what)
        event.hands.add(by)

    # --- registering

    def register(self) -> None:
        """Register an event, by any side, now, late or ahead."""
        kind = self.chance.choice(list(OF_EVENT))
        side = self.chance.choice(list(SIDES))
        planned, cash = kind == "settlement-scheduled", self.chance.random() < 0.7
        ago = self.chance.choice((0, 0, self.chance.randint(1, 60 * 24 * 5)))
        ahead = self.chance.randint(0, 60 * 24 * 9) if planned else 0
        at = max(START, self.now + MINUTE * (ahead - ago))
        done = events.register(
            self.context,
            self.who(SIDES[side]),
            kind,
            subject=f"V{len(self.model.events)}X",
            at=self.at(at),
            fields={} if planned else {"cash": CASH[cash]},
        )
        moment = Moment(at, self.now, side)
        event = Happening(kind, moment, cash and not planned, self.now, side, hands={SIDES[side]})
        self.model.events[done.event.id] = event
        self.said(f"{SIDES[side]} registers {kind} {at:%m-%d %H:%M} {'' if planned else CASH[cash]}")
        assert {duty.obligation for duty in done.opened} == self.model.concerned(event)
        self.opened(done.opened, done.event.id, event, side)

    def opened(self, found: Iterable[Stored], id: str, event: Happening, side: str) -> None:
        """Put the duties that an event opens now into the model."""
        for stored in found:
            provider, rule, waits_for, target = OF_EVENT[event.kind][stored.obligation]
            duty = self.made(stored.obligation, provider, rule, self.now.date(), self.now, target)
            duty.event, duty.happening, duty.opened_from, duty.waits_for = id, event, side, waits_for
            granted = self.model.granted(duty, event.time)
            duty.nominal, duty.base, duty.late_opened, duty.short = granted
            self.model.place(duty)
            self.model.duties[stored.id] = duty

    # --- changing

    def side_of(self, event: Happening) -> str:
        """Return a side that may change an event, often one that owes something by it."""
        owing = sorted({one.provider for one in self.model.of(event) if one.owed})
        return self.chance.choice([*sorted(self.model.parties(event)), *owing, *owing])

    def correct_subject(self, id: str, event: Happening) -> None:
        side = self.side_of(event)
        self.handled(f"{SIDES[side]} corrects the subject", event, SIDES[side])
        subject = f"V{self.chance.randint(100, 10**9)}Y"
        events.correct(self.context, self.who(SIDES[side]), id, subject=subject, reason="typing")
        self.model.silence(self.now, self.model.of(event))

    def correct_time(self, id: str, event: Happening) -> None:
        side, at = self.side_of(event), self.other_time(event)
        if self._is_unsure(event, side):
            return
        at_once = self.is_typing_error(event, side)
        self.handled(f"{SIDES[side]} corrects the time to {at:%m-%d %H:%M}", event, SIDES[side])
        done = events.correct(self.context, self.who(SIDES[side]), id, at=self.at(at), reason="typing")
        time = event.time if at == event.time.at else Moment(at, self.now, side)
        self.changed(id, event, Edit("corrected", side, self.now, time, event.cash, at_once), done.opened)

    def correct_cash(self, id: str, event: Happening) -> None:
        side = self.side_of(event)
        self.handled(f"{SIDES[side]} corrects cash to {CASH[not event.cash]}", event, SIDES[side])
        fields: Mapping[str, str] = {"cash": CASH[not event.cash]}
        done = events.correct(self.context, self.who(SIDES[side]), id, fields=fields, reason="typing")
        edit = Edit("corrected", side, self.now, event.time, not event.cash)
        self.changed(id, event, edit, done.opened)

    def move(self, id: str, event: Happening) -> None:
        side, at = self.side_of(event), self.other_time(event)
        self.handled(f"{SIDES[side]} moves it to {at:%m-%d %H:%M}", event, SIDES[side])
        done = events.move(self.context, self.who(SIDES[side]), id, self.at(at), "ill")
        time = Moment(at, self.now, side)
        self.changed(id, event, Edit("moved", side, self.now, time, event.cash), done.opened)

    def cancel(self, id: str, event: Happening) -> None:
        side = self.side_of(event)
        self.handled(f"{SIDES[side]} cancels an event", event, SIDES[side])
        done = events.cancel(self.context, self.who(SIDES[side]), id, "not sold")
        self.changed(id, event, Edit("cancelled", side, self.now, event.time, event.cash), done.opened)

    def changed(self, id: str, event: Happening, edit: Edit, opened: Iterable[Stored]) -> None:
        """Let the model follow a change, and compare what it opened."""
        expected, found = self.model.change(event, edit), list(opened)
        opens = sorted(duty.obligation for duty in found)
        assert opens == expected, f"the program opens {opens}, the model {expected}"
        self.opened(found, id, event, edit.department)

    def other_time(self, event: Happening) -> datetime:
        """Return another time for an event: by chance, a little off, the same, or one that makes a due be about now."""
        chance = self.chance
        moments = [event.time.at + MINUTE * chance.randint(-90, 90), event.time.at]
        moments += [self.now - MINUTE * chance.randint(0, 60 * 24 * 6)] * 2
        for duty in self.model.of(event):
            if not duty.own_clock:
                moments.append(event.time.at + (self.now - duty.base) + MINUTE * chance.randint(-1, 1))
        if event.planned:
            moments += [self.now + MINUTE * chance.randint(0, 60 * 24 * 12)] * 3
        at = max(START, chance.choice(moments))
        return at if event.planned else min(at, self.now)

    def is_typing_error(self, event: Happening, side: str) -> bool:
        """Return whether a department may correct its own registration at once."""
        if event.registered_from != side or self.now - event.registered_at > TYPING_ERROR:
            return False
        is_past = any(self.model.standing_due(one) < self.now for one in self.model.of(event))
        return event.hands <= {SIDES[side]} and not is_past

    def _is_unsure(self, event: Happening, side: str) -> bool:
        """Return whether a closing may have touched a registration that could still be corrected at once."""
        is_own = event.registered_from == side and self.now - event.registered_at <= TYPING_ERROR
        return is_own and ADMINISTRATOR in event.hands

    def try_archived(self, id: str) -> None:
        """Try to change an event that lies in an archive."""
        with pytest.raises(Refused, match="sla period reopen"):
            events.cancel(self.context, self.who(CLERK), id, "not sold")
        self.said("try an archived event")

    # --- deciding

    def decide(self, id: str, event: Happening, by: str, person: str, is_head: bool) -> None:
        """Confirm or refuse what somebody may decide on: all of it, or for one duty."""
        mine = self.model.deciding(event, by, head=is_head)
        only = self.chance.choice(mine) if self.chance.random() < 0.4 else None
        chosen = mine if only is None else [only]
        only_id = next((key for key, duty in self.model.duties.items() if duty is only), "")
        confirmed = self.chance.random() < 0.5
        self.model.silence(self.now, self.model.of(event))
        self.handled(f"{person} {'confirms' if confirmed else 'refuses'} {only_id[-6:]}", event, person)
        if confirmed:
            event_claims.confirm(self.context, self.who(person), id, duty_id=only_id)
            self.model.confirm(event, chosen, self.now)
        else:
            event_claims.refuse(self.context, self.who(person), id, "no", duty_id=only_id)
            self.model.refuse(event, chosen, by, self.now)

    def object_to_change(self, id: str, duty: Duty) -> None:
        self.did("object to the move of", id, duty, CLERK)
        event_claims.object_to(self.context, self.who(CLERK), id, "too far")
        self.model.object_to(duty)
