"""Facts of an inbox entry."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sla_tracker.domain.agreements.obligation import Obligation
from sla_tracker.domain.clean import clean
from sla_tracker.domain.consent.agreement import Agreement
from sla_tracker.domain.duties.complaint import COMPLAINT_WORDS, STAGE_WORDS, Complaint
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.handover import Offer, ShiftNote
from sla_tracker.domain.duties.holds_and_waivers import pending_holds
from sla_tracker.domain.measures.comparisons.forecast import Forecast
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.departments.inbox_entry import InboxEntry
from sla_tracker.tui.text_content import plain, several
from sla_tracker.tui.view_context import ViewContext
from sla_tracker.tui.widgets.cards.agreement_card import agreement_facts
from sla_tracker.tui.widgets.cards.event_changes import event_change_facts
from sla_tracker.tui.widgets.cards.facts import Fact
from sla_tracker.wording.duties import format_hold, format_hold_span, format_moment, text_of
from sla_tracker.wording.figures.forecast import forecast_line, forecast_note, warning_title
from sla_tracker.wording.party_statements import code_word, format_outcome, turn_word
from sla_tracker.wording.terms import format_ending


def inbox_facts(row: InboxEntry, place: ViewContext, now: datetime) -> Iterator[Fact]:
    """Yield an entry's subject, statements, and next step."""
    match row.about:
        case Complaint():
            yield from _complaint_facts(row.about, place, now)
        case Offer():
            yield from _duty_facts(row.duty, place, now)
            yield Fact(_("Offered"), plain(_between(row, place), "$primary"))
            yield Fact(_("Reason"), several(row.about.reason))
            yield Fact(_("Workdays"), plain(str(row.about.within)))
        case ShiftNote():
            yield Fact(
                "", plain(_("Shift note of {person}", person=place.person(row.about.written_by)), "bold")
            )
            to = place.person(row.about.successor) if row.about.successor else _("whoever comes next")
            yield Fact(_("For"), plain(to))
            yield Fact("", several(row.about.text))
        case Duty():
            yield from _duty_facts(row.duty, place, now)
            yield from _said_facts(row.about, place, now)
            yield from event_change_facts(row.about, place, now)
        case Obligation():
            yield Fact("", plain(_between(row, place), "$primary bold"))
            yield Fact("", plain(text_of(row.about.title), "bold"))
            yield Fact(_("Valid"), plain(format_ending(row.about), "$warning"))
        case Forecast():
            yield from _forecast_facts(row.about, row, place)
        case Agreement():
            yield from agreement_facts(row.about, place)
        case None:
            yield Fact(
                "", plain(_("Survey about {department}", department=place.department(row.against)), "bold")
            )


def _forecast_facts(forecast: Forecast, row: InboxEntry, place: ViewContext) -> Iterator[Fact]:
    yield Fact("", plain(place.department(row.origin), "$primary bold"))
    yield Fact("", plain(warning_title(forecast), "$warning"))
    yield Fact("", plain(forecast_line(forecast)))
    yield Fact("", several(forecast_note(), "$muted"))


def _between(row: InboxEntry, place: ViewContext) -> str:
    return f"{place.department(row.origin)} → {place.department(row.against)}"


def _complaint_facts(complaint: Complaint, place: ViewContext, now: datetime) -> Iterator[Fact]:
    between = f"{place.department(complaint.complainant)} → {place.department(complaint.against)}"
    yield Fact("", plain(between, "$primary bold"))
    if complaint.subject:
        yield Fact(_("Subject"), plain(complaint.subject, "bold"))
    names = place.departments
    for step in complaint.taken:
        outcome = format_outcome(step, names)
        when = f"{format_moment(step.at, now, place.zone)} {place.person(step.by)}"
        late = _("too late") if step.escalated else ""
        yield Fact("", plain(f"✓ {_(STAGE_WORDS[step.stage])}", "bold"))
        yield Fact("", plain("  " + " · ".join(filter(None, (when, outcome, late))), "$muted"))
        yield Fact("", several("  " + step.text))
    if complaint.next is None or complaint.due_at is None:
        yield Fact("", plain(_(COMPLAINT_WORDS[complaint.state]), "$success"))
        return
    yield Fact("", plain(f"○ {_(STAGE_WORDS[complaint.next])}", "bold"))
    turn = turn_word(complaint, place.departments)
    passed = complaint.is_escalated(now)
    limit = format_moment(complaint.due_at, now, place.zone)
    said = _("{department}, until {when}", department=turn, when=limit)
    if passed:
        said = _("{said}: passed, the head has to see to it", said=said)
    yield Fact("", plain(f"  {said}", "$error" if passed else "$muted"))


def _duty_facts(duty: Duty | None, place: ViewContext, now: datetime) -> Iterator[Fact]:
    if duty is None:
        return
    yield Fact("", plain(f"{text_of(duty.title)}  {clean(duty.subject)}", "bold"))
    yield Fact(
        "", plain(f"{place.department(duty.provider)} → {place.department(duty.consumer)}", "$primary")
    )
    yield Fact(_("Due"), plain(format_moment(duty.due_at, now, place.zone)))


def _said_facts(duty: Duty, place: ViewContext, now: datetime) -> Iterator[Fact]:
    waiver = duty.waiver
    if waiver is not None and waiver.granted is None:
        yield Fact(_("Waiver"), several(paired(code_word(waiver.code), waiver.reason)))
        yield Fact(_("Asked by"), plain(place.person(waiver.asked_by), "$muted"))
    objected = [hold for hold in duty.holds if hold.objected_by]
    for hold in pending_holds(duty) or objected[-1:]:
        said = format_hold(hold, place.departments, place.people)
        yield Fact(_("On hold"), several(f"{format_hold_span(hold, now, place.zone)} · {said}"))
        yield Fact(_("Objection"), several(paired(place.person(hold.objected_by), hold.objection)))
    for delivery in duty.deliveries:
        if delivery.returned_at is not None:
            yield Fact(_("Returned"), several(paired(place.person(delivery.returned_by), delivery.reason)))
