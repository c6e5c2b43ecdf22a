"""Calls about duties, events and requests; each returns a message."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

import sla_tracker.services as use_cases
from sla_tracker.domain.clean import clean
from sla_tracker.errors import NeedsConfirmation
from sla_tracker.i18n import gettext as _
from sla_tracker.tui.messages import done, loaded, session

if TYPE_CHECKING:
    from textual.message import Message

    from sla_tracker.domain.agreements.obligation import Obligation
    from sla_tracker.services.deployment import OpenDeployment
    from sla_tracker.services.duties.actions import DutyAction
    from sla_tracker.services.queries.duties import Board
    from sla_tracker.tui.gateway import Call


def board_of_mine() -> Call:
    """Read the duties that the actor's department owes."""
    return lambda deployment: loaded.BoardLoaded(
        use_cases.queries.duties.owed_by(deployment.context, deployment.actor.department)
    )


def board_of_owed() -> Call:
    """Read the duties that the actor's department is owed."""
    return lambda deployment: loaded.BoardLoaded(
        use_cases.queries.duties.owed_to(deployment.context, deployment.actor.department)
    )


def updated_board(board: Board, *, as_of_now: bool = False) -> Call:
    """Exchange the rows of a board that were changed, or whose time has come."""

    def call(deployment: OpenDeployment) -> loaded.BoardLoaded:
        context, department = deployment.context, deployment.actor.department
        now = context.now() if as_of_now else None
        if set(board.party.values()) == {department}:
            return loaded.BoardLoaded(use_cases.queries.board_updates.updated(context, board, now=now))
        whole = use_cases.queries.duties
        read = whole.owed_by if "provider" in board.party else whole.owed_to
        return loaded.BoardLoaded(read(context, department))

    return call


def received() -> Call:
    """Read the duties that the actor's department is owed, to choose the first view."""
    return lambda deployment: loaded.ReceivedLoaded(
        use_cases.queries.duties.owed_to(deployment.context, deployment.actor.department)
    )


def escalations(ids: Sequence[str]) -> Call:
    """Compute to which level duties were escalated."""

    def call(deployment: OpenDeployment) -> loaded.EscalationsLoaded:
        from sla_tracker.services.reminders.escalations import escalation_levels  # not for the first rows

        return loaded.EscalationsLoaded(escalation_levels(deployment.context, ids), ids)

    return call


def duty(duty_id: str) -> Call:
    """Read one duty with its history."""
    return lambda deployment: loaded.DutyLoaded(use_cases.queries.duties.detail(deployment.context, duty_id))


def check_keys() -> Call:
    """Check the deployment's key map."""

    def call(deployment: OpenDeployment) -> session.KeysChecked:
        from sla_tracker.tui import keymap

        wrong = [problem for _id, problem in keymap.wrong_keys(deployment.keymap)]
        return session.KeysChecked(keymap.unknown_ids(deployment.keymap), wrong)

    return call


def events_and_requests() -> Call:
    """Read uncancelled events, and the requests by or to the actor's department."""

    def call(deployment: OpenDeployment) -> loaded.EventsLoaded:
        own = use_cases.requests.concerning(deployment.context, deployment.actor.department)
        open_duties = use_cases.queries.duties.open_of_events(deployment.context)
        return loaded.EventsLoaded(use_cases.events.listed(deployment.context), own, open_duties)

    return call


def plugins() -> Call:
    """List the plugins."""
    return lambda deployment: loaded.PluginsLoaded(tuple(deployment.plugins()))


def deliver(duty_id: str, evidence: Mapping[str, str], note: str, claimed_at: datetime | None = None) -> Call:
    """Deliver a duty."""
    return lambda deployment: done.DutyDelivered(
        use_cases.duties.operations.deliver(
            deployment.context, deployment.actor, duty_id, evidence, note=note, claimed_at=claimed_at
        )
    )


def fill_in(duty_id: str, evidence: Mapping[str, str]) -> Call:
    """Store evidence without delivering."""
    return lambda deployment: done.EvidenceKept(
        use_cases.duties.operations.fill_in(deployment.context, deployment.actor, duty_id, evidence)
    )


def take_back(duty_id: str, *, insists: bool = False) -> Call:
    """Take back the actor's own delivery.

    Asks before where the duty becomes late by it, unless the actor insists.
    """

    def call(deployment: OpenDeployment) -> Message:
        context, actor = deployment.context, deployment.actor
        try:
            back = use_cases.duties.operations.take_back(context, actor, duty_id, insists=insists)
        except NeedsConfirmation as doubt:
            return session.TakeBackDoubted(doubt, duty_id)
        return done.DeliveryTakenBack(back)

    return call


def accept(duty_id: str, *, confirm_claim: bool = False) -> Call:
    """Accept a delivery."""
    return lambda deployment: done.DutyAccepted(
        use_cases.duties.operations.accept(
            deployment.context, deployment.actor, duty_id, confirm_claim=confirm_claim
        )
    )


def give_back(duty_id: str, reason: str) -> Call:
    """Return a delivery with a reason."""
    return lambda deployment: done.DutyReturned(
        use_cases.duties.operations.return_(deployment.context, deployment.actor, duty_id, reason)
    )


def take(duty_id: str) -> Call:
    """Take a duty from the pool."""
    return lambda deployment: done.DutyTaken(
        use_cases.duties.operations.take(deployment.context, deployment.actor, duty_id)
    )


def release(duty_id: str) -> Call:
    """Put a duty back into the pool."""
    return lambda deployment: done.DutyReleased(
        use_cases.duties.operations.release(deployment.context, deployment.actor, duty_id)
    )


def assign(duty_id: str, person: str) -> Call:
    """Give a duty to a member of its department."""

    def call(deployment: OpenDeployment) -> done.DutyAssigned:
        changed = use_cases.duties.operations.assign(deployment.context, deployment.actor, duty_id, person)
        return done.DutyAssigned(changed, clean(deployment.context.person(person).name))

    return call


def note(duty_id: str, text: str) -> Call:
    """Write a note on a duty."""
    return lambda deployment: done.NoteWritten(
        use_cases.duties.operations.note(deployment.context, deployment.actor, duty_id, text)
    )


def each(what: str, ids: Iterable[str], action: Callable[[OpenDeployment], DutyAction]) -> Call:
    """Apply an action to several duties as one act with one undo.

    The refusal of one duty stops no other.
    """
    wanted = tuple(ids)
    return lambda deployment: done.ManyDone(
        what,
        use_cases.duties.actions.apply_to_many(
            deployment.context, deployment.actor, wanted, action(deployment)
        ),
    )


def deliver_each(given: Mapping[str, Mapping[str, str]]) -> Call:
    """Deliver several duties as one act, each with its own evidence."""

    def call(deployment: OpenDeployment) -> done.ManyDelivered:
        action = use_cases.duties.operations.deliver_action(
            deployment.context, deployment.actor, lambda duty: given[duty.id]
        )
        return done.ManyDelivered(
            _("Delivered"),
            use_cases.duties.actions.apply_to_many(deployment.context, deployment.actor, given, action),
        )

    return call


def explain_each(ids: Iterable[str], cause: str, words: str) -> Call:
    """Record one cause for several late duties."""
    return each(
        _("Cause on record"),
        ids,
        lambda deployment: use_cases.duties.ratings.explain_action(deployment.context, cause, words),
    )


def waive_each(ids: Iterable[str], code: str, reason: str) -> Call:
    """Waive several duties with one reason."""
    return each(
        _("Waived"),
        ids,
        lambda deployment: use_cases.duties.waivers.waive_action(
            deployment.context, deployment.actor, code=code, reason=reason
        ),
    )


def changes_of(id: str, since: int) -> Call:
    """Read what others have done to something after a change."""

    def call(deployment: OpenDeployment) -> loaded.ChangedMeanwhile:
        from sla_tracker.domain.people import SYSTEM
        from sla_tracker.wording.history import format_meanwhile

        context = deployment.context
        mine = {deployment.actor.id, SYSTEM}
        others = [
            change
            for change in context.store.history(id)
            if change.sequence > since and change.act.by not in mine
        ]
        return loaded.ChangedMeanwhile(format_meanwhile(context, others) if others else "")

    return call


def undo_last(*, insists: bool = False) -> Call:
    """Undo the actor's last act.

    Asks before where a duty becomes late by it, unless the actor insists.
    """

    def call(deployment: OpenDeployment) -> Message:
        from sla_tracker.wording.undoing import explained, format_undone

        context = deployment.context
        try:
            change, restored = use_cases.undo.undo(context, deployment.actor, insists=insists)
        except NeedsConfirmation as doubt:
            return session.UndoDoubted(doubt)
        except (use_cases.undo.NotUndoable, use_cases.undo.ActOvertaken) as refused:
            raise explained(context, refused) from None
        return done.ActUndone(format_undone(context, change, restored))

    return call


def redo_last(*, insists: bool = False) -> Call:
    """Do again what the actor has undone last.

    Asks before where a duty becomes late by it, unless the actor insists.
    """

    def call(deployment: OpenDeployment) -> Message:
        from sla_tracker.wording.undoing import explained, format_undone

        try:
            change, restored = use_cases.undo.redo(deployment.context, deployment.actor, insists=insists)
        except NeedsConfirmation as doubt:
            return session.RedoDoubted(doubt)
        except use_cases.undo.ActOvertaken as refused:
            raise explained(deployment.context, refused) from None
        return done.ActRedone(format_undone(deployment.context, change, restored))

    return call


def register(
    type_id: str, subject: str, at: datetime | None, fields: Mapping[str, str], *, again: bool
) -> Call:
    """Register an event, that happens now where no time is given."""

    def call(deployment: OpenDeployment) -> done.EventRegistered:
        context = deployment.context
        registered = use_cases.events.register(
            context, deployment.actor, type_id, subject=subject, at=at, fields=fields, again=again
        )
        nothing = ""
        if not registered.opened:
            from sla_tracker.wording.withheld import format_nothing_opened  # rarely needed

            nothing = format_nothing_opened(context, registered)
        return done.EventRegistered(registered, _("Registered"), nothing)

    return call


def correct(
    event_id: str, subject: str | None, at: datetime | None, fields: Mapping[str, str], reason: str
) -> Call:
    """Correct a mistyped event; what is None stays as it is."""
    return lambda deployment: done.EventRegistered(
        use_cases.events.correct(
            deployment.context,
            deployment.actor,
            event_id,
            subject=subject,
            at=at,
            fields=fields,
            reason=reason,
        ),
        _("Corrected"),
    )


def move(event_id: str, at: datetime, reason: str) -> Call:
    """Reschedule a planned event."""
    return lambda deployment: done.EventRegistered(
        use_cases.events.move(deployment.context, deployment.actor, event_id, at, reason), _("Moved")
    )


def cancel(event_id: str, reason: str) -> Call:
    """Cancel an event."""
    return lambda deployment: done.EventRegistered(
        use_cases.events.cancel(deployment.context, deployment.actor, event_id, reason), _("Cancelled")
    )


def ask(
    asked: Obligation,
    subject: str,
    text: str,
    wanted_at: datetime | date | None,
    *,
    fields: Mapping[str, str] = MappingProxyType({}),
    papers: Sequence[str] = (),
    again: bool,
) -> Call:
    """Make a request."""

    def call(deployment: OpenDeployment) -> done.RequestAsked:
        request, opened = use_cases.requests.ask(
            deployment.context,
            deployment.actor,
            asked.id,
            provider=asked.provider,
            subject=subject,
            text=text,
            wanted_at=wanted_at,
            fields=fields,
            papers=papers,
            again=again,
        )
        return done.RequestAsked(request, opened)

    return call


def withdraw(request_id: str, reason: str) -> Call:
    """Withdraw a request."""

    def call(deployment: OpenDeployment) -> done.RequestWithdrawn:
        use_cases.requests.withdraw(deployment.context, deployment.actor, request_id, reason)
        return done.RequestWithdrawn()

    return call


def duties_of(ids: Iterable[str]) -> Call:
    """Read several duties."""
    wanted = tuple(ids)
    return lambda deployment: loaded.DutiesLoaded(
        use_cases.queries.duties.duties_of(deployment.context, wanted)
    )


def about(subject: str) -> Call:
    """Read all duties and events about one subject and about those tied to it."""

    def call(deployment: OpenDeployment) -> loaded.SubjectLoaded:
        context = deployment.context
        found = use_cases.queries.duties.about_subject(context, subject)
        ties = use_cases.subjects.ties.ties_of(context, subject)
        tied = use_cases.subjects.ties.about_tied(context, ties, context.now())
        return loaded.SubjectLoaded(subject, found.duties, found.events, tied, ties.left_off)

    return call


def subjects() -> Call:
    """Read the subjects of events, latest first, with those that their fields name."""

    def call(deployment: OpenDeployment) -> loaded.SubjectsLoaded:
        return loaded.SubjectsLoaded(use_cases.subjects.ties.known_subjects(deployment.context))

    return call


def month(first_on: date) -> Call:
    """Read the department's duties of a month on both sides, planned ones included."""
    return lambda deployment: loaded.MonthLoaded(
        use_cases.months.view.month_plan(deployment.context, deployment.actor.department, first_on)
    )


def levels(provider: str = "") -> Call:
    """Compute the figures of this month and earlier ones, for all providers or one."""

    def call(deployment: OpenDeployment) -> loaded.LevelsLoaded:
        months = use_cases.months.view.last_months(deployment.context, provider)
        return loaded.LevelsLoaded(
            months, use_cases.months.view.past_before(deployment.context, provider, months)
        )

    return call


def hold(duty_id: str, waits_for: str, reason: str, *, again: bool = False) -> Call:
    """Put a duty on hold; `again` also for a name that is almost a known one."""
    return lambda deployment: done.DutyHeld(
        use_cases.duties.holds.hold(
            deployment.context, deployment.actor, duty_id, waits_for=waits_for, reason=reason, again=again
        )
    )


def resume(duty_id: str) -> Call:
    """Resume a duty on hold."""
    return lambda deployment: done.DutyResumed(
        use_cases.duties.holds.resume(deployment.context, deployment.actor, duty_id)
    )
