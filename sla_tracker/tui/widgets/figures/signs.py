"""Signs, bars and boxes of figures; each says without colour what its colour says."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from sla_tracker.domain.measures.scorecard import Score
from sla_tracker.tui.widgets.lists.line_painter import Piece

STYLES = {"good": "$success", "overdue": "$error"}
MOST_BOXES = 24  # a larger budget is said in numbers only
USED, LEFT, BEYOND = "■", "□", "▲"
IMPORTED = "┅"  # dotted, for what was imported
SPARKS = "▁▂▃▄▅▆▇█"
FULL, REST, LINE = "━", "─", "┃"


def tone_of(score: Score | None) -> str:
    """Return the tone of a score against its target."""
    if score is None or score.on_time_ratio is None:
        return "muted"
    return "good" if score.is_kept else "overdue"


def sign_of(score: Score | None) -> str:
    """Return the sign of a score: kept, not kept, nothing to judge."""
    if score is None or score.on_time_ratio is None:
        return "·"
    return "✓" if score.is_kept else "!"


def boxes(score: Score) -> str:
    """Return the budget as boxes: used, left, and beyond it; empty for a large one."""
    used, beyond = min(score.bad, score.budget), max(0, score.bad - score.budget)
    left = score.budget - used
    if used + left + beyond > MOST_BOXES:
        return ""
    return USED * used + LEFT * left + BEYOND * beyond


def spark(counts: Sequence[int]) -> str:
    """Return counts as small bars, the highest full; a zero is the lowest line."""
    most = max(counts, default=0) or 1
    return "".join(SPARKS[round(count * (len(SPARKS) - 1) / most)] for count in counts)


def bar_pieces(
    ratio: Decimal | None, cells: int, tone: str, line: Decimal | None = None, filling: str = FULL
) -> Iterator[Piece]:
    """Yield a ratio as a bar, full only at 100 %, with a line at a target."""
    full = 0 if ratio is None else int(ratio * cells)
    at = -1 if line is None else min(cells - 1, int(line * cells))
    for place in range(cells):
        if place == at:
            yield LINE, "strong"
        else:
            yield (filling, tone) if place < full else (REST, "rule")
