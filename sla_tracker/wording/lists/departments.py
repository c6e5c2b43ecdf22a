"""Lists of hand-over offers, shift notes and survey results for files."""

from __future__ import annotations

from collections.abc import Sequence

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.handover import Offer, ShiftNote
from sla_tracker.domain.measures.survey import DIMENSION_WORDS, Dimension, Gaps
from sla_tracker.i18n import gettext as _
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.lookup.references import existing
from sla_tracker.services.queries.list_content import ListCell, ListContent
from sla_tracker.wording.duties import department_word, person_word, text_of

REFERENCE = 6  # characters of an id that people type


def offer_list(context: ServiceContext, found: Sequence[Offer]) -> ListContent:
    """Return offers to hand duties over as a list."""
    return ListContent(
        id="offers",
        title=_("Hand-overs that nobody has decided on"),
        headings=(_("Ref"), _("Offered"), _("From"), _("To"), _("Duty"), _("About"), _("Due"), _("Reason")),
        rows=tuple(_offer_cells(context, one) for one in found),
    )


def _offer_cells(context: ServiceContext, one: Offer) -> tuple[ListCell, ...]:
    duty = context.store.read(lambda tx: existing(tx, Duty, one.duty))
    zone = context.settings.zone
    return (
        one.id[-REFERENCE:],
        one.asked_at.astimezone(zone),
        department_word(context, one.giver),
        department_word(context, one.taker),
        text_of(duty.title),
        duty.subject,
        duty.due_at.astimezone(zone),
        one.reason,
    )


def note_list(context: ServiceContext, found: Sequence[ShiftNote]) -> ListContent:
    """Return notes of shifts as a list."""
    zone = context.settings.zone
    return ListContent(
        id="shift-notes",
        title=_("Shift notes"),
        headings=(_("Ref"), _("When"), _("By"), _("For"), _("Text"), _("Acknowledged")),
        rows=tuple(
            (
                one.id[-REFERENCE:],
                one.written_at.astimezone(zone),
                person_word(context.people, one.written_by),
                person_word(context.people, one.successor) if one.successor else "",
                one.text,
                None if one.acknowledged_at is None else one.acknowledged_at.astimezone(zone),
            )
            for one in found
        ),
    )


def asked_list(context: ServiceContext, quarter: str, providers: Sequence[str]) -> ListContent:
    """Return the departments that somebody is still asked about as a list."""
    return ListContent(
        id="asked",
        title=_("Surveys to answer"),
        headings=(_("Quarter"), _("Department")),
        rows=tuple((quarter, department_word(context, one)) for one in providers),
    )


def gap_list(context: ServiceContext, found: Sequence[Gaps]) -> ListContent:
    """Return survey results as a list.

    Where too few have answered, the list has only their number.
    """
    dimensions = tuple(Dimension)
    return ListContent(
        id="gaps",
        title=_("Gaps between expectation and perception"),
        headings=(
            _("By"),
            _("About"),
            _("Answers"),
            *(_(DIMENSION_WORDS[one]) for one in dimensions),
            _("Weighted"),
        ),
        rows=tuple(
            (
                _(" and ").join(department_word(context, id) for id in one.joined or (one.consumer,)),
                department_word(context, one.provider),
                one.answers,
                *(
                    round(float(one.per_dimension[each]), 1) if one.per_dimension else None
                    for each in dimensions
                ),
                None if one.weighted is None else round(float(one.weighted), 2),
            )
            for one in found
        ),
    )
