"""Words for what is undone, done again or cannot be.

They are the act as a noun, the duty and the other department.
"""

from __future__ import annotations

from collections.abc import Sequence

from sla_tracker.domain.clean import clean
from sla_tracker.domain.consent.agreement import Agreement
from sla_tracker.domain.duties.duty import REFERENCE_LENGTH, Duty
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.request import Request
from sla_tracker.errors import N_, Overtaken, Refused
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Change
from sla_tracker.services.undo import UNDOABLE, ActOvertaken, NotUndoable
from sla_tracker.wording.duties import act_word, department_word, format_touched, person_word, text_of

_OF_ONE = {
    "took": N_("taking of {duty}"),
    "released": N_("putting back of {duty}"),
    "assigned": N_("assignment of {duty}"),
    "filled_in": N_("evidence of {duty}"),
    "noted": N_("note on {duty}"),
    "delivered": N_("delivery of {duty} to {consumer}"),
    "took_back": N_("taking back of {duty} from {consumer}"),
    "accepted": N_("acceptance of {duty} from {provider}"),
    "returned": N_("return of {duty} to {provider}"),
    "reopened": N_("reopening of {duty}"),
    "held": N_("hold of {duty}"),
    "resumed": N_("resumption of {duty}"),
    "objected": N_("objection to the hold of {duty}"),
    "confirmed_hold": N_("confirmation of the hold of {duty}"),
    "refused_hold": N_("refusal of the hold of {duty}"),
    "asked_waiver": N_("request to waive {duty}"),
    "waived": N_("waiver of {duty}"),
    "granted_waiver": N_("waiver granted for {duty}"),
    "refused_waiver": N_("waiver refused for {duty}"),
    "changed_field": N_("change of the request {duty}"),
    "objected_field": N_("objection to the change of {duty}"),
    "ticked_paper": N_("paper for {duty}"),
    "updated": N_("update of {duty}"),
    "rated": N_("rating of {duty}"),
    "explained_lateness": N_("cause of {duty}"),
}
_WITHOUT_DUTY = {
    "answered": N_("answer to a request"),
    "edited_shift_note": N_("change of a shift note"),
    "acknowledged_shift_note": N_("acknowledgement of a shift note"),
    "stepped_complaint": N_("step of a complaint"),
}
# What to do instead of undoing an act: acts that can never be undone, then those of earlier days.
_OF_EVENT = N_("sla event cancel {ref} cancels it, sla event correct {ref} puts it right.")
_OF_IMPORT = N_("Its import command takes it back as a whole: --undo with the number that sla imports shows.")
_OF_PROPOSAL = N_("The other head has it already: sla agree withdraw {ref} withdraws it.")
_OF_TERMS = N_("The other head has been told: sla agree propose begins a new proposal.")
_OF_OFFER = N_("The other department has been told: sla hand-over offer begins a new offer.")
_OF_DECISION = N_(
    "The other department has been told: agree with it what is to count, then change it once more."
)
_INSTEAD = {
    "registered_event": _OF_EVENT,
    "corrected_event": _OF_EVENT,
    "moved_event": _OF_EVENT,
    "cancelled_event": N_("All concerned have been told: sla event add registers it anew."),
    "confirmed_event": _OF_DECISION,
    "refused_event": _OF_DECISION,
    "objected_event": _OF_DECISION,
    "imported_events": _OF_IMPORT,
    "imported_requests": _OF_IMPORT,
    "imported_past": _OF_IMPORT,
    "requested": N_("The other department has it already: sla withdraw {ref} withdraws it."),
    "withdrew_request": N_("The other department has been told: sla request asks anew."),
    "confirmed_field": _OF_DECISION,
    "refused_field": _OF_DECISION,
    "proposed_agreement": _OF_PROPOSAL,
    "countered_agreement": _OF_PROPOSAL,
    "accepted_agreement": _OF_TERMS,
    "refused_agreement": _OF_TERMS,
    "withdrew_agreement": _OF_TERMS,
    "offered_hand_over": N_(
        "The other department has it already: sla hand-over withdraw {ref} takes it back."
    ),
    "handed_over": _OF_OFFER,
    "refused_hand_over": _OF_OFFER,
    "withdrew_hand_over": _OF_OFFER,
    "wrote_shift_note": N_("sla shift edit changes it until it is acknowledged."),
    "lodged_complaint": N_(
        "It is settled step by step; its judge can call it unfounded (sla complaint judge)."
    ),
    "signed_checklist": N_("sla period sign --take-back takes a signature back."),
    "closed_month": N_("sla period reopen opens the month again."),
    "reopened_month": N_("sla period close closes the month again."),
    "delivered": N_("sla take-back {ref} takes back a delivery that nobody has judged yet."),
    "took": N_("sla release {ref} puts it back."),
    "released": N_("sla take {ref} takes it again."),
    "assigned": N_("sla assign {ref} gives it to somebody else."),
    "held": N_("sla resume {ref} lets its clock run again."),
    "resumed": N_("sla hold {ref} stops its clock again."),
    "accepted": N_("sla reopen {ref} opens it again, as a head."),
    "noted": N_("sla note {ref} writes another note."),
    "filled_in": N_("sla fill {ref} keeps other evidence."),
}
_Named = Event | Agreement | Duty | Request
_NAMED: dict[type[_Named], str] = {
    Event: "events",
    Agreement: "agreements",
    Duty: "duties",
    Request: "requests",
}
# A duty's history tells these as what opened it.
_OWN_ACTS = {
    "registered_event": N_("event registered"),
    "imported_events": N_("events imported"),
}
_STAYS = N_("It stays on record (sla log); what it set is changed again in the way in which it was set.")


# After these acts of somebody else the own act is put right as if nobody had acted.
_BESIDE = frozenset(
    {"noted", "filled_in", "rated", "ticked_paper", "updated", "explained_lateness", "asked_waiver"}
)
# After others: what puts it right, by their act.
_ANEW = N_("sla deliver {ref} delivers it anew.")
_AFTER = {
    "accepted": _INSTEAD["accepted"],
    "returned": _ANEW,
    "reopened": _ANEW,
}
_SHOWN = N_(
    "sla show {ref} shows how it stands now; agree with {by} what is to count, then change it once more."
)
_AGREED = N_("Agree with {by} what is to count, then change it once more.")


def _overtaken(context: ServiceContext, refused: ActOvertaken) -> Overtaken:
    """Return the refusal of what others have acted on since, in full.

    It says which act was meant, what was done since, by whom and to which duty, and what to do instead.
    """
    mine, since = refused.change, refused.since
    value = context.store.as_of(refused.kind, refused.id, since.sequence)
    both = [value] if isinstance(value, Duty) else _about(context, since)
    message = (
        N_(
            "It is not done again: {act} ({at}). Since then {by} has acted: {what} ({ref}, {since}). {instead}"
        )
        if refused.is_redo
        else N_(
            "Your last act stays: {act} ({at}). Since then {by} has acted: {what} ({ref}, {since}). {instead}"
        )
    )
    by = person_word(context.people, since.act.by)
    ref = (both[0].id if both else refused.id)[-REFERENCE_LENGTH:]
    return Overtaken(
        message,
        act=_format_act(context, mine, _about(context, mine)),
        at=mine.act.at,
        by=by,
        what=_format_act(context, since, both),
        ref=ref,
        since=since.act.at,
        instead=_(_after(refused, is_duty=isinstance(value, Duty)), ref=ref, by=by),
    )


def _after(refused: ActOvertaken, *, is_duty: bool) -> str:
    """Return what to do instead, as a message with {ref} and {by}."""
    mine, theirs = refused.change.act.what, refused.since.act.what
    if not is_duty:
        return _AGREED
    if theirs in _BESIDE and mine in _INSTEAD and not refused.is_redo:
        return _INSTEAD[mine]
    return _AFTER.get(theirs, _SHOWN)


def explained(context: ServiceContext, refused: NotUndoable | ActOvertaken) -> Refused:
    """Return a refusal to undo or to do again, in full.

    It says which act, when it was done, why it stays and what to do instead.
    """
    if isinstance(refused, ActOvertaken):
        return _overtaken(context, refused)
    change = refused.change
    about = _about(context, change)
    return Refused(
        N_("Your last act stays: {act} ({at}). {why} {instead}"),
        act=_format_act(context, change, about),
        at=change.act.at,
        why=_(refused.message),
        instead=_(
            _INSTEAD.get(change.act.what, _STAYS), ref=about[0].id[-REFERENCE_LENGTH:] if about else "-"
        ),
    )


def _about(context: ServiceContext, change: Change) -> list[_Named]:
    """Return the values by which people know an act.

    They are its event or agreement, else its duties, else its requests.
    """
    for kind, name in _NAMED.items():
        found = [
            context.store.as_of(kind, id, change.sequence) for stored, id in change.touched if stored == name
        ]
        if any(found):
            return [one for one in found if one is not None]
    return []


def _format_act(context: ServiceContext, change: Change, about: Sequence[_Named]) -> str:
    what = change.act.what
    act = _(_OWN_ACTS[what]) if what in _OWN_ACTS else act_word(what)
    duties = [one for one in about if isinstance(one, Duty)]
    if duties and what in UNDOABLE:
        return format_undone(context, change, duties)
    if not about:
        return paired(act, format_touched(kind for kind, _id in change.touched))
    first = about[0]
    words = (
        (first.text, first.subject)
        if isinstance(first, Request)
        else (_("“{title}”", title=text_of(first.title)), getattr(first, "subject", ""))
    )
    return paired(act, " ".join(clean(word) for word in words if word))


def format_undone(context: ServiceContext, change: Change, duties: Sequence[Duty]) -> str:
    """Return an act on duties as words: `delivery of “Arrears list” to Finance`."""
    what = change.act.what
    if not duties:
        return _(_WITHOUT_DUTY[what]) if what in _WITHOUT_DUTY else act_word(what)
    first = duties[0]
    named = _("“{title}”", title=text_of(first.title))
    duty = " ".join(filter(None, (named, clean(first.subject))))
    provider, consumer = department_word(context, first.provider), department_word(context, first.consumer)
    words = (
        _(_OF_ONE[what], duty=duty, provider=provider, consumer=consumer)
        if what in _OF_ONE
        else paired(act_word(what), duty)
    )
    more = len(duties) - 1
    return words if not more else ngettext("{act}, and {n} more", "{act}, and {n} more", more, act=words)
