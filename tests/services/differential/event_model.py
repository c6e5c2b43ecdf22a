"""What changes of events do in the independent model: nobody moves a deadline of his own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from fractions import Fraction

from tests.services.differential.days import Rule
from tests.services.differential.model import Model
from tests.services.differential.parts import Change, Duty, Happening, Moment

ON_CONDITION = "slip"  # the obligation that is owed only for events with cash
Terms = tuple[str, Rule, str, Fraction | None]
OF_VEHICLES: dict[str, Terms] = {
    "papers": ("sales", Rule("days", 2), "", Fraction(9, 10)),
    "invoice": ("service", Rule("days", 4), "papers", Fraction(17, 20)),
    ON_CONDITION: ("warehouse", Rule("minutes", 240), "", None),
}
OF_SETTLEMENTS: dict[str, Terms] = {
    "deed": ("sales", Rule("workdays", -1), "", Fraction(9, 10)),
    "room": ("service", Rule("workdays", -3), "", None),
    "receipt": ("service", Rule("days", 1), "deed", None),
}
OF_EVENT = {"vehicle-delivered": OF_VEHICLES, "settlement-scheduled": OF_SETTLEMENTS}
IN_FORCE_FROM = date(2026, 11, 1)


@dataclass(frozen=True)
class Edit:
    """A change of an event: what was done, by which department, and what the event is afterwards."""

    kind: str
    department: str
    now: datetime
    time: Moment
    cash: bool
    at_once: bool = False


class EventModel(Model):
    """The company with what people do to events."""

    def of(self, event: Happening) -> list[Duty]:
        return [one for one in self.duties.values() if one.happening is event and not one.sealed]

    def parties(self, event: Happening) -> set[str]:
        """Return the departments that may change an event."""
        found = {event.registered_from, "finance"}
        for one in self.duties.values():
            is_original = not one.own_clock and one.state != "cancelled"
            if one.happening is event and (not one.sealed or is_original):
                found.add(one.provider)
        return found

    def is_claimed(self, event: Happening) -> bool:
        """Return whether the event's time waits for somebody's agreement."""
        claims = (one.pending for one in self.of(event))
        return any(one is not None and one.about == "time" and not one.objected for one in claims)

    def tidy(self) -> None:
        """Take the mark of a claimed time off events for which nobody can decide any more."""
        for event in self.events.values():
            if not self.is_claimed(event):
                event.before_claim = None

    # --- changes

    def concerned(self, event: Happening) -> set[str]:
        """Return the obligations that an event triggers, due by their rule on or after the first day."""
        return {
            id
            for id, (_provider, rule, _waits_for, _target) in OF_EVENT[event.kind].items()
            if rule.due(event.time.at, self.days)[1].date() >= IN_FORCE_FROM
            and (event.cash or id != ON_CONDITION)
        }

    def change(self, event: Happening, edit: Edit) -> list[str]:
        """Change an event; returns the obligations that it triggers only now and that have no duty.

        All of its duties are judged as they were before the change.
        """
        duties = self.of(event)
        self.silence(edit.now, duties)
        overdue = [one.owed and self.late(one, edit.now) for one in duties]
        for duty, is_overdue in zip(duties, overdue, strict=True):
            self._follow_event(duty, event, edit, is_overdue=is_overdue)
        before, concerned = event.time, self.concerned(event)
        event.time, event.cash = edit.time, edit.cash
        if edit.kind == "cancelled":
            event.state = "cancelled"
        if event.before_claim is None and event.time != before:
            event.before_claim = before
        if not self.is_claimed(event):
            event.before_claim = None
        if event.state == "cancelled":
            return []
        known = {
            one.obligation for one in self.duties.values() if one.happening is event and self._stays(one)
        }
        return sorted(self.concerned(event) - concerned - known)

    def _stays(self, duty: Duty) -> bool:
        """Return whether a duty, or the one that it was handed over to, keeps its obligation from opening again."""
        if duty.own_clock:
            return False
        last = duty
        while last.linked is not None:
            if last.sealed:
                return True
            last = last.linked
        return last.state != "cancelled" or (last.own_clock and last.sealed)

    def _follow_event(self, duty: Duty, event: Happening, edit: Edit, *, is_overdue: bool) -> None:
        moved = edit.time != event.time and not duty.own_clock
        if (
            duty.obligation == ON_CONDITION
            and edit.cash
            and edit.kind != "cancelled"
            and event.state == "active"
        ):
            _supersede(duty, "owed")
        if not duty.owed:
            if moved and duty.pending is not None:
                self._retime(duty, event, edit, is_overdue=False)
            elif moved:
                duty.own_time = duty.counted
            return
        no_longer = duty.obligation == ON_CONDITION and event.cash and not edit.cash
        if edit.kind == "cancelled" or no_longer:
            self._withdraw(duty, event, edit, is_overdue=is_overdue)
            return
        if moved:
            self._retime(duty, event, edit, is_overdue=is_overdue)

    def _withdraw(self, duty: Duty, event: Happening, edit: Edit, *, is_overdue: bool) -> None:
        _supersede(duty, "owed")
        if edit.kind == "cancelled":
            _supersede(duty, "time")
        if is_overdue and edit.department == duty.provider:
            duty.changes.append(_change(duty, event, edit, "owed", "when confirmed"))
            duty.own_time = duty.counted
            return
        duty.changes.append(_change(duty, event, edit, "owed", "at once"))
        self.finish(duty, "cancelled", edit.now)

    def _retime(self, duty: Duty, event: Happening, edit: Edit, *, is_overdue: bool) -> None:
        if duty.counted == edit.time:
            _supersede(duty, "time")
            duty.own_time = None
            return
        nominal, due, late_opened, short = self.granted(duty, edit.time)
        own = edit.department == duty.provider
        stops = short and not duty.short
        unsettled = duty.unsettled
        given_back = self.granted(duty, unsettled.before)[1] if unsettled is not None else duty.base
        effect = "at once"
        if own and (due > duty.base or stops):
            effect = _effect(duty, edit, stops=stops, is_overdue=is_overdue)
        elif own and due > given_back:
            effect = "unless objected"
        _supersede(duty, "time")
        is_moved = due != duty.base or short != duty.short
        if not own or (is_moved and effect in {"at once", "unless objected"}):
            _settle(duty)
        if is_moved:
            change = _change(duty, event, edit, "time", effect)
            if unsettled is not None and effect == "unless objected":
                change.before = unsettled.before
            duty.changes.append(change)
        if effect in {"never", "when confirmed"}:
            duty.own_time = duty.counted
            return
        if not own:
            due = max(due, min(duty.base, self.days.close(self.days.shift(edit.now.date(), 1))))
        duty.own_time = None
        self._set(duty, nominal, due)
        duty.late_opened = late_opened
        duty.short = duty.short if is_overdue else short

    def _set(self, duty: Duty, nominal: date, due: datetime) -> None:
        duty.nominal, duty.base = nominal, due
        self.place(duty)
        if duty.frozen is not None:
            duty.frozen = self.running_due(duty, duty.closed or due)

    # --- decisions

    def deciding(self, event: Happening, by: str, *, head: bool) -> list[Duty]:
        """Return the duties of an event on which somebody may decide."""
        return [one for one in self.of(event) if _may_decide(one, by, head=head)]

    def confirm(self, event: Happening, duties: Iterable[Duty], now: datetime) -> None:
        """Confirm what is pending; a time that counts for one duty is the event's, whatever others still wait for."""
        for duty in duties:
            change = duty.pending
            assert change is not None
            change.confirmed = True
            if change.about == "owed":
                self.finish(duty, "cancelled", now)
            else:
                duty.own_time = change.after if change.after.at != event.time.at else None
                event.before_claim = None
                _settle(duty)
                self._recount(duty)
        self.tidy()

    def refuse(self, event: Happening, duties: Iterable[Duty], department: str, now: datetime) -> None:
        before = event.before_claim
        for duty in duties:
            assert duty.pending is not None
            duty.pending.confirmed = False
        waiting = [one.pending for one in self.of(event)]
        if before is not None and not any(one is not None and one.about == "time" for one in waiting):
            event.before_claim = None
            edit = Edit(kind="corrected", department=department, now=now, time=before, cash=event.cash)
            self.change(event, edit)
        self.tidy()

    def object_to(self, duty: Duty) -> None:
        change = duty.objectable
        assert change is not None
        change.objected = True
        duty.own_time = change.before
        self._recount(duty)
        self.tidy()

    def _recount(self, duty: Duty) -> None:
        nominal, due, duty.late_opened, duty.short = self.granted(duty, duty.counted)
        self._set(duty, nominal, due)


def _effect(duty: Duty, edit: Edit, *, stops: bool, is_overdue: bool) -> str:
    """Return when a later time, set by the provider's side, counts for its duty."""
    if not duty.owed:
        return "when confirmed"
    if edit.kind == "moved":
        if is_overdue:
            return "never"
        waits = duty.pending is not None and duty.pending.objected
        return "when confirmed" if stops or waits else "unless objected"
    return "at once" if edit.at_once else "when confirmed"


def _change(duty: Duty, event: Happening, edit: Edit, about: str, effect: str) -> Change:
    return Change(about, effect, edit.department, event.registered_from, duty.counted, edit.time)


def _supersede(duty: Duty, about: str) -> None:
    for one in duty.changes:
        if one.about == about and one.is_pending:
            one.superseded = True


def _settle(duty: Duty) -> None:
    """Close what was open to an objection: another time counts in its place."""
    for one in duty.changes:
        if one.takes_objection:
            one.superseded = True


def _may_decide(duty: Duty, by: str, *, head: bool) -> bool:
    change = duty.pending
    if change is None:
        return False
    if by == "finance":
        return head or not change.objected
    third = change.registered_from != duty.provider and change.registered_from == by
    return change.about == "time" and third and not change.objected
