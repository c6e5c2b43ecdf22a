"""The bar above a list: counts by state, and the month's figure and target."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING

from textual.geometry import Size
from textual.reactive import reactive

from sla_tracker.i18n import gettext as _
from sla_tracker.services.queries.next_workday import NEXT_WORKDAY
from sla_tracker.services.queries.rows import Bucket, Counts
from sla_tracker.tui.widgets.bars.bar import Bar, Label, cells_of
from sla_tracker.tui.widgets.cards.duty_card import STYLES
from sla_tracker.wording.duties import bucket_word, percent_on_time, percent_target

if TYPE_CHECKING:
    from sla_tracker.domain.measures.scorecard import Score

BARS = "▁▂▃▄▅▆"
DOTS = "⡀⡄⡆⡇"  # the imported past, which this program has not judged itself
LOWEST_DRAWN = Decimal("0.5")
NARROWEST_FIGURE = 28
# The parts of the figure that have to be readable, and their usual width in cells before it is known.
PARTS_OF_A_FIGURE, USUAL_FIGURE = 3, 66


class CountBar(Bar):
    """Shows counts, and the month's figure below them (beside them on a low screen)."""

    DEFAULT_CSS = """
    CountBar { background: $background; height: auto; }
    """

    counts: reactive[Counts | None] = reactive(None, repaint=False)
    score: reactive[Score | None] = reactive(None, repaint=False)
    trend: reactive[tuple[Decimal | None, ...]] = reactive(())
    past: reactive[tuple[Decimal, ...]] = reactive(())
    scope: reactive[str] = reactive("")
    next_word: reactive[str] = reactive("")
    assumed: reactive[int] = reactive(0, layout=True)
    with_pool = True

    def watch_counts(self) -> None:
        """Repaint the bar.

        The screen is laid out anew only where it takes another number of lines.
        """
        lines = self.get_content_height(self.size, self.size, self.size.width)
        self.refresh(layout=lines != self.size.height)

    watch_score = watch_counts

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """Return one line if counts and figure fit on it, else two."""
        figure = self._figure(width)[:PARTS_OF_A_FIGURE]
        expected = cells_of(figure) if figure else USUAL_FIGURE
        return 1 if cells_of(self._counts()) + expected <= width else 2

    def rows(self) -> Sequence[Sequence[Label]]:
        """Return the counts and the figure, on one line or on two."""
        counts = self._counts()
        if cells_of(counts) > self.size.width:
            counts = self._counts(with_zeros=False)
        if self.size.height > 1:
            return [counts, self._figure(self.size.width)]
        cells_left = self.size.width - cells_of(counts)
        figure = self._figure(cells_left)
        while len(figure) > 1 and cells_of(figure) > cells_left:
            figure.pop()
        return [[*counts, *(replace(label, right=True) for label in figure)]]

    def _counts(self, *, with_zeros: bool = True) -> list[Label]:
        counts = self.counts
        if counts is None:
            return []
        found = [Label(f" {self.scope} ", "bold underline", "screen.scope")] if self.scope else []
        pairs = (
            (bucket_word(Bucket.OVERDUE), Bucket.OVERDUE, counts.overdue),
            (bucket_word(Bucket.TODAY), Bucket.TODAY, counts.today),
            (self.next_word, NEXT_WORKDAY, counts.next_workday),
            (bucket_word(Bucket.THIS_WEEK), Bucket.THIS_WEEK, counts.this_week),
            (bucket_word(Bucket.LATER), Bucket.LATER, counts.later),
            (bucket_word(Bucket.DELIVERED), Bucket.DELIVERED, counts.delivered),
            (bucket_word(Bucket.ON_HOLD), Bucket.ON_HOLD, counts.on_hold),
        )
        found += [
            Label(
                f" {word} {number} ",
                STYLES.get(group, "$primary") if number else "$muted",
                f"screen.jump('{group}')",
            )
            for word, group, number in pairs
            if number or (with_zeros and group in (Bucket.OVERDUE, Bucket.TODAY))
        ]
        if counts.pool and self.with_pool:
            found.append(Label(_(" pool {n} ", n=counts.pool), "$accent"))
        if self.assumed:
            found.append(Label(_(" not agreed {n} ", n=self.assumed), "$accent", "screen.agreements"))
        return found

    def _figure(self, cells: int) -> list[Label]:
        score = self.score
        if score is None:
            return []
        if not score.valid:
            return [Label(_(" nothing to judge this month yet "), "$muted")]
        sign, style = ("✓", "bold $success") if score.is_kept else ("!", "bold $error")
        if cells < NARROWEST_FIGURE:
            return [Label(f" {sign} {score.good}/{score.valid} ", style)]
        said = _(
            " on time this month {good}/{valid}  {rate} ",
            good=score.good,
            valid=score.valid,
            rate=percent_on_time(score),
        )
        target = Label(_(" target {rate} ", rate=percent_target(score.target)), "$muted")
        found = [Label(f" {sign}{said}", style), target, _misses(score)]
        if sum(ratio is not None for ratio in self.trend) + len(self.past) > 1:
            found.append(Label(f" {dotted(self.past)}{sparkline(self.trend)} ", "$primary"))
        return found


def _misses(score: Score) -> Label:
    """Return the number of allowed misses left, or of misses when there are too many."""
    if score.bad > score.budget:
        return Label(_(" misses {bad}, allowed {budget} ", bad=score.bad, budget=score.budget), "$error")
    left = score.budget - score.bad
    return Label(_(" misses left {n} of {budget} ", n=left, budget=score.budget), "$muted")


def dotted(ratios: Sequence[Decimal]) -> str:
    """Return the imported ratios of the past as columns of dots, from 0.5 upwards."""
    return "".join(DOTS[_height(ratio) * len(DOTS) // len(BARS)] for ratio in ratios)


def sparkline(ratios: Sequence[Decimal | None]) -> str:
    """Return ratios as bars from 0.5 upwards; a dot for None."""
    return "".join("·" if ratio is None else BARS[_height(ratio)] for ratio in ratios)


def _height(ratio: Decimal) -> int:
    above = max(Decimal(0), ratio - LOWEST_DRAWN) / (1 - LOWEST_DRAWN)
    return min(len(BARS) - 1, int(above * (len(BARS) - 1)))
