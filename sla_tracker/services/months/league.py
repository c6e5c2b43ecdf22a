"""Ranks the departments of a range, and compares each with its own best month."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from sla_tracker.domain.measures.comparisons.league import LeagueRow, league
from sla_tracker.domain.measures.date_range import MONTHS_OF_YEAR, DateRange
from sla_tracker.domain.measures.scorecard import Figure, Score, combined
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.imports.past_months import past_months
from sla_tracker.services.months.figure_source import Standing, figures_in, last_closed, standing_of
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class League:
    """The departments of a range by their rate."""

    standing: Standing
    rows: tuple[LeagueRow, ...]


def league_of(context: ServiceContext, dates: DateRange) -> League:
    """Return the league of a range."""
    standing = standing_of(context, dates)
    return ranked(context, standing, figures_in(context, standing))


def ranked(context: ServiceContext, standing: Standing, found: Sequence[Figure]) -> League:
    """Return the league of a range whose figures were read already.

    The own best is one of the last twelve closed months up to the end of the range.
    """
    months = context.store.read(lambda tx: last_closed(tx, standing.dates.months[-1], MONTHS_OF_YEAR))
    past = [
        (month.id, _by_provider(month.figures, month.target or context.settings.target)) for month in months
    ]
    imported: dict[str, dict[str, Score]] = {}
    for one in past_months(context):
        score = Score(good=one.good, valid=one.valid, target=standing.target)
        imported.setdefault(one.month, {})[one.provider] = score
    rows = league(_by_provider(found, standing.target), past, sorted(imported.items()))
    return League(standing=standing, rows=rows)


def _by_provider(found: Sequence[Figure], target: Decimal) -> Mapping[str, Score]:
    groups: dict[str, list[Score]] = {}
    for one in found:
        groups.setdefault(one.provider, []).append(one.score)
    return {provider: combined(scores, target) for provider, scores in groups.items()}
