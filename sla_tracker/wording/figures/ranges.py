"""Formats ranges of days and whether their figures are final."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sla_tracker.domain.measures.date_range import DateRange, Unit
from sla_tracker.domain.time.instants import following
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import bracketed

if TYPE_CHECKING:
    from sla_tracker.services.months.figure_source import Standing

FEWEST_JOINED = 4  # months in a row that are named by the first and the last


def range_word(dates: DateRange) -> str:
    """Return a range as people name it; units that are no months with their days."""
    if dates.unit is Unit.MONTH:
        return dates.id
    days = _("{first} to {last}", first=dates.first_on.isoformat(), last=dates.last_on.isoformat())
    return days if dates.unit is Unit.DATES else bracketed(dates.id, days)


def standing_word(standing: Standing) -> str:
    """Return a range with `closed` or `final`, or `so far` and its open months."""
    named, missing = range_word(standing.dates), standing.open_months
    if standing.is_final:
        if standing.dates.unit is Unit.MONTH:
            return _("{month} (closed)", month=named)
        return _("{range}, final", range=named)
    if standing.dates.unit is Unit.MONTH:
        return named
    return _("{range}, so far; not closed: {months}", range=named, months=months_word(missing))


def short_standing(range_id: str, *, is_final: bool) -> str:
    """Return a range as it is typed, with `final` or `so far`."""
    return _("{range}, final", range=range_id) if is_final else _("{range}, so far", range=range_id)


def months_word(months: Sequence[str]) -> str:
    """Return months as a list; of four or more in a row the first and the last."""
    runs: list[list[str]] = []
    for month in months:
        if runs and following(runs[-1][-1]) == month:
            runs[-1].append(month)
        else:
            runs.append([month])
    said: list[str] = []
    for run in runs:
        said += run if len(run) < FEWEST_JOINED else [_("{first} to {last}", first=run[0], last=run[-1])]
    return _(", ").join(said)
