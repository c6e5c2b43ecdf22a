"""Formats forecasts of misses, and the warning of a budget that runs out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sla_tracker.domain.measures.comparisons.forecast import CLOSED_MONTHS, FEWEST_CASES, Expected, Forecast
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.wording.duties import department_word

if TYPE_CHECKING:
    from sla_tracker.services.context import ServiceContext

COMMAND = "sla forecast"


def forecast_headings() -> tuple[str, ...]:
    """Return the column headings of a table of forecasts."""
    return (
        _("Department"),
        _("Misses"),
        _("Misses allowed"),
        _("Still ahead"),
        _("Expected misses"),
        _("Range of 80 %"),
    )


def forecast_texts(context: ServiceContext, forecast: Forecast) -> tuple[str, ...]:
    """Return a department's forecast as texts."""
    return (
        department_word(context, forecast.provider),
        str(forecast.used),
        str(forecast.allowed),
        str(forecast.ahead),
        "–" if forecast.expected is None else str(forecast.expected.misses),
        "–" if forecast.expected is None else range_of(forecast.expected),
    )


def range_of(expected: Expected) -> str:
    """Return the range of misses that covers 80 %."""
    return str(expected.least) if expected.least == expected.most else f"{expected.least}-{expected.most}"


def forecast_line(forecast: Forecast) -> str:
    """Return a forecast in one line: used, allowed, expected with its range."""
    said = _("{used} of {allowed} allowed misses", used=forecast.used, allowed=forecast.allowed)
    if forecast.expected is None:
        return _("{said}; no forecast: too few closed cases", said=said)
    if not forecast.ahead:
        return _("{said}; nothing is still ahead", said=said)
    return _(
        "{said}; {n} more expected ({range}) of {ahead} still ahead",
        said=said,
        n=forecast.expected.misses,
        range=range_of(forecast.expected),
        ahead=forecast.ahead,
    )


def forecast_counts(forecast: Forecast) -> str:
    """Return the range of the expected misses, and the misses so far and allowed."""
    so_far = _("{used} so far, {allowed} allowed", used=forecast.used, allowed=forecast.allowed)
    if forecast.expected is None:
        return _("too few cases; {so_far}", so_far=so_far)
    return _(
        "{range} of {ahead} ahead; {so_far}",
        range=range_of(forecast.expected),
        ahead=forecast.ahead,
        so_far=so_far,
    )


def forecast_note() -> str:
    """Return what a forecast counts and what it leaves out."""
    cases = ngettext("{n} case", "{n} cases", FEWEST_CASES)
    months = ngettext("{n} closed month", "{n} closed months", CLOSED_MONTHS)
    return _(
        "Of open duties and those that the calendar will open, by the last {months}; below {cases} there is no "
        "forecast. Events and requests still to come are not guessed.",
        months=months,
        cases=cases,
    )


def warning_title(forecast: Forecast) -> str:
    """Return why the head of a department is warned."""
    if forecast.is_used_up:
        return _("All allowed misses of {month} are used", month=forecast.month)
    return _("More misses than allowed are expected in {month}", month=forecast.month)


def warning_lines(context: ServiceContext, forecast: Forecast) -> list[str]:
    """Return the warning of a department's budget; the first line is its title."""
    title = f"{department_word(context, forecast.provider)}: {warning_title(forecast)}"
    return [title, forecast_line(forecast), forecast_note(), _("See: {command}", command=COMMAND)]
