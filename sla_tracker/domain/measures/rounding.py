"""Rounds a figure half up without letting it reach a bound that it lies below."""

from collections.abc import Iterable
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal


def rounded(figure: Decimal, places: int, *, bounds: Iterable[Decimal | int] = ()) -> Decimal:
    """Return a figure half up to so many decimals; below a bound it stays below it.

    For example 99.96 % of a month is shown as 99.9 %, not as 100.0 %.
    """
    unit = Decimal(1).scaleb(-places)
    found = figure.quantize(unit, rounding=ROUND_HALF_UP)
    for bound in bounds:
        if figure < bound <= found:
            found = Decimal(bound).quantize(unit, rounding=ROUND_CEILING) - unit
    return found
