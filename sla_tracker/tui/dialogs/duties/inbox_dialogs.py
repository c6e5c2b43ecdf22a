"""The dialogs in which a person acts on an entry of the inbox, or adds one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sla_tracker.domain.duties.complaint import STAGE_WORDS, Complaint, Stage
from sla_tracker.domain.duties.handover import Offer, ShiftNote
from sla_tracker.domain.duties.states import Decision
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import bracketed
from sla_tracker.services.departments import complaints, shift_notes
from sla_tracker.services.departments.inbox_entry import InboxEntry, InboxKind
from sla_tracker.services.deployment import OpenDeployment
from sla_tracker.tui.calls import departments
from sla_tracker.tui.dialogs.dialog import Dialog
from sla_tracker.tui.dialogs.duties.party_dialogs import dialog_for
from sla_tracker.tui.dialogs.duties.statement import WordsDialog
from sla_tracker.tui.dialogs.survey import SurveyDialog
from sla_tracker.wording.party_statements import cause_word, level_word, turn_word

if TYPE_CHECKING:
    from sla_tracker.tui.app_base import BaseApp

DIALOGS = {
    InboxKind.WAIVER: "decide_waiver",
    InboxKind.HOLD: "judge_hold",
    InboxKind.FIELD: "field",
    InboxKind.PAPERS: "papers",
    InboxKind.EVENT: "event_change",
    InboxKind.CAUSE: "explain",
    InboxKind.RATING: "rate",
}
# The choice of no particular successor.
ANYBODY = "*"


def entry_dialog(app: BaseApp, row: InboxEntry) -> Dialog:
    """Return the dialog in which a person acts on an entry."""
    match row.about:
        case Complaint(next=Stage() as stage):
            return _step_dialog(app, row.about, stage)
        case Offer():
            return _offer_dialog(app, row.about)
        case ShiftNote():
            return _note_dialog(app, row.about)
    if row.kind is InboxKind.SURVEY:
        anonymous = app.gateway.deployment.context.settings.survey_anonymous
        return SurveyDialog(row.against, anonymous=anonymous)
    assert row.duty is not None
    return dialog_for(app, DIALOGS[row.kind], row.duty)


def _step_dialog(app: BaseApp, complaint: Complaint, stage: Stage) -> WordsDialog:
    choice, options = _outcomes(app, stage)
    turn = turn_word(complaint, app.view_context.departments)
    return WordsDialog(
        bracketed(_(STAGE_WORDS[stage]), turn),
        lambda outcome, words, _insists: departments.step_complaint(complaint.id, stage, outcome, words),
        choice=choice,
        options=options,
        facts=complaint.text,
        subject_id=complaint.id,
    )


def _outcomes(app: BaseApp, stage: Stage) -> tuple[str, list[tuple[str, str]]]:
    settings = app.gateway.deployment.context.settings
    match stage:
        case Stage.JUDGE:
            return _("It is"), [(Decision.YES.value, _("founded")), (Decision.NO.value, _("unfounded"))]
        case Stage.NAME:
            known = app.view_context.departments
            return _("Responsible"), [(id, app.view_context.department(id)) for id in known]
        case Stage.ANALYSE:
            return _("Cause"), [(cause, cause_word(cause)) for cause in settings.causes]
        case Stage.APPROVE:
            return _("The remedy is"), [
                (Decision.YES.value, _("approved")),
                (Decision.NO.value, _("sent back")),
            ]
        case Stage.EVALUATE:
            return _("Grade"), [(str(n), f"{n} {level_word(n)}") for n in reversed(range(5))]
    return "", []


def _offer_dialog(app: BaseApp, offer: Offer) -> WordsDialog:
    return WordsDialog(
        _("Take over from {department}?", department=app.view_context.department(offer.giver)),
        lambda verdict, words, _insists: departments.decide_offer(offer.id, verdict, words),
        choice=_("We"),
        options=[(Decision.YES.value, _("take it over")), (Decision.NO.value, _("refuse"))],
        words=_("If not, why"),
        needs_words=False,
        wordless={Decision.YES.value},
        facts=offer.reason,
        subject_id=offer.id,
    )


def _note_dialog(app: BaseApp, note: ShiftNote) -> WordsDialog:
    own = note.written_by == app.view_context.me.id

    def act(deployment: OpenDeployment, words: str) -> object:
        if own:
            return shift_notes.edit(deployment.context, deployment.actor, note.id, words)
        return shift_notes.acknowledge(deployment.context, deployment.actor, note.id)

    done = _("The note is changed.") if own else _("Acknowledged.")
    return WordsDialog(
        _("Shift note of {person}", person=app.view_context.person(note.written_by)),
        lambda _choice, words, _insists: departments.said(done, lambda deployment: act(deployment, words)),
        confirm=_("Change") if own else _("Acknowledge"),
        words=_("Note"),
        asks_words=own,
        text=note.text if own else "",
        facts="" if own else note.text,
        subject_id=note.id,
    )


def lodge_dialog(app: BaseApp) -> WordsDialog:
    """Return the dialog for a complaint about another department."""
    own = app.view_context.me.department
    others = [(id, app.view_context.department(id)) for id in app.view_context.departments if id != own]

    def make(against: str, words: str, _insists: bool) -> departments.Call:
        done = _("The complaint is on record.")
        lodge = lambda deployment: complaints.lodge(deployment.context, deployment.actor, against, words)
        return departments.said(done, lodge, undoable=False)

    return WordsDialog(_("Complain"), make, choice=_("About"), options=others, words=_("What happened"))


def shift_note_dialog(app: BaseApp, draft: str) -> WordsDialog:
    """Return the dialog for a shift note that begins with a draft."""
    me = app.view_context.me
    colleagues = [
        (person.id, app.view_context.person(person.id))
        for person in app.view_context.here(app.gateway.now())
        if person.department == me.department and person.id != me.id
    ]

    def make(successor: str, words: str, _insists: bool) -> departments.Call:
        to = "" if successor == ANYBODY else successor
        write = lambda deployment: shift_notes.write(
            deployment.context, deployment.actor, words, successor=to
        )
        return departments.said(_("The note is written."), write, undoable=False)

    return WordsDialog(
        _("Shift note"),
        make,
        confirm=_("Write"),
        choice=_("Successor"),
        options=[(ANYBODY, _("whoever comes next")), *colleagues],
        words=_("Note"),
        text=draft,
    )


def refer_dialog(app: BaseApp, complaint: Complaint) -> WordsDialog:
    """Return the dialog in which an administrator chooses who judges a complaint."""
    others = [
        (id, app.view_context.department(id))
        for id in app.view_context.departments
        if id not in complaint.parties
    ]

    def make(judge: str, words: str, _insists: bool) -> departments.Call:
        refer = lambda deployment: complaints.refer(
            deployment.context, deployment.actor, complaint.id, judge, words
        )
        return departments.said(_("On record."), refer, undoable=False)

    return WordsDialog(
        _("Who judges?"),
        make,
        choice=_("Department"),
        options=others,
        facts=complaint.text,
        subject_id=complaint.id,
    )
