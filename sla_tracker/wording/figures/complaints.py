"""Formats the figures of complaints for commands and reports."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sla_tracker.domain.duties.complaint import STAGE_WORDS
from sla_tracker.domain.duties.states import Decision
from sla_tracker.domain.measures.comparisons.complaint_effect import (
    FEWEST_JUDGED,
    WORKDAYS,
    ComplaintEffect,
    Misses,
)
from sla_tracker.domain.measures.complaint_counts import (
    NOT_ANALYSED,
    ComplaintCounts,
    ComplaintsBy,
    StepTimes,
)
from sla_tracker.domain.reference import reference_of
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.wording.duties import department_word, format_hours, percent
from sla_tracker.wording.figures.league import points
from sla_tracker.wording.party_statements import cause_word

if TYPE_CHECKING:
    from sla_tracker.services.context import ServiceContext

GROUPS = {
    ComplaintsBy.CAUSE: N_("Cause"),
    ComplaintsBy.DEPARTMENT: N_("Department"),
    ComplaintsBy.QUARTER: N_("Quarter"),
}


def complaint_headings(by: ComplaintsBy) -> tuple[str, ...]:
    """Return the headings of the table of complaints, with one number a column."""
    return (
        _(GROUPS[by]),
        _("Lodged"),
        _("Founded"),
        _("Unfounded"),
        _("Founded share"),
        _("Running"),
        _("Repeated"),
        _("Escalated"),
    )


def complaint_group(context: ServiceContext, group: str, by: ComplaintsBy) -> str:
    """Return the name of a group of complaints."""
    match by:
        case ComplaintsBy.CAUSE:
            return _("not analysed yet") if group == NOT_ANALYSED else cause_word(group)
        case ComplaintsBy.DEPARTMENT:
            return department_word(context, group)
    return group


def verdict_word(verdict: str) -> str:
    """Return whether a complaint was founded; empty before its verdict."""
    words: dict[str, str] = {Decision.YES: _("founded"), Decision.NO: _("unfounded")}
    return words.get(verdict, "")


def complaint_numbers(counts: ComplaintCounts) -> tuple[int, ...]:
    """Return the six counts of a group of complaints.

    In order, these are lodged, founded, unfounded, running, repeated and escalated ones.
    """
    return (
        counts.lodged,
        counts.founded,
        counts.unfounded,
        counts.running,
        counts.repeated,
        counts.escalated,
    )


def step_headings() -> tuple[str, ...]:
    """Return the headings of the table of steps."""
    return (_("Step"), _("Taken"), _("Half within"), _("Longest"), _("Limit passed"))


def step_name(times: StepTimes) -> str:
    """Return the name of a step."""
    return _(STAGE_WORDS[times.stage])


def step_texts(times: StepTimes) -> tuple[str, ...]:
    """Return the time that complaints waited for one step."""
    return (
        step_name(times),
        str(times.taken),
        format_hours(times.median),
        format_hours(times.longest),
        str(times.escalated),
    )


def effect_headings() -> tuple[str, ...]:
    """Return the headings of the table of what complaints changed."""
    return (_("Ref"), _("From → to"), _("Misses before"), _("Misses after"), _("Difference"))


def effect_texts(context: ServiceContext, effect: ComplaintEffect) -> tuple[str, ...]:
    """Return the misses before a complaint and after its remedy."""
    complaint = effect.complaint
    sides = (complaint.against, complaint.complainant)
    return (
        reference_of(complaint.id),
        " → ".join(department_word(context, one) for one in sides),
        before_word(effect),
        after_word(effect),
        points(effect.difference),
    )


def before_word(effect: ComplaintEffect) -> str:
    """Return the misses before a complaint, with their share where it is compared."""
    return _misses(effect.before, effect)


def after_word(effect: ComplaintEffect) -> str:
    """Return the misses after the remedy, marked while its days are not over.

    Before the remedy it is a dash.
    """
    if effect.after is None:
        return "–"
    said = _misses(effect.after, effect)
    return said if effect.is_over else _("{misses} so far", misses=said)


def _misses(misses: Misses, effect: ComplaintEffect) -> str:
    """Return the misses among counted duties, and their share.

    No share is given if either side of the complaint is below the minimum.
    """
    said = f"{misses.missed}/{misses.judged}"
    if effect.difference is None:
        return said
    return f"{said}  {percent(Decimal(misses.missed) / misses.judged)}"


def effect_line(effect: ComplaintEffect) -> str:
    """Return in one line what a complaint changed."""
    said = _("misses before {before}, after {after}", before=before_word(effect), after=after_word(effect))
    if effect.difference is None:
        return said
    return _("{said}; {points} points", said=said, points=points(effect.difference))


def points_note(effect: ComplaintEffect) -> str:
    """Return the difference of a complaint's effect in points.

    Empty where only counts are given.
    """
    return "" if effect.difference is None else _("{points} points", points=points(effect.difference))


def effect_note() -> str:
    """Return what the misses before and after are counted from."""
    return _(
        "Misses of the same obligations between the same departments in the {workdays} workdays before a complaint and "
        "after its remedy; the change is in points, from {least} counted duties on each side.",
        workdays=WORKDAYS,
        least=FEWEST_JUDGED,
    )
