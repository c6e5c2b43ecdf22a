"""Formats the league of departments and its distances."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import floor
from typing import TYPE_CHECKING

from sla_tracker.domain.measures.comparisons.league import MINIMUM, LeagueRow
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.wording.duties import department_word, percent_on_time

if TYPE_CHECKING:
    from sla_tracker.services.context import ServiceContext

NONE = "–"


def league_headings() -> tuple[str, ...]:
    """Return the column headings of the league."""
    return (
        _("Place"),
        _("Department"),
        _("On time"),
        _("On-time rate"),
        _("Behind the first"),
        _("Own best"),
        _("From own best"),
    )


def league_texts(context: ServiceContext, row: LeagueRow) -> tuple[str, ...]:
    """Return a department of the league as texts; distances are in points."""
    return (
        place_word(row),
        department_word(context, row.provider),
        f"{row.score.good}/{row.score.valid}",
        percent_on_time(row.score),
        points(row.behind),
        best_word(row),
        points(row.from_best),
    )


def place_word(row: LeagueRow) -> str:
    """Return a department's place; a dash below the minimum."""
    return NONE if row.place is None else str(row.place)


def distance_word(row: LeagueRow) -> str:
    """Return how far a department is from the first and from its own best month."""
    said = []
    if row.place is None:
        said.append(ngettext("fewer than {n} counted", "fewer than {n} counted", MINIMUM))
    if row.behind:
        said.append(_("{points} points", points=points(row.behind)))
    if row.best is not None:
        said.append(_("best {best}", best=best_word(row)))
    if row.imported is not None:
        said.append(imported_word(row))
    return " · ".join(said)


def points(difference: Fraction | None) -> str:
    """Return a difference of rates in points, half up to a tenth; a dash for None.

    A difference that is not zero never looks like zero.
    """
    return NONE if difference is None else f"{in_points(difference):+.1f}" if difference else "0.0"


def in_points(difference: Fraction) -> Decimal:
    """Return a difference of rates in points as `points` shows it."""
    tenths = floor(abs(difference) * 1000 + Fraction(1, 2))
    size = Decimal(max(tenths, 1) if difference else 0) / 10
    return -size if difference < 0 else size


def best_word(row: LeagueRow) -> str:
    """Return a department's best rate and its month; a dash without one."""
    if row.best is None:
        return NONE
    return f"{percent_on_time(row.best.score)} ({row.best.month})"


def imported_word(row: LeagueRow) -> str:
    """Return the best month of a department's imported past, said to be imported.

    Empty if there is none.
    """
    if row.imported is None:
        return ""
    return _("imported: {rate} ({month})", rate=percent_on_time(row.imported.score), month=row.imported.month)


def minimum_note() -> str:
    """Return from how many counted duties on a department has a place."""
    return ngettext(
        "Departments with fewer than {n} counted duty have no place; distances are in points.",
        "Departments with fewer than {n} counted duties have no place; distances are in points.",
        MINIMUM,
    )
