"""Calls about complaints, offers, requests, surveys and shift notes.

The messages that they post are defined here, too.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sla_tracker.domain.duties.complaint import Complaint, Stage
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.duties.states import Decision
from sla_tracker.domain.measures.comparisons.complaint_effect import ComplaintEffect
from sla_tracker.i18n import gettext as _
from sla_tracker.services import requests
from sla_tracker.services.departments import complaints, handovers, inbox, shift_notes
from sla_tracker.services.departments.complaint_effects import complaint_effects
from sla_tracker.services.departments.inbox_entry import InboxEntry
from sla_tracker.services.deployment import OpenDeployment
from sla_tracker.tui.messages import Done, GatewayMessage

Call = Callable[[OpenDeployment], GatewayMessage]


class InboxEntriesLoaded(GatewayMessage):
    """The entries of the department's inbox were read."""

    def __init__(self, rows: Sequence[InboxEntry]) -> None:
        super().__init__()
        self.rows = rows


class DraftLoaded(GatewayMessage):
    """The draft of a shift note was written."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class StatementRecorded(Done):
    """A statement between departments was recorded."""

    def __init__(self, what: str, *, undoable: bool) -> None:
        super().__init__()
        self.what = what
        self.undoable = undoable

    def sentence(self) -> str:
        """Return what was recorded."""
        return self.what


def load_my_inbox(*, ended: bool) -> Call:
    """Read the inbox of the actor's department."""
    return lambda deployment: InboxEntriesLoaded(
        inbox.inbox_entries(deployment.context, deployment.actor, ended=ended)
    )


class EffectLoaded(GatewayMessage):
    """What a complaint changed was read."""

    def __init__(self, effect: ComplaintEffect) -> None:
        super().__init__()
        self.effect = effect


def load_effect(complaint: Complaint) -> Call:
    """Read the misses before a complaint and after its remedy."""
    return lambda deployment: EffectLoaded(complaint_effects(deployment.context, [complaint])[0])


def said(what: str, act: Callable[[OpenDeployment], object], *, undoable: bool = True) -> Call:
    """Run an act and report it by one sentence."""

    def call(deployment: OpenDeployment) -> StatementRecorded:
        act(deployment)
        return StatementRecorded(what, undoable=undoable)

    return call


def ask_uncovered(department: str, subject: str, text: str) -> Call:
    """Make a request that no obligation covers."""
    ask = lambda deployment: requests.ask_uncovered(
        deployment.context, deployment.actor, department, subject=subject, text=text
    )
    return said(_("Asked; no obligation covers it, so it has no limits."), ask, undoable=False)


def answer(request: Request, text: str) -> Call:
    """Give the first answer to a request."""

    def act(deployment: OpenDeployment) -> object:
        if request.duty:
            return requests.answer(deployment.context, deployment.actor, request.duty, text)
        return requests.answer_uncovered(deployment.context, deployment.actor, request.id, text)

    return said(_("Answered."), act, undoable=False)


def settle(request: Request) -> Call:
    """Settle a request that no obligation covers."""
    settled = lambda deployment: requests.settle_uncovered(deployment.context, deployment.actor, request.id)
    return said(_("The request is settled."), settled, undoable=False)


def withdraw(request: Request, reason: str) -> Call:
    """Withdraw a request that no obligation covers."""
    gone = lambda deployment: requests.withdraw(deployment.context, deployment.actor, request.id, reason)
    return said(_("The request is withdrawn."), gone, undoable=False)


def draft_of_mine() -> Call:
    """Draft a shift note from the actor's open duties, or else the department's."""

    def call(deployment: OpenDeployment) -> DraftLoaded:
        text, duties = shift_notes.draft(deployment.context, deployment.actor)
        if not duties:
            text, _all = shift_notes.draft(deployment.context, deployment.actor, whole_department=True)
        return DraftLoaded(text)

    return call


def step_complaint(id: str, stage: Stage, outcome: str, text: str) -> Call:
    """Take the next step of a complaint."""

    def act(deployment: OpenDeployment) -> object:
        context, actor = deployment.context, deployment.actor
        match stage:
            case Stage.JUDGE:
                return complaints.judge(context, actor, id, founded=outcome == Decision.YES, reason=text)
            case Stage.NAME:
                return complaints.name(context, actor, id, outcome, text)
            case Stage.ANALYSE:
                return complaints.analyse(context, actor, id, outcome, text)
            case Stage.APPROVE:
                return complaints.approve(context, actor, id, approved=outcome == Decision.YES, reason=text)
            case Stage.EVALUATE:
                return complaints.evaluate(context, actor, id, int(outcome), text)
        done = complaints.propose if stage is Stage.PROPOSE else complaints.carry_out
        return done(context, actor, id, text)

    return said(_("On record."), act)


def decide_offer(id: str, verdict: str, answer: str) -> Call:
    """Accept or refuse an offered duty."""

    def act(deployment: OpenDeployment) -> object:
        if verdict == Decision.YES:
            return handovers.consent(deployment.context, deployment.actor, id)
        return handovers.refuse(deployment.context, deployment.actor, id, answer)

    words = _("Taken over: the duty is your department's now.") if verdict == Decision.YES else _("Refused.")
    return said(words, act, undoable=False)
