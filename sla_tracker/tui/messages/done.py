"""Outcomes of acts on duties, events and requests, each with its sentence."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.i18n.punctuation import paired, together
from sla_tracker.tui.messages import Done
from sla_tracker.wording.duties import not_reviewed_word, text_of

if TYPE_CHECKING:
    from sla_tracker.domain.duties.duty import Duty
    from sla_tracker.domain.duties.request import Request
    from sla_tracker.services.duties.actions import BatchResult
    from sla_tracker.services.events import Registered


class OnDuty(Done):
    """Base of acts on one duty."""

    def __init__(self, duty: Duty) -> None:
        super().__init__()
        self.duty = duty

    @property
    def title(self) -> str:
        """Return the duty's title and subject."""
        return " ".join(filter(None, (text_of(self.duty.title), self.duty.subject)))


class DutyDelivered(OnDuty):
    """A duty was delivered."""

    @property
    def delivered(self) -> Sequence[Duty]:
        """Return the duty as delivered."""
        return (self.duty,)

    def sentence(self) -> str:
        """Return what has happened."""
        said = _("Delivered: {title}. Its consumer now accepts or returns it.", title=self.title)
        return together(said, not_reviewed_word(self.duty.delivery))


class DeliveryTakenBack(OnDuty):
    """A delivery without a verdict was taken back."""

    def sentence(self) -> str:
        """Return what has happened."""
        return _("Taken back: {title} is owed again.", title=self.title)


class EvidenceKept(OnDuty):
    """Evidence was stored without delivering."""

    def sentence(self) -> str:
        """Return what has happened."""
        return _("Evidence kept: {title}.", title=self.title)


class DutyAccepted(OnDuty):
    """A delivery was accepted."""

    def sentence(self) -> str:
        """Return what has happened."""
        return _("Accepted: {title}.", title=self.title)


class DutyReturned(OnDuty):
    """A delivery was returned with a reason."""

    def sentence(self) -> str:
        """Return what has happened."""
        return _("Returned: {title} is owed again, with your reason.", title=self.title)


class DutyTaken(OnDuty):
    """A duty was taken from the pool."""

    def sentence(self) -> str:
        """Return what has happened."""
        return _("Taken: {title} is yours now.", title=self.title)


class DutyReleased(OnDuty):
    """A duty was put back into the pool."""

    def sentence(self) -> str:
        """Return what has happened."""
        return _("Released: {title} is back in the department's pool.", title=self.title)


class DutyAssigned(OnDuty):
    """A duty was assigned to a person."""

    def __init__(self, duty: Duty, person: str) -> None:
        super().__init__(duty)
        self.person = person

    def sentence(self) -> str:
        """Return what has happened."""
        return _("Assigned: {title} is with {person} now.", title=self.title, person=self.person)


class DutyHeld(OnDuty):
    """A duty was put on hold."""

    def sentence(self) -> str:
        """Return what has happened."""
        return _("On hold: {title}. Its clock stands still until it is resumed.", title=self.title)


class DutyResumed(OnDuty):
    """A duty on hold was resumed."""

    def sentence(self) -> str:
        """Return what has happened."""
        return _("Resumed: {title}. The time it stood is added to its deadline.", title=self.title)


class NoteWritten(OnDuty):
    """A note was written on a duty."""

    def sentence(self) -> str:
        """Return what has happened."""
        return _("Note written: {title}.", title=self.title)


class ActUndone(Done):
    """The actor's last act was undone; `what` names it."""

    undoable = False

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = what

    def sentence(self) -> str:
        """Return what has happened."""
        return _("Undone: {what}.", what=self.what)

    def hint(self, key_word: Callable[[str], str]) -> str:
        """Return how to repeat the act."""
        return _("{key} does it again.", key=key_word("app.redo"))


class ActRedone(Done):
    """What the actor had undone last is done again; `what` names it."""

    def __init__(self, what: str) -> None:
        super().__init__()
        self.what = what

    def sentence(self) -> str:
        """Return what has happened."""
        return _("Done again: {what}.", what=self.what)


class EventRegistered(Done):
    """An event was registered, corrected, moved or cancelled, and its duties updated."""

    undoable = False

    def __init__(self, registered: Registered, what: str, nothing: str = "") -> None:
        """`nothing` says why a registered event opened no duty."""
        super().__init__()
        self.registered = registered
        self.what = what
        self.nothing = nothing

    def sentence(self) -> str:
        """Return what has happened."""
        done = self.registered
        opened, moved, gone = len(done.opened), len(done.moved), len(done.cancelled)
        claimed = len(done.claimed)
        said = [
            ngettext("{n} duty opened", "{n} duties opened", opened) if opened else "",
            ngettext("{n} duty moved", "{n} duties moved", moved) if moved else "",
            ngettext("{n} duty cancelled", "{n} duties cancelled", gone) if gone else "",
            ngettext("{n} duty to be confirmed", "{n} duties to be confirmed", claimed) if claimed else "",
        ]
        changed = _(", ").join(filter(None, said)) or self.nothing or _("no duty changed")
        return paired(self.what, f"{text_of(done.event.title)} {done.event.subject} – {changed}")


class RequestAsked(Done):
    """A request was made and opened its duty."""

    undoable = False

    def __init__(self, request: Request, duty: Duty) -> None:
        super().__init__()
        self.request = request
        self.duty = duty

    def sentence(self) -> str:
        """Return what has happened."""
        from sla_tracker.wording.limits import (
            format_late_start,
        )  # the first frame does not wait for its rules

        title = text_of(self.duty.title)

        later = format_late_start(self.duty.deadline)
        if later:
            return together(_("Requested: {title}.", title=title), later)
        return _("Requested: {title}. Its clocks run from now.", title=title)


class RequestWithdrawn(Done):
    """A request was withdrawn."""

    undoable = False

    def sentence(self) -> str:
        """Return what has happened."""
        return _("The request is withdrawn, and its duty cancelled.")


class ManyDone(Done):
    """One act was done to several duties; some may have been left out."""

    def __init__(self, what: str, several: BatchResult) -> None:
        super().__init__()
        self.what = what
        self.done = several.done
        self.refused = several.refused
        self.undoable = bool(several.done)

    def sentence(self) -> str:
        """Return what has happened."""
        return ngettext("{what}: {n} duty.", "{what}: {n} duties.", len(self.done), what=self.what)


class ManyDelivered(ManyDone):
    """Several duties were delivered."""

    @property
    def delivered(self) -> Sequence[Duty]:
        """Return the duties as delivered."""
        return self.done

    def sentence(self) -> str:
        """Return what has happened, and which of them no plugin could review."""
        missed = [
            paired(text_of(duty.title), said)
            for duty in self.done
            if (said := not_reviewed_word(duty.delivery))
        ]
        return together(super().sentence(), *missed)
