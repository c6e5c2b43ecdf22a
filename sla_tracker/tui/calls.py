"""What screens can ask of the desk, each as a call that the gateway runs and whose outcome is a message."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime
from typing import TYPE_CHECKING

import sla_tracker.desk as use_cases
from sla_tracker.core.clean import clean
from sla_tracker.locale import gettext as _
from sla_tracker.tui.messages import done, loaded, session

if TYPE_CHECKING:
    from sla_tracker.desk.deeds import Deed
    from sla_tracker.desk.house import House
    from sla_tracker.tui.gateway import Call


def board_of_mine() -> Call:
    """Read what the actor's department owes."""
    return lambda house: loaded.BoardLoaded(use_cases.queries.owed_by(house.desk, house.actor.department))


def board_of_owed() -> Call:
    """Read what the actor's department is owed."""
    return lambda house: loaded.BoardLoaded(use_cases.queries.owed_to(house.desk, house.actor.department))


def duty(duty_id: str) -> Call:
    """Read one duty with its history."""
    return lambda house: loaded.DutyLoaded(use_cases.queries.detail(house.desk, duty_id))


def check_keys() -> Call:
    """Look for what is wrong with the deployment's own key map."""

    def call(house: House) -> session.KeysChecked:
        from sla_tracker.tui import keymap

        wrong = [problem for _id, problem in keymap.wrong_keys(house.keymap)]
        return session.KeysChecked(keymap.unknown_ids(house.keymap), wrong)

    return call


def events_and_requests() -> Call:
    """Read the events that stand, and the requests the actor's department asked or has to answer."""

    def call(house: House) -> loaded.EventsLoaded:
        own = use_cases.requests.concerning(house.desk, house.actor.department)
        return loaded.EventsLoaded(use_cases.events.listed(house.desk), own)

    return call


def plugins() -> Call:
    """Look at the plugins."""
    return lambda house: loaded.PluginsLoaded(tuple(house.plugins()))


def deliver(duty_id: str, evidence: Mapping[str, str], note: str, claimed_at: datetime | None = None) -> Call:
    """Deliver a duty."""
    return lambda house: done.DutyDelivered(
        use_cases.duties.deliver(house.desk, house.actor, duty_id, evidence, note=note, claimed_at=claimed_at)
    )


def fill_in(duty_id: str, evidence: Mapping[str, str]) -> Call:
    """Keep evidence without delivering."""
    return lambda house: done.EvidenceKept(
        use_cases.duties.fill_in(house.desk, house.actor, duty_id, evidence)
    )


def take_back(duty_id: str) -> Call:
    """Take back one's own delivery."""
    return lambda house: done.DeliveryTakenBack(use_cases.duties.take_back(house.desk, house.actor, duty_id))


def accept(duty_id: str, *, confirm_claim: bool = False) -> Call:
    """Accept a delivery."""
    return lambda house: done.DutyAccepted(
        use_cases.duties.accept(house.desk, house.actor, duty_id, confirm_claim=confirm_claim)
    )


def give_back(duty_id: str, reason: str) -> Call:
    """Return a delivery with a reason."""
    return lambda house: done.DutyReturned(use_cases.duties.return_(house.desk, house.actor, duty_id, reason))


def take(duty_id: str) -> Call:
    """Take a duty from the pool."""
    return lambda house: done.DutyTaken(use_cases.duties.take(house.desk, house.actor, duty_id))


def release(duty_id: str) -> Call:
    """Put a duty back into the pool."""
    return lambda house: done.DutyReleased(use_cases.duties.release(house.desk, house.actor, duty_id))


def assign(duty_id: str, person: str) -> Call:
    """Give a duty to a member of its department."""

    def call(house: House) -> done.DutyAssigned:
        changed = use_cases.duties.assign(house.desk, house.actor, duty_id, person)
        return done.DutyAssigned(changed, clean(house.desk.person(person).name))

    return call


def note(duty_id: str, text: str) -> Call:
    """Write a note on a duty."""
    return lambda house: done.NoteWritten(use_cases.duties.note(house.desk, house.actor, duty_id, text))


def each(what: str, ids: Iterable[str], deed: Callable[[House], Deed]) -> Call:
    """Do the same to several duties in one act, which one undo takes back; one that is refused stops no other."""
    wanted = tuple(ids)
    return lambda house: done.ManyDone(
        what, use_cases.deeds.do_each(house.desk, house.actor, wanted, deed(house))
    )


def deliver_each(given: Mapping[str, Mapping[str, str]]) -> Call:
    """Deliver several duties in one act, each with what is given for it."""

    def call(house: House) -> done.ManyDelivered:
        deed = use_cases.duties.delivering(house.desk, house.actor, lambda duty: given[duty.id])
        return done.ManyDelivered(
            _("Delivered"), use_cases.deeds.do_each(house.desk, house.actor, given, deed)
        )

    return call


def explain_each(ids: Iterable[str], cause: str, words: str) -> Call:
    """Say by one cause why several duties were late."""
    return each(
        _("Cause on record"), ids, lambda house: use_cases.ratings.explaining(house.desk, cause, words)
    )


def undo_last() -> Call:
    """Take back the actor's last act."""

    def call(house: House) -> done.ActUndone:
        change, restored = use_cases.undo.undo(house.desk, house.actor)
        return done.ActUndone(change, restored)

    return call


def register(type_id: str, subject: str, at: datetime, fields: Mapping[str, str], *, again: bool) -> Call:
    """Register an event."""
    return lambda house: done.EventRegistered(
        use_cases.events.register(
            house.desk, house.actor, type_id, subject=subject, at=at, fields=fields, again=again
        ),
        _("Registered"),
    )


def correct(event_id: str, subject: str, at: datetime, fields: Mapping[str, str], reason: str) -> Call:
    """Put a mistyped event right."""
    return lambda house: done.EventRegistered(
        use_cases.events.correct(
            house.desk, house.actor, event_id, subject=subject, at=at, fields=fields, reason=reason
        ),
        _("Corrected"),
    )


def move(event_id: str, at: datetime, reason: str) -> Call:
    """Reschedule a planned event."""
    return lambda house: done.EventRegistered(
        use_cases.events.move(house.desk, house.actor, event_id, at, reason), _("Moved")
    )


def cancel(event_id: str, reason: str) -> Call:
    """Cancel an event."""
    return lambda house: done.EventRegistered(
        use_cases.events.cancel(house.desk, house.actor, event_id, reason), _("Cancelled")
    )


def ask(obligation_id: str, subject: str, text: str, wanted_at: datetime | None, *, again: bool) -> Call:
    """Put a request on record."""

    def call(house: House) -> done.RequestAsked:
        request, opened = use_cases.requests.ask(
            house.desk,
            house.actor,
            obligation_id,
            subject=subject,
            text=text,
            wanted_at=wanted_at,
            again=again,
        )
        return done.RequestAsked(request, opened)

    return call


def withdraw(request_id: str, reason: str) -> Call:
    """Withdraw a request."""

    def call(house: House) -> done.RequestWithdrawn:
        use_cases.requests.withdraw(house.desk, house.actor, request_id, reason)
        return done.RequestWithdrawn()

    return call


def duties_of(ids: Iterable[str]) -> Call:
    """Read several duties."""
    wanted = tuple(ids)
    return lambda house: loaded.DutiesLoaded(use_cases.queries.duties_of(house.desk, wanted))


def about(subject: str) -> Call:
    """Read all duties and events about one subject."""

    def call(house: House) -> loaded.SubjectLoaded:
        found = use_cases.queries.about_subject(house.desk, subject)
        return loaded.SubjectLoaded(subject, found.duties, found.events)

    return call


def subjects() -> Call:
    """Read what there are events about, latest first."""

    def call(house: House) -> loaded.SubjectsLoaded:
        found = {
            event.subject_key: event.subject
            for event in use_cases.events.listed(house.desk)
            if event.subject_key
        }
        return loaded.SubjectsLoaded(tuple(found.values()))

    return call


def month(first_on: date) -> Call:
    """Read what the actor's department owes and is owed in a month, planned duties included."""
    return lambda house: loaded.MonthLoaded(
        use_cases.monthly.month_plan(house.desk, house.actor.department, first_on)
    )


def levels(provider: str = "") -> Call:
    """Add up the figures of this month and of those before it, all or one provider's."""
    return lambda house: loaded.LevelsLoaded(use_cases.monthly.last_months(house.desk, provider))


def hold(duty_id: str, waits_for: str, reason: str) -> Call:
    """Put a duty on hold."""
    return lambda house: done.DutyHeld(
        use_cases.holds.hold(house.desk, house.actor, duty_id, waits_for=waits_for, reason=reason)
    )


def resume(duty_id: str) -> Call:
    """Let the clock of a duty run again."""
    return lambda house: done.DutyResumed(use_cases.holds.resume(house.desk, house.actor, duty_id))
