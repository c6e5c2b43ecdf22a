"""Words for the levels of measured obligations."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sla_tracker.domain.clean import clean
from sla_tracker.i18n import gettext as _
from sla_tracker.wording.duties import percent, percent_target, text_of

if TYPE_CHECKING:
    from sla_tracker.domain.agreements.measure import Measure
    from sla_tracker.domain.measures.measured_level import MeasuredLevel

NOTHING = "–"


def measured_headings() -> tuple[str, ...]:
    """Return the column headings of a level behind its obligation and departments."""
    return (_("Reports"), _("Measured level"), _("Share"), _("Agreed"), _("Below the level"))


def measured_texts(level: MeasuredLevel) -> tuple[str, ...]:
    """Return a level as the cells of its table."""
    part = f"{level.good}/{level.total}" if level.measure.is_counted else f"{level.met}/{level.reports}"
    misses = (
        _("{bad} below, allowed {budget}", bad=level.misses, budget=level.allowed)
        if level.measure.is_counted
        else str(level.misses)
    )
    return (
        str(level.reports),
        part if level.ratio is not None else NOTHING,
        percent(level.ratio, target=level.target),
        agreed_word(level),
        misses,
    )


def agreed_word(level: MeasuredLevel) -> str:
    """Return what is agreed: the share, weighted over the reports, or the bounds."""
    if level.measure.is_counted:
        return f"≥ {percent_target(level.target)}"
    return format_measure(level.measure)


def format_measure(measure: Measure) -> str:
    """Return what a measure demands, such as `≥ 99.5 %` or `within ÷ orders ≥ 90.0 %`."""
    if measure.is_counted:
        return f"{clean(measure.good)} ÷ {clean(measure.of)} ≥ {percent_target(measure.target)}"
    unit = text_of(measure.unit)
    bounds = (("≥", measure.minimum), ("≤", measure.maximum))
    return _(", ").join(
        f"{sign} {_number(bound)} {unit}".rstrip() for sign, bound in bounds if bound is not None
    )


def _number(bound: Decimal) -> str:
    return f"{bound:f}"
