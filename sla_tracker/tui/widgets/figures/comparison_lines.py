"""Turns the league and the forecasts of a month into lines of figures."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from sla_tracker.domain.measures.comparisons.forecast import Forecast
from sla_tracker.domain.measures.comparisons.league import LeagueRow
from sla_tracker.domain.measures.figure_rows import ForecastFigure, OpenedFigure, RowSet
from sla_tracker.i18n import gettext as _
from sla_tracker.tui.widgets.figures.figure_list import FigureLine
from sla_tracker.tui.widgets.figures.signs import sign_of, tone_of
from sla_tracker.wording.duties import percent_on_time
from sla_tracker.wording.figures.forecast import forecast_counts
from sla_tracker.wording.figures.league import distance_word, place_word

Named = Callable[[str], str]


def forecast_lines(forecasts: Iterable[Forecast], named: Named | None = None) -> Iterator[FigureLine]:
    """Yield forecasts; `named` names the departments where there are several."""
    for forecast in forecasts:
        expected = forecast.expected
        yield FigureLine(
            key=f"forecast {forecast.provider}",
            label=_("Expected misses") if named is None else named(forecast.provider),
            number="–" if expected is None else f"+{expected.misses}",
            note=forecast_counts(forecast),
            sign="!" if forecast.is_to_warn else " ",
            tone="overdue" if forecast.is_to_warn else "",
            figure=ForecastFigure(provider=forecast.provider),
        )


def place_lines(places: Iterable[LeagueRow]) -> Iterator[FigureLine]:
    """Yield a department's place, which opens nothing."""
    for row in places:
        yield FigureLine(
            key=f"place {row.provider}", label=_("Place"), number=place_word(row), note=distance_word(row)
        )


def league_lines(rows: Iterable[LeagueRow], named: Named) -> Iterator[FigureLine]:
    """Yield the departments of a month by their place."""
    for row in rows:
        yield FigureLine(
            key=f"league {row.provider}",
            label=f"{place_word(row)} {named(row.provider)}",
            number=percent_on_time(row.score),
            note=distance_word(row),
            sign=sign_of(row.score),
            tone=tone_of(row.score),
            figure=OpenedFigure(rows=RowSet.VALID, provider=row.provider),
        )
