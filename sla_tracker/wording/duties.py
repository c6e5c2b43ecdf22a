"""Formats duties, holds, people and history for screens, commands and reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from sla_tracker.domain.agreements.fields import TICKED, FieldKind
from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.states import STATE_WORDS, Opened
from sla_tracker.domain.measures.rounding import rounded
from sla_tracker.domain.people import SYSTEM
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.i18n.punctuation import paired, together
from sla_tracker.wording.times import (
    bucket_word,
    days_apart,
    format_day,
    format_due,
    format_hours,
    format_moment,
    format_period,
    format_span,
    format_standing,
    text_of,
    weekday_word,
)

if TYPE_CHECKING:
    from datetime import datetime, tzinfo

    from sla_tracker.domain.agreements.fields import Field
    from sla_tracker.domain.duties.duty import Delivery, Duty, Hold
    from sla_tracker.domain.duties.states import State
    from sla_tracker.domain.measures.scorecard import Score
    from sla_tracker.domain.people import Person
    from sla_tracker.domain.text import Text
    from sla_tracker.services.context import ServiceContext
    from sla_tracker.services.ports import Act, Change

__all__ = [
    "ACT_WORDS",
    "OPENED_WORDS",
    "act_word",
    "bucket_word",
    "days_apart",
    "format_amount",
    "format_answered",
    "format_archive",
    "format_assumed",
    "format_awaited",
    "format_day",
    "format_due",
    "format_hold",
    "format_hours",
    "format_moment",
    "format_period",
    "format_reason",
    "format_short_notice",
    "format_span",
    "format_standing",
    "format_touched",
    "format_value",
    "opened_word",
    "percent",
    "percent_on_time",
    "percent_target",
    "person_word",
    "state_word",
    "text_of",
    "verbs_of",
    "weekday_word",
]


ASSUMED_WORDS = {
    "due": N_("the due time"),
    "day": N_("the day of the month"),
    "answer": N_("the time to answer"),
    "about": N_("the month it is about"),
    "roll": N_("what happens on a day off"),
}

OPENED_WORDS = {
    Opened.RECURRING: N_("by the calendar"),
    Opened.STANDING: N_("standing rule"),
    Opened.ON_EVENT: N_("by an event"),
    Opened.ON_REQUEST: N_("by a request"),
    Opened.HAND_OVER: N_("handed over"),
}

ACT_WORDS = {
    "rolled_over": N_("opened"),
    "plugins_changed": N_("plugins changed"),
    "moved_first_day": N_("first day moved"),
    "imported_calendar": N_("calendar imported"),
    "changed_settings": N_("settings changed"),
    "registered_event": N_("opened by an event"),
    "imported_events": N_("opened by an imported event"),
    "imported_requests": N_("requests imported"),
    "imported_past": N_("past imported"),
    "remembered_import_map": N_("map of columns remembered"),
    "took_back_import": N_("import taken back"),
    "corrected_event": N_("event corrected"),
    "moved_event": N_("event moved"),
    "cancelled_event": N_("event cancelled"),
    "confirmed_event": N_("event change confirmed"),
    "refused_event": N_("event change refused"),
    "objected_event": N_("event change objected to"),
    "requested": N_("requested"),
    "answered": N_("answered"),
    "changed_field": N_("request changed"),
    "objected_field": N_("change objected to"),
    "confirmed_field": N_("change confirmed"),
    "refused_field": N_("change refused"),
    "ticked_paper": N_("paper ticked"),
    "updated": N_("update given"),
    "withdrew_request": N_("request withdrawn"),
    "proposed_agreement": N_("agreement proposed"),
    "countered_agreement": N_("agreement countered"),
    "accepted_agreement": N_("agreement accepted"),
    "refused_agreement": N_("agreement refused"),
    "withdrew_agreement": N_("proposal withdrawn"),
    "took": N_("taken"),
    "released": N_("released"),
    "assigned": N_("assigned"),
    "filled_in": N_("evidence filled in"),
    "noted": N_("note written"),
    "delivered": N_("delivered"),
    "took_back": N_("taken back"),
    "accepted": N_("accepted"),
    "returned": N_("returned"),
    "reopened": N_("reopened"),
    "held": N_("put on hold"),
    "resumed": N_("resumed"),
    "objected": N_("hold objected to"),
    "confirmed_hold": N_("hold confirmed"),
    "refused_hold": N_("hold refused"),
    "asked_waiver": N_("waiver asked for"),
    "waived": N_("waived"),
    "granted_waiver": N_("waiver granted"),
    "refused_waiver": N_("waiver refused"),
    "rated": N_("rated"),
    "explained_lateness": N_("cause given"),
    "handed_over": N_("handed over"),
    "offered_hand_over": N_("hand-over offered"),
    "refused_hand_over": N_("hand-over refused"),
    "withdrew_hand_over": N_("hand-over withdrawn"),
    "settled_request": N_("request settled"),
    "wrote_shift_note": N_("shift note written"),
    "edited_shift_note": N_("shift note changed"),
    "acknowledged_shift_note": N_("shift note acknowledged"),
    "lodged_complaint": N_("complaint lodged"),
    "indexed_archive": N_("archive indexed"),
    "stepped_complaint": N_("complaint taken further"),
    "referred_complaint": N_("judge of the complaint chosen"),
    "answered_survey": N_("survey answered"),
    "prepared_seal": N_("sealing prepared"),
    "adopted_store": N_("store given to other settings"),
    "sealed_month": N_("month sealed"),
    "unsealed_month": N_("month unsealed"),
    "reopened_month": N_("month reopened"),
    "warned_budget": N_("allowed misses run out: head warned"),
    "noted_agreement_news": N_("agreements: heads told"),
    "claimed_message": N_("message being sent"),
    "sent_message": N_("message sent or tried"),
    "marked_missed": N_("marked as missed"),
    "signed_checklist": N_("checklist signed"),
    "took_back_signature": N_("signature taken back"),
    "closed_month": N_("month closed"),
    "undid": N_("undone"),
    "redid": N_("done again"),
    "reminded": N_("reminded"),
    "claimed_reminders": N_("reminders being sent"),
    "sent_reminders": N_("reminders sent"),
    "read_reminders": N_("reminders read"),
    "erased": N_("erased"),
    "prepared_erasure": N_("erasure prepared"),
    "erasure finished": N_("erasure finished"),
}


def state_word(state: State) -> str:
    """Return the translated name of a duty's state."""
    return _(STATE_WORDS[state])


def opened_word(opened: Opened) -> str:
    """Return the translated kind of trigger that opened a duty."""
    return _(OPENED_WORDS[opened])


def act_word(what: str) -> str:
    """Return a recorded verb translated; one unknown to this version as it is stored."""
    return _(ACT_WORDS[what]) if what in ACT_WORDS else clean(what)


def format_reason(act: Act, verbs: Mapping[str, str] | None = None) -> str:
    """Return the reason of an act; for an undo or a redo, which act it is about.

    `verbs` holds the recorded verbs of known changes by their numbers (`verbs_of`); another change goes by its number.
    """
    from sla_tracker.services.ports import REDID, UNDID  # here: the start-up cache answers without it

    if act.what not in {UNDID, REDID} or not act.reason:
        return clean(act.reason)
    verb = (verbs or {}).get(act.reason)
    if act.what == UNDID:
        if verb is None:
            return _("undid change {n}", n=clean(act.reason))
        return _("undid “{act}”", act=act_word(verb))
    if verb is None:
        return _("did change {n} again", n=clean(act.reason))
    return _("did “{act}” again", act=act_word(verb))


def verbs_of(history: Iterable[Change]) -> dict[str, str]:
    """Return the recorded verbs of changes by their numbers."""
    return {str(change.sequence): change.act.what for change in history}


def format_touched(kinds: Iterable[str]) -> str:
    """Return the counts of what a change touched, such as `2 duties, 1 event`."""
    return _(", ").join(format_amount(kind, n) for kind, n in Counter(kinds).items())


def format_amount(kind: str, n: int) -> str:
    """Return a count with its kind, such as `2 duties`.

    An unknown kind is called by its stored name.
    """
    known = {
        "duties": ngettext("{n} duty", "{n} duties", n),
        "events": ngettext("{n} event", "{n} events", n),
        "requests": ngettext("{n} request", "{n} requests", n),
        "rosters": ngettext("{n} roster", "{n} rosters", n),
        "months": ngettext("{n} month", "{n} months", n),
        "offers": ngettext("{n} hand-over", "{n} hand-overs", n),
        "shift_notes": ngettext("{n} shift note", "{n} shift notes", n),
        "complaints": ngettext("{n} complaint", "{n} complaints", n),
        "answers": ngettext("{n} survey answer", "{n} survey answers", n),
        "reminders": ngettext("{n} reminder", "{n} reminders", n),
        "reminded": ngettext("{n} reminding", "{n} remindings", n),
        "message_days": ngettext("{n} day's messages", "{n} days' messages", n),
        "agreements": ngettext("{n} agreement", "{n} agreements", n),
        "checklists": ngettext("{n} checklist of a month", "{n} checklists of months", n),
        "imports": ngettext("{n} import", "{n} imports", n),
        "import_maps": ngettext("{n} map of columns", "{n} maps of columns", n),
        "past_duties": ngettext("{n} duty of the past", "{n} duties of the past", n),
    }
    return known.get(kind, f"{n} {clean(kind)}")


def format_assumed(parts: Iterable[str], set_by_admin: Collection[str] = ()) -> str:
    """Return the sentences that list the parts of a deadline that nobody has agreed.

    Empty for none. `set_by_admin` are those of them that the deployment's settings set.
    """
    assumed = [_(ASSUMED_WORDS.get(part, part)) for part in parts if part not in set_by_admin]
    named = [_(ASSUMED_WORDS.get(part, part)) for part in set_by_admin]
    said = [
        _("Set by the administrator, not agreed: {parts}.", parts=_(", ").join(named)) if named else "",
        _("Assumed, not agreed: {parts}.", parts=_(", ").join(assumed)) if assumed else "",
        _("The heads of both departments can agree it: sla agree.") if named or assumed else "",
    ]
    return together(*said)


def person_word(people: Mapping[str, Person], id: str) -> str:
    """Return a person's name, `system` translated, or the id of an unknown person."""
    if id == SYSTEM:
        return _("system")
    return clean(people[id].name if id in people else id)


def department_word(context: ServiceContext, id: str) -> str:
    """Return a department's name in the current language, or its id if unknown."""
    known = context.catalogue.departments.get(id)
    return text_of(known.name) if known else clean(id)


def format_hold(hold: Hold, departments: Mapping[str, Text], people: Mapping[str, Person]) -> str:
    """Return `who: reason` of a hold; who by name if the deployment knows it."""
    whom = hold.waits_for
    return paired(
        text_of(departments[whom]) if whom in departments else person_word(people, whom), hold.reason
    )


def format_awaited(other: Duty, department: str, when: str) -> str:
    """Return a duty that another one waits for: title, reference, owner, due time."""
    named = _("“{title}” ({ref})", title=text_of(other.title), ref=other.reference)
    return _("{duty} of {department}, {when}", duty=named, department=department, when=when)


def format_answered(answered_at: datetime, limit_at: datetime, now: datetime, zone: tzinfo) -> str:
    """Return when a request was answered, and whether that was in time."""
    when = format_moment(answered_at, now, zone)
    if answered_at <= limit_at:
        return _("answered {when}, in time", when=when)
    return _("answered {when}, late", when=when)


def format_archive(month: str) -> str:
    """Return the sentence on a duty's closed month and how to reopen it; else ""."""
    if not month:
        return ""
    return _("of {month}, which is closed; sla period reopen {month} opens it again", month=month)


def format_short_notice(who: str, when: str) -> str:
    """Return the sentence about a duty left out of the rates for short notice."""
    return _(
        "{who} gave the event's time on {when}, when this was already due: it is left out of the rates.",
        who=who,
        when=when,
    )


def format_value(field: Field, value: str) -> str:
    """Return an evidence value for display: a tick as ✓, a choice by its label."""
    if field.kind is FieldKind.TICK:
        return "✓" if value == TICKED else clean(value)
    if field.kind is FieldKind.CHOICE:
        return next((text_of(choice.label) for choice in field.choices if choice.id == value), clean(value))
    return clean(value)


def percent(ratio: Decimal | None, *, target: Decimal | None = None) -> str:
    """Return a ratio in per cent, half up to a tenth; a dash for None.

    Less than all never looks like 100.0 %, and less than the target never like the target or more.
    """
    return "–" if ratio is None else f"{rounded(ratio * 100, 1, bounds=_shown(target)):.1f} %"


def percent_on_time(score: Score) -> str:
    """Return a score's on-time rate in per cent, judged against its own target."""
    return percent(score.on_time_ratio, target=score.target)


def percent_target(target: Decimal | None) -> str:
    """Return a target in per cent with its decimals, at least one; a dash for None."""
    return "–" if target is None else f"{_target_shown(target)} %"


def _shown(target: Decimal | None) -> tuple[Decimal, ...]:
    """Return the percentages that a smaller ratio must stay below where it is shown."""
    return (Decimal(100),) if target is None else (Decimal(100), _target_shown(target))


def _target_shown(target: Decimal) -> Decimal:
    """Return a target in per cent: exact up to three decimals, else to a tenth.

    The tenth is rounded half up.
    """
    whole = target * 100
    for places in (1, 2, 3):
        exact = rounded(whole, places)
        if exact == whole:
            return exact
    return rounded(whole, 1)


def not_reviewed_word(delivery: Delivery | None) -> str:
    """Return that plugins failed to review a delivery, and which; empty when none did."""
    if delivery is None or not delivery.not_reviewed:
        return ""
    plugins = _(", ").join(clean(name) for name in delivery.not_reviewed)
    return _("Not reviewed: plugin {plugins} failed.", plugins=plugins)
