"""Words for what is undone, done again or cannot be.

The words name the act, the duty and the other department.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sla_tracker.domain.clean import clean
from sla_tracker.domain.consent.agreement import Agreement
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.reference import reference_of
from sla_tracker.domain.stored_kinds import StoredKind
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, Overtaken, Refused
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Change
from sla_tracker.services.undo import UNDOABLE, ActOvertaken, NotUndoable
from sla_tracker.wording.duties import act_word, department_word, format_touched, person_word, text_of

_OF_ONE: Mapping[str, str] = {
    Verb.TOOK: N_("taking of {duty}"),
    Verb.RELEASED: N_("putting back of {duty}"),
    Verb.ASSIGNED: N_("assignment of {duty}"),
    Verb.FILLED_IN: N_("evidence of {duty}"),
    Verb.NOTED: N_("note on {duty}"),
    Verb.DELIVERED: N_("delivery of {duty} to {consumer}"),
    Verb.TOOK_BACK: N_("taking back of {duty} from {consumer}"),
    Verb.ACCEPTED: N_("acceptance of {duty} from {provider}"),
    Verb.RETURNED: N_("return of {duty} to {provider}"),
    Verb.REOPENED: N_("reopening of {duty}"),
    Verb.HELD: N_("hold of {duty}"),
    Verb.RESUMED: N_("resumption of {duty}"),
    Verb.OBJECTED: N_("objection to the hold of {duty}"),
    Verb.CONFIRMED_HOLD: N_("confirmation of the hold of {duty}"),
    Verb.REFUSED_HOLD: N_("refusal of the hold of {duty}"),
    Verb.ASKED_WAIVER: N_("request to waive {duty}"),
    Verb.WAIVED: N_("waiver of {duty}"),
    Verb.GRANTED_WAIVER: N_("waiver granted for {duty}"),
    Verb.REFUSED_WAIVER: N_("waiver refused for {duty}"),
    Verb.CHANGED_FIELD: N_("change of the request {duty}"),
    Verb.OBJECTED_FIELD: N_("objection to the change of {duty}"),
    Verb.TICKED_PAPER: N_("paper for {duty}"),
    Verb.UPDATED: N_("update of {duty}"),
    Verb.RATED: N_("rating of {duty}"),
    Verb.EXPLAINED_LATENESS: N_("cause of {duty}"),
}
_WITHOUT_DUTY: Mapping[str, str] = {
    Verb.ANSWERED: N_("answer to a request"),
    Verb.EDITED_SHIFT_NOTE: N_("change of a shift note"),
    Verb.ACKNOWLEDGED_SHIFT_NOTE: N_("acknowledgement of a shift note"),
    Verb.STEPPED_COMPLAINT: N_("step of a complaint"),
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
_INSTEAD: Mapping[str, str] = {
    Verb.REGISTERED_EVENT: _OF_EVENT,
    Verb.CORRECTED_EVENT: _OF_EVENT,
    Verb.MOVED_EVENT: _OF_EVENT,
    Verb.CANCELLED_EVENT: N_("All concerned have been told: sla event add registers it anew."),
    Verb.CONFIRMED_EVENT: _OF_DECISION,
    Verb.REFUSED_EVENT: _OF_DECISION,
    Verb.OBJECTED_EVENT: _OF_DECISION,
    Verb.IMPORTED_EVENTS: _OF_IMPORT,
    Verb.IMPORTED_REQUESTS: _OF_IMPORT,
    Verb.IMPORTED_PAST: _OF_IMPORT,
    Verb.REQUESTED: N_("The other department has it already: sla withdraw {ref} withdraws it."),
    Verb.WITHDREW_REQUEST: N_("The other department has been told: sla request asks anew."),
    Verb.CONFIRMED_FIELD: _OF_DECISION,
    Verb.REFUSED_FIELD: _OF_DECISION,
    Verb.PROPOSED_AGREEMENT: _OF_PROPOSAL,
    Verb.COUNTERED_AGREEMENT: _OF_PROPOSAL,
    Verb.ACCEPTED_AGREEMENT: _OF_TERMS,
    Verb.REFUSED_AGREEMENT: _OF_TERMS,
    Verb.WITHDREW_AGREEMENT: _OF_TERMS,
    Verb.OFFERED_HAND_OVER: N_(
        "The other department has it already: sla hand-over withdraw {ref} takes it back."
    ),
    Verb.HANDED_OVER: _OF_OFFER,
    Verb.REFUSED_HAND_OVER: _OF_OFFER,
    Verb.WITHDREW_HAND_OVER: _OF_OFFER,
    Verb.WROTE_SHIFT_NOTE: N_("sla shift edit changes it until it is acknowledged."),
    Verb.LODGED_COMPLAINT: N_(
        "It is settled step by step; its judge can call it unfounded (sla complaint judge)."
    ),
    Verb.SIGNED_CHECKLIST: N_("sla period sign --take-back takes a signature back."),
    Verb.CLOSED_MONTH: N_("sla period reopen opens the month again."),
    Verb.REOPENED_MONTH: N_("sla period close closes the month again."),
    Verb.DELIVERED: N_("sla take-back {ref} takes back a delivery that nobody has judged yet."),
    Verb.TOOK: N_("sla release {ref} puts it back."),
    Verb.RELEASED: N_("sla take {ref} takes it again."),
    Verb.ASSIGNED: N_("sla assign {ref} gives it to somebody else."),
    Verb.HELD: N_("sla resume {ref} lets its clock run again."),
    Verb.RESUMED: N_("sla hold {ref} stops its clock again."),
    Verb.ACCEPTED: N_("sla reopen {ref} opens it again, as a head."),
    Verb.NOTED: N_("sla note {ref} writes another note."),
    Verb.FILLED_IN: N_("sla fill {ref} keeps other evidence."),
}
_Named = Event | Agreement | Duty | Request
_NAMED: dict[type[_Named], StoredKind] = {
    Event: StoredKind.EVENTS,
    Agreement: StoredKind.AGREEMENTS,
    Duty: StoredKind.DUTIES,
    Request: StoredKind.REQUESTS,
}
# A duty's history tells these as what opened it.
_OWN_ACTS: Mapping[str, str] = {
    Verb.REGISTERED_EVENT: N_("event registered"),
    Verb.IMPORTED_EVENTS: N_("events imported"),
}
_STAYS = N_("It stays on record (sla log); what it set is changed again in the way in which it was set.")


# After these acts of somebody else the own act is put right as if nobody had acted.
_BESIDE = frozenset(
    {
        Verb.NOTED,
        Verb.FILLED_IN,
        Verb.RATED,
        Verb.TICKED_PAPER,
        Verb.UPDATED,
        Verb.EXPLAINED_LATENESS,
        Verb.ASKED_WAIVER,
    }
)
# After others: what puts it right, by their act.
_ANEW = N_("sla deliver {ref} delivers it anew.")
_AFTER: Mapping[str, str] = {
    Verb.ACCEPTED: _INSTEAD[Verb.ACCEPTED],
    Verb.RETURNED: _ANEW,
    Verb.REOPENED: _ANEW,
}
_SHOWN = N_(
    "sla show {ref} shows how it stands now; agree with {by} what is to count, then change it once more."
)
_AGREED = N_("Agree with {by} what is to count, then change it once more.")
_ELSEWHERE = N_(
    "It stays as it is: {act} ({at}). Since then somebody has acted on a duty between other departments that hangs "
    "on it; ask your head what is to count."
)


def _overtaken(context: ServiceContext, refused: ActOvertaken) -> Overtaken:
    """Return the refusal of what others have acted on since, in full.

    It says which act was meant, what was done since, by whom and to which duty, and what to do instead.
    """
    mine, since = refused.change, refused.since
    value = context.store.as_of(refused.kind, refused.id, since.sequence)
    act = _format_act(context, mine, _about(context, mine))
    if value is None:  # erased, or not for this person to read
        return Overtaken(_ELSEWHERE, act=act, at=mine.act.at)
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
    ref = reference_of(both[0].id if both else refused.id)
    return Overtaken(
        message,
        act=act,
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
        instead=_(_INSTEAD.get(change.act.what, _STAYS), ref=reference_of(about[0].id) if about else "-"),
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
