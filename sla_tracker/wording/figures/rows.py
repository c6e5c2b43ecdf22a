"""Formats the duties behind a figure for commands, terminal and reports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.states import State
from sla_tracker.domain.measures.figure_rows import ROW_SET_WORDS, OpenedFigure, RowSet
from sla_tracker.domain.measures.outcome import Outcome
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.i18n.punctuation import paired
from sla_tracker.wording.duties import (
    department_word,
    format_hours,
    format_period,
    format_span,
    person_word,
    text_of,
)
from sla_tracker.wording.figures.levels import obligation_word
from sla_tracker.wording.party_statements import cause_word

if TYPE_CHECKING:
    from sla_tracker.services.context import ServiceContext
    from sla_tracker.services.months.opened_rows import FigureRow, OpenedRows

OUTCOME_WORDS: Mapping[Outcome, str] = {
    Outcome.GOOD: N_("on time"),
    Outcome.MISSED: N_("misses"),
    Outcome.PENDING: N_("pending"),
    Outcome.WAIVED: N_("waived"),
    Outcome.SHORT_NOTICE: N_("short notice"),
    Outcome.UNCOUNTED: N_("not counted"),
}


def row_set_word(rows: RowSet) -> str:
    """Return the translated name of a set of rows."""
    return _(ROW_SET_WORDS[rows])


def outcome_heading(outcome: Outcome) -> str:
    """Return the translated name of an outcome."""
    return _(OUTCOME_WORDS[outcome])


def figure_row_headings() -> tuple[str, ...]:
    """Return the column headings of the duties behind a figure."""
    return (
        _("Ref"),
        _("Outcome"),
        _("Duty"),
        _("About"),
        _("From → to"),
        _("Due"),
        _("Delivered"),
        _("Excused"),
        _("Cause"),
        _("Who"),
    )


def figure_row_texts(context: ServiceContext, opened: OpenedRows, row: FigureRow) -> tuple[str, ...]:
    """Return one duty behind a figure as texts."""
    duty, zone = row.duty, context.settings.zone
    provider, consumer = department_word(context, duty.provider), department_word(context, duty.consumer)
    delivered_at = row.delivered_at
    return (
        duty.reference,
        outcome_word(context, opened, row),
        text_of(duty.title),
        clean(duty.subject) or format_period(duty.period_start, duty.period_end),
        f"{provider} → {consumer}",
        f"{duty.due_at.astimezone(zone):%Y-%m-%d %H:%M}",
        f"{delivered_at.astimezone(zone):%Y-%m-%d %H:%M}" if delivered_at is not None else "",
        format_hours(row.excused) if row.excused else "",
        cause_word(duty.cause) if duty.cause else "",
        person_word(context.people, row.by) if row.by else "",
    )


def outcome_word(context: ServiceContext, opened: OpenedRows, row: FigureRow) -> str:
    """Return how a duty counts.

    For a miss it is how late it was, or that it was not delivered.
    """
    if row.outcome is not Outcome.MISSED:
        return outcome_heading(row.outcome)
    zone, due_at = context.settings.zone, row.duty.due_at
    if row.delivered_at is not None:
        return _("{span} late", span=format_span(due_at, row.delivered_at, zone))
    if row.duty.is_live:
        return _("{span} overdue", span=format_span(due_at, opened.standing.now, zone))
    return _("handed over late") if row.duty.state is State.HANDED_OVER else _("never delivered")


def figure_heading(context: ServiceContext, figure: OpenedFigure, count: int) -> str:
    """Return which figure is opened, between whom, and how many rows it has."""
    said = [row_set_word(figure.rows)]
    if figure.provider:
        said.append(_("from {department}", department=department_word(context, figure.provider)))
    if figure.consumer:
        said.append(_("to {department}", department=department_word(context, figure.consumer)))
    if figure.obligation:
        said.append(obligation_word(context, figure.obligation))
    if figure.cause is not None:
        said.append(cause_word(figure.cause) if figure.cause else _("nobody said"))
    return paired(" · ".join(said), ngettext("{n} duty", "{n} duties", count))
