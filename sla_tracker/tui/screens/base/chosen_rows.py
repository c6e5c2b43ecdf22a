"""The rows of a board that a view shows: chosen, counted and filtered, and kept so by the rows that change."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from sla_tracker.services.queries.rows import Counts, exchanged_counts, exchanged_rows, urgency
from sla_tracker.tui.filtering import filtered
from sla_tracker.tui.widgets.lists.duty_groups import counted, end_of_next_workday

if TYPE_CHECKING:
    from sla_tracker.services.queries.duties import Board
    from sla_tracker.services.queries.rows import DutyRow
    from sla_tracker.tui.view_context import ViewContext

Choose = Callable[[Sequence["DutyRow"]], Sequence["DutyRow"]]
Order = Callable[["DutyRow"], tuple[object, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenRows:
    """The chosen rows of a board (`base`) in the view's order, their counts, and those `found` by a filter.

    `until_at` is the end of the next workday by which they were counted.
    """

    base: Sequence[DutyRow]
    rows: Sequence[DutyRow]
    counts: Counts
    until_at: datetime
    asked: str
    found: Sequence[DutyRow]

    def after(
        self, update: Board, choose: Choose, order: Order, place: ViewContext, now: datetime
    ) -> ChosenRows | None:
        """Return the rows after an update of the board, without a look at those that stayed.

        None where it began from another board, or another day is the next workday.
        """
        is_next = update.before is self.base and bool(update.gone or update.come)
        if not is_next or end_of_next_workday(place, now) != self.until_at:
            return None
        gone, come = (sorted(choose(rows), key=urgency) for rows in (update.gone, update.come))
        less, more = counted(gone, place, now), counted(come, place, now)
        try:
            return replace(
                self,
                base=update.rows,
                rows=exchanged_rows(self.rows, gone, come, order),
                counts=exchanged_counts(self.counts, less, more),
                found=exchanged_rows(
                    self.found,
                    filtered(gone, self.asked, place, now),
                    filtered(come, self.asked, place, now),
                    order,
                ),
            )
        except LookupError:
            return None  # a row that a change of the clock alone put elsewhere


def choose_rows(
    base: Sequence[DutyRow], choose: Choose, asked: str, place: ViewContext, now: datetime
) -> ChosenRows:
    """Choose, count and filter the rows of a board; raises UsageError for a filter with an invalid day."""
    rows = choose(base)
    return ChosenRows(
        base=base,
        rows=rows,
        counts=counted(rows, place, now),
        until_at=end_of_next_workday(place, now),
        asked=asked,
        found=filtered(rows, asked, place, now),
    )
