"""Contents of a monthly report.

These are service levels, causes of lateness, and the checkpoint.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sla_tracker.domain.measures.month import Month
from sla_tracker.i18n import gettext as _
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.months.service_levels import By, causes, levels
from sla_tracker.wording.checkpoints import footer
from sla_tracker.wording.duties import person_word
from sla_tracker.wording.figures import cause_headings, cause_texts, level_headings, level_texts


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """One table of a report."""

    title: str
    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MonthReport:
    """A month's figures as texts.

    `standing` says whether the month is closed; `ending` is the store's checkpoint, empty where it has none.
    """

    title: str
    standing: str
    sheets: tuple[Sheet, ...]
    ending: str


def month_report(context: ServiceContext, month: str) -> MonthReport:
    """Return the report of a month (YYYY-MM).

    A closed month has the figures of its closing. The causes of a closed month are read from its archive. Raises
    UsageError for an invalid month, StoreError.
    """
    return MonthReport(
        title=_("Service levels in {month}", month=month),
        standing=_standing(context, month),
        sheets=tuple(sheet for sheet in _sheets(context, month) if sheet.rows),
        ending=footer(context.store, context.now(), context.settings.zone),
    )


def _standing(context: ServiceContext, month: str) -> str:
    kept = context.store.read(lambda tx: tx.get(Month, month))
    if kept is None or not kept.closed:
        return _("The month is open: the figures are those of now.")
    return _(
        "The month was closed on {day} by {person}; its figures do not change any more.",
        day=f"{kept.closed_at.astimezone(context.settings.zone):%Y-%m-%d}",
        person=person_word(context.people, kept.closed_by),
    )


def _sheets(context: ServiceContext, month: str) -> Iterator[Sheet]:
    titles = {
        By.DEPARTMENT: _("By department"),
        By.PAIR: _("Who to whom"),
        By.OBLIGATION: _("By obligation"),
    }
    for by, title in titles.items():
        rows = tuple(level_texts(context, level, by) for level in levels(context, month, by=by).rows)
        yield Sheet(title=title, headings=level_headings(by), rows=rows)
    rows = tuple(cause_texts(cause) for cause in causes(context, month))
    yield Sheet(title=_("Causes of what was late or returned"), headings=cause_headings(), rows=rows)
