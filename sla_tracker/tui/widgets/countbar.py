"""The line of figures above a list: how many stand where, and this month's figure against its target."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from textual.reactive import reactive

from sla_tracker.core.scorecard import Score
from sla_tracker.desk.queries import Bucket, Counts
from sla_tracker.desk.words import bucket_word, percent
from sla_tracker.locale import gettext as _
from sla_tracker.tui.content import width
from sla_tracker.tui.widgets.bar import Bar, Label
from sla_tracker.tui.widgets.dutycard import STYLES

BARS = "▁▂▃▄▅▆▇█"
LOWEST_DRAWN = Decimal("0.5")


class CountBar(Bar):
    """Shows counts at the left and the month's figure at the right."""

    DEFAULT_CSS = """
    CountBar { background: $background; height: 1; }
    """

    counts: reactive[Counts] = reactive(Counts())
    score: reactive[Score | None] = reactive(None)
    trend: reactive[tuple[Decimal | None, ...]] = reactive(())
    scope: reactive[str] = reactive("")
    with_pool = True

    def labels(self) -> Sequence[Label]:
        """Return the labels of the line."""
        counts = self.counts
        found = [Label(f" {self.scope} ", "bold underline", "screen.scope")] if self.scope else []
        pairs = (
            (Bucket.OVERDUE, counts.overdue),
            (Bucket.TODAY, counts.today),
            (Bucket.THIS_WEEK, counts.this_week),
            (Bucket.LATER, counts.later),
            (Bucket.DELIVERED, counts.delivered),
            (Bucket.ON_HOLD, counts.on_hold),
        )
        found += [
            Label(
                f" {bucket_word(bucket)} {number} ",
                STYLES[bucket] if number else "$muted",
                f"screen.jump('{bucket}')",
            )
            for bucket, number in pairs
            if number or bucket in (Bucket.OVERDUE, Bucket.TODAY, Bucket.THIS_WEEK)
        ]
        if counts.pool and self.with_pool:
            found.append(Label(_(" pool {n} ", n=counts.pool), "$accent"))
        return [*found, *self._figure(sum(width(label.text) for label in found))]

    def _figure(self, taken: int) -> list[Label]:
        score = self.score
        room = self.size.width - taken
        if score is None or room < 32:
            return self._short_figure(score)
        if not score.valid:
            return [Label(_(" nothing to judge this month yet "), "$muted", right=True)]
        good = score.on_time_ratio is not None and score.on_time_ratio >= score.target
        said = _(
            " on time this month {good}/{valid}  {rate} ",
            good=score.good,
            valid=score.valid,
            rate=percent(score.on_time_ratio),
        )
        found = [
            Label(f"{'✓' if good else '!'}{said}", "bold $success" if good else "bold $error", right=True),
        ]
        if room >= 68:
            found.append(Label(_(" target {rate} ", rate=percent(score.target)), "$muted", right=True))
            said = _(" misses {bad} of {budget} allowed ", bad=score.bad, budget=score.budget)
            found.append(Label(said, "$muted" if score.bad <= score.budget else "$error", right=True))
        if room >= 80 and any(ratio is not None for ratio in self.trend):
            found.append(Label(f" {sparkline(self.trend)} ", "$primary", right=True))
        return found

    def _short_figure(self, score: Score | None) -> list[Label]:
        if score is None or not score.valid:
            return []
        good = score.on_time_ratio is not None and score.on_time_ratio >= score.target
        return [
            Label(
                f"{'✓' if good else '!'} {score.good}/{score.valid} ",
                "$success" if good else "$error",
                right=True,
            )
        ]


def sparkline(ratios: Sequence[Decimal | None]) -> str:
    """Return the course of ratios as bars from a half upwards; a dot where there is no figure."""
    return "".join("·" if ratio is None else BARS[_height(ratio)] for ratio in ratios)


def _height(ratio: Decimal) -> int:
    above = max(Decimal(0), ratio - LOWEST_DRAWN) / (1 - LOWEST_DRAWN)
    return min(len(BARS) - 1, int(above * (len(BARS) - 1)))
