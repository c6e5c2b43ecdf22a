"""What a duty says of itself beyond its line, for all front ends.

A fact has a label, a text and a tone. The command line prints the facts and the terminal paints them. What stands in a
duty's line (title, parties, due time, state, who has it), its evidence, notes and history have forms of their own.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from sla_tracker.domain.deadlines.explanation import explain_line
from sla_tracker.domain.duties.states import OWED, State
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import bracketed
from sla_tracker.wording.consent.agreed_words import format_kept
from sla_tracker.wording.duties import (
    format_answered,
    format_archive,
    format_awaited,
    format_due,
    format_hold,
    format_period,
    format_short_notice,
    opened_word,
    state_word,
    weekday_word,
)
from sla_tracker.wording.event_changes import Reader, format_event_changes
from sla_tracker.wording.facts.fact import FactTone, StatedFact, stated
from sla_tracker.wording.facts.open_requests import (
    format_field_changes,
    format_fields,
    format_papers,
    format_range,
    format_updates,
)
from sla_tracker.wording.figures.measured import format_measure
from sla_tracker.wording.party_statements import format_statements
from sla_tracker.wording.terms import format_ending, format_left_out, format_roll

if TYPE_CHECKING:
    from datetime import datetime

    from sla_tracker.domain.agreements.obligation import Obligation
    from sla_tracker.domain.duties.duty import Duty
    from sla_tracker.services.queries.duties import DutyDetail


class StandingFact(NamedTuple):
    """A fact of a duty's line, with label and text.

    `is_timed` says that its bucket colours it, `is_quiet` that it is in the background.
    """

    label: str
    text: str
    is_timed: bool = False
    is_quiet: bool = False


def standing_facts(detail: DutyDetail, reader: Reader, lang: str) -> Iterator[StandingFact]:
    """Yield the facts of a duty's line, from its parties to who has it.

    They say who owes what to whom, about what, in which state, until when and why.
    """
    duty = detail.duty
    yield StandingFact(
        _("From → to"), f"{reader.department(duty.provider)} → {reader.department(duty.consumer)}"
    )
    if about := duty.subject or format_period(duty.period_start, duty.period_end):
        yield StandingFact(_("About"), about)
    yield StandingFact(_("State"), state_word(duty.state), is_timed=True)
    away = f"  {format_due(duty.due_at, reader.now, reader.zone)}" if duty.state in OWED else ""
    day, _space, clock = reader.when(duty.due_at).partition(" ")
    weekday = weekday_word(duty.due_at.astimezone(reader.zone).date())
    yield StandingFact(_("Due"), f"{day} {weekday} {clock}{away}", is_timed=True)
    if because := explain_line(duty.deadline.steps, lang=lang, zone=reader.zone):
        yield StandingFact(_("Because"), because, is_quiet=True)
    yield StandingFact(_("Who"), reader.who(duty.assignee) if duty.assignee else _("not taken yet"))


def urgent_facts(detail: DutyDetail, reader: Reader) -> Iterator[StatedFact]:
    """Yield what somebody may have to act on: request, event, limits, waits, a return."""
    duty = detail.duty
    if detail.request is not None:
        yield from stated(_("Text"), detail.request.text)
        yield from stated(_("Answer"), detail.request.answer)
    yield from _request_facts(detail, reader)
    for said in format_event_changes(duty, reader):
        yield StatedFact(label=_("Event"), text=said, tone=FactTone.NOTICE)
    if (given := detail.short_notice) is not None:
        said = format_short_notice(reader.who(given.by), reader.when(given.at))
        yield StatedFact(label=_("Notice"), text=said, tone=FactTone.NOTICE)
    yield from _answer_due(duty, reader)
    yield from _waits(detail, reader)
    last = duty.delivery
    if last is not None and last.returned_at is not None and duty.state in OWED:
        said = _("{person}: “{reason}”", person=reader.who(last.returned_by), reason=last.reason)
        yield StatedFact(label=_("Returned"), text=said, tone=FactTone.ALARM)
    if duty.state is State.DELIVERED and duty.accept_by_at is not None:
        said = _("silence accepts {when}", when=_by(duty.accept_by_at, reader))
        yield StatedFact(label=_("Verdict"), text=said, tone=FactTone.QUIET)


def _request_facts(detail: DutyDetail, reader: Reader) -> Iterator[StatedFact]:
    """Yield a request's fields with their changes, its papers, updates and range."""
    duty = detail.duty
    for label, value in format_fields(duty):
        yield StatedFact(label=label, text=value)
    for said in format_field_changes(duty, reader):
        yield StatedFact(label=_("Changed"), text=said, tone=FactTone.NOTICE)
    if duty.earliest is not None:
        earliest, latest = (f"{one.due_on:%m-%d}" for one in (duty.earliest, duty.deadline))
        yield StatedFact(label=_("Range"), text=format_range(earliest, latest))
    tone = FactTone.WAITING if detail.missing_papers else FactTone.QUIET
    yield from stated(_("Papers"), format_papers(duty, detail.missing_papers), tone)
    if detail.updates is not None:
        yield from stated(_("Updates"), format_updates(detail.updates, reader), FactTone.NOTICE)


def further_facts(detail: DutyDetail, obligation: Obligation | None, reader: Reader) -> Iterator[StatedFact]:
    """Yield a duty's statements, hand-over, turn, how it was opened, and its archive."""
    duty = detail.duty
    for label, said in format_statements(duty, reader.people):
        yield from stated(label, said)
    for label, other in (
        (_("Handed over to"), detail.handed_to),
        (_("Handed over from"), detail.handed_from),
    ):
        if other is not None:
            yield StatedFact(label=label, text=f"{reader.department(other.provider)} {other.reference}")
    if duty.terms.measure is not None:
        yield from stated(_("Measured level"), format_measure(duty.terms.measure))
    yield from stated(_("Turn"), format_left_out(duty), FactTone.WARNING)
    yield from stated(_("Valid"), format_ending(obligation), FactTone.QUIET)
    yield from stated(_("Day off"), format_roll(duty.terms), FactTone.QUIET)
    if (kept := duty.terms.agreed) is not None:
        said = format_kept(kept, duty.deadline.nominal_on, reader.people, reader.zone)
        yield StatedFact(label=_("Terms"), text=said, tone=FactTone.QUIET)
    yield StatedFact(label=_("Opened"), text=opened_word(duty.terms.opened), tone=FactTone.QUIET)
    yield from stated(_("Archive"), format_archive(detail.archive), FactTone.QUIET)


def _by(instant: datetime, reader: Reader) -> str:
    return bracketed(reader.when(instant), format_due(instant, reader.now, reader.zone))


def _answer_due(duty: Duty, reader: Reader) -> Iterator[StatedFact]:
    """Yield the limit of a request's answer, and whether a given one was in time."""
    limit_at = duty.answer_due_at
    if limit_at is None:
        return
    if duty.answered_at is None:
        yield StatedFact(label=_("Answer due"), text=_by(limit_at, reader), tone=FactTone.WARNING)
        return
    said = format_answered(duty.answered_at, limit_at, reader.now, reader.zone)
    text = bracketed(reader.when(limit_at), said)
    yield StatedFact(label=_("Answer due"), text=text, tone=FactTone.QUIET)


def _waits(detail: DutyDetail, reader: Reader) -> Iterator[StatedFact]:
    """Yield the undelivered duties this one waits for, and whom its hold waits for."""
    for other in detail.awaited:
        when = format_due(other.due_at, reader.now, reader.zone)
        said = format_awaited(other, reader.department(other.provider), when)
        yield StatedFact(label=_("Waits for"), text=said, tone=FactTone.WAITING)
    hold = detail.duty.holding
    if hold is not None:
        said = format_hold(hold, reader.departments, reader.people)
        yield StatedFact(label=_("Waits for"), text=said, tone=FactTone.WAITING)
