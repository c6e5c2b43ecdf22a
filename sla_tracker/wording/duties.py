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
from sla_tracker.domain.reference import reference_of
from sla_tracker.domain.stored_kinds import StoredKind
from sla_tracker.domain.verbs import Verb
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
    "format_hold_span",
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

# Acts whose reason is the id of an import.
OF_IMPORTS = frozenset(
    {Verb.IMPORTED_EVENTS, Verb.IMPORTED_REQUESTS, Verb.IMPORTED_PAST, Verb.TOOK_BACK_IMPORT}
)

ACT_WORDS: Mapping[str, str] = {
    Verb.ROLLED_OVER: N_("opened"),
    Verb.PLUGINS_CHANGED: N_("plugins changed"),
    Verb.MOVED_FIRST_DAY: N_("first day moved"),
    Verb.IMPORTED_CALENDAR: N_("calendar imported"),
    Verb.CHANGED_SETTINGS: N_("settings changed"),
    Verb.REGISTERED_EVENT: N_("opened by an event"),
    Verb.IMPORTED_EVENTS: N_("opened by an imported event"),
    Verb.IMPORTED_REQUESTS: N_("requests imported"),
    Verb.IMPORTED_PAST: N_("past imported"),
    Verb.REMEMBERED_IMPORT_MAP: N_("map of columns remembered"),
    Verb.TOOK_BACK_IMPORT: N_("import taken back"),
    Verb.CORRECTED_EVENT: N_("event corrected"),
    Verb.MOVED_EVENT: N_("event moved"),
    Verb.CANCELLED_EVENT: N_("event cancelled"),
    Verb.CONFIRMED_EVENT: N_("event change confirmed"),
    Verb.REFUSED_EVENT: N_("event change refused"),
    Verb.OBJECTED_EVENT: N_("event change objected to"),
    Verb.REQUESTED: N_("requested"),
    Verb.ANSWERED: N_("answered"),
    Verb.CHANGED_FIELD: N_("request changed"),
    Verb.OBJECTED_FIELD: N_("change objected to"),
    Verb.CONFIRMED_FIELD: N_("change confirmed"),
    Verb.REFUSED_FIELD: N_("change refused"),
    Verb.TICKED_PAPER: N_("paper ticked"),
    Verb.UPDATED: N_("update given"),
    Verb.WITHDREW_REQUEST: N_("request withdrawn"),
    Verb.PROPOSED_AGREEMENT: N_("agreement proposed"),
    Verb.COUNTERED_AGREEMENT: N_("agreement countered"),
    Verb.ACCEPTED_AGREEMENT: N_("agreement accepted"),
    Verb.REFUSED_AGREEMENT: N_("agreement refused"),
    Verb.WITHDREW_AGREEMENT: N_("proposal withdrawn"),
    Verb.TOOK: N_("taken"),
    Verb.RELEASED: N_("released"),
    Verb.ASSIGNED: N_("assigned"),
    Verb.FILLED_IN: N_("evidence filled in"),
    Verb.NOTED: N_("note written"),
    Verb.DELIVERED: N_("delivered"),
    Verb.TOOK_BACK: N_("taken back"),
    Verb.ACCEPTED: N_("accepted"),
    Verb.RETURNED: N_("returned"),
    Verb.REOPENED: N_("reopened"),
    Verb.HELD: N_("put on hold"),
    Verb.RESUMED: N_("resumed"),
    Verb.OBJECTED: N_("hold objected to"),
    Verb.CONFIRMED_HOLD: N_("hold confirmed"),
    Verb.REFUSED_HOLD: N_("hold refused"),
    Verb.ASKED_WAIVER: N_("waiver asked for"),
    Verb.WAIVED: N_("waived"),
    Verb.GRANTED_WAIVER: N_("waiver granted"),
    Verb.REFUSED_WAIVER: N_("waiver refused"),
    Verb.RATED: N_("rated"),
    Verb.EXPLAINED_LATENESS: N_("cause given"),
    Verb.HANDED_OVER: N_("handed over"),
    Verb.OFFERED_HAND_OVER: N_("hand-over offered"),
    Verb.REFUSED_HAND_OVER: N_("hand-over refused"),
    Verb.WITHDREW_HAND_OVER: N_("hand-over withdrawn"),
    Verb.SETTLED_REQUEST: N_("request settled"),
    Verb.WROTE_SHIFT_NOTE: N_("shift note written"),
    Verb.EDITED_SHIFT_NOTE: N_("shift note changed"),
    Verb.ACKNOWLEDGED_SHIFT_NOTE: N_("shift note acknowledged"),
    Verb.LODGED_COMPLAINT: N_("complaint lodged"),
    Verb.INDEXED_ARCHIVE: N_("archive indexed"),
    Verb.STEPPED_COMPLAINT: N_("complaint taken further"),
    Verb.REFERRED_COMPLAINT: N_("judge of the complaint chosen"),
    Verb.ANSWERED_SURVEY: N_("survey answered"),
    Verb.PREPARED_SEAL: N_("sealing prepared"),
    Verb.ADOPTED_STORE: N_("store given to other settings"),
    Verb.SEALED_MONTH: N_("month sealed"),
    Verb.UNSEALED_MONTH: N_("month unsealed"),
    Verb.REOPENED_MONTH: N_("month reopened"),
    Verb.WARNED_BUDGET: N_("allowed misses run out: head warned"),
    Verb.NOTED_AGREEMENT_NEWS: N_("agreements: heads told"),
    Verb.CLAIMED_MESSAGE: N_("message being sent"),
    Verb.SENT_MESSAGE: N_("message sent or tried"),
    Verb.MARKED_MISSED: N_("marked as missed"),
    Verb.SIGNED_CHECKLIST: N_("checklist signed"),
    Verb.TOOK_BACK_SIGNATURE: N_("signature taken back"),
    Verb.CLOSED_MONTH: N_("month closed"),
    Verb.UNDID: N_("undone"),
    Verb.REDID: N_("done again"),
    Verb.REMINDED: N_("reminded"),
    Verb.CLAIMED_REMINDERS: N_("reminders being sent"),
    Verb.SENT_REMINDERS: N_("reminders sent"),
    Verb.READ_REMINDERS: N_("reminders read"),
    Verb.ERASED: N_("erased"),
    Verb.PREPARED_ERASURE: N_("erasure prepared"),
    Verb.ERASURE_FINISHED: N_("erasure finished"),
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
    """Return the reason of an act: of an undo which act, of an import which one.

    `verbs` holds the recorded verbs of known changes by their numbers (`verbs_of`); another change goes by its number.
    """
    if act.what in OF_IMPORTS and act.reason:
        return _("import {ref}", ref=clean(reference_of(act.reason)))
    if act.what not in {Verb.UNDID, Verb.REDID} or not act.reason:
        return clean(act.reason)
    verb = (verbs or {}).get(act.reason)
    if act.what == Verb.UNDID:
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
    known: Mapping[str, str] = {
        StoredKind.DUTIES: ngettext("{n} duty", "{n} duties", n),
        StoredKind.EVENTS: ngettext("{n} event", "{n} events", n),
        StoredKind.REQUESTS: ngettext("{n} request", "{n} requests", n),
        StoredKind.ROSTERS: ngettext("{n} roster", "{n} rosters", n),
        StoredKind.MONTHS: ngettext("{n} month", "{n} months", n),
        StoredKind.OFFERS: ngettext("{n} hand-over", "{n} hand-overs", n),
        StoredKind.SHIFT_NOTES: ngettext("{n} shift note", "{n} shift notes", n),
        StoredKind.COMPLAINTS: ngettext("{n} complaint", "{n} complaints", n),
        StoredKind.ANSWERS: ngettext("{n} survey answer", "{n} survey answers", n),
        StoredKind.REMINDERS: ngettext("{n} reminder", "{n} reminders", n),
        StoredKind.REMINDED: ngettext("{n} reminding", "{n} remindings", n),
        StoredKind.MESSAGE_DAYS: ngettext("{n} day's messages", "{n} days' messages", n),
        StoredKind.AGREEMENTS: ngettext("{n} agreement", "{n} agreements", n),
        StoredKind.CHECKLISTS: ngettext("{n} checklist of a month", "{n} checklists of months", n),
        StoredKind.IMPORTS: ngettext("{n} import", "{n} imports", n),
        StoredKind.IMPORT_MAPS: ngettext("{n} map of columns", "{n} maps of columns", n),
        StoredKind.PAST_DUTIES: ngettext("{n} duty of the past", "{n} duties of the past", n),
    }
    return known.get(kind, f"{n} {clean(kind)}")


def format_assumed(
    parts: Iterable[str], set_by_admin: Collection[str] = (), *, agreed_by: str = "sla agree"
) -> str:
    """Return the sentences that list the parts of a deadline that nobody has agreed.

    Empty if there are none. `set_by_admin` are the parts that the deployment's settings set.
    """
    assumed = [_(ASSUMED_WORDS.get(part, part)) for part in parts if part not in set_by_admin]
    named = [_(ASSUMED_WORDS.get(part, part)) for part in set_by_admin]
    said = [
        _("Set by the administrator, not agreed: {parts}.", parts=_(", ").join(named)) if named else "",
        _("Assumed, not agreed: {parts}.", parts=_(", ").join(assumed)) if assumed else "",
        _("The heads of both departments can agree it: {how}.", how=agreed_by) if named or assumed else "",
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


def format_hold_span(hold: Hold, now: datetime, zone: tzinfo) -> str:
    """Return from when until when a duty was on hold, or since when it is."""
    start = format_moment(hold.start_at, now, zone)
    if hold.end_at is None:
        return _("since {start}", start=start)
    end = format_moment(hold.end_at, now, zone)
    day, _space, clock = end.rpartition(" ")
    return f"{start} – {clock if start.startswith(day) else end}"


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

    Half a tenth is rounded up.
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
