"""The rows of a board that a view shows: chosen, counted and filtered.

An update changes them by the rows that changed alone.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from sla_tracker.services.queries.rows import Counts, exchanged_counts, exchanged_rows, urgency
from sla_tracker.tui.filtering import filtered
from sla_tracker.tui.widgets.lists.duty_groups import counted, end_of_next_workday
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from sla_tracker.services.queries.duties import Board
    from sla_tracker.services.queries.rows import DutyRow
    from sla_tracker.tui.view_context import ViewContext

Choose = Callable[[Sequence["DutyRow"]], Sequence["DutyRow"]]
Order = Callable[["DutyRow"], tuple[object, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenRows:
    """The chosen rows of a board, their counts, and those that a filter found.

    `base` are the board's rows; the chosen ones stand in the view's order. `until_at` is the end of the next workday by
    which they were counted. `places` are those in `found` at which the last update put another row, where all others
    stayed at theirs; None where they did not.
    """

    base: Sequence[DutyRow]
    rows: Sequence[DutyRow]
    counts: Counts
    until_at: datetime
    asked: str
    found: Sequence[DutyRow]
    places: Sequence[int] | None = None

    def after(
        self, update: Board, choose: Choose, order: Order, place: ViewContext, now: datetime
    ) -> ChosenRows | None:
        """Return the rows after a board's update without a look at those that stayed.

        None where it began from another board, or another day is the next workday.
        """
        is_next = update.before is self.base and bool(update.gone or update.come)
        if not is_next or end_of_next_workday(place, now) != self.until_at:
            return None
        gone, come = (sorted(choose(rows), key=urgency) for rows in (update.gone, update.come))
        less, more = counted(gone, place, now), counted(come, place, now)
        counts = exchanged_counts(self.counts, less, more)
        try:
            rows = found = exchanged_rows(self.rows, gone, come, order)
            if self.asked.strip():
                gone, come = (list(filtered(some, self.asked, place, now)) for some in (gone, come))
                found = exchanged_rows(self.found, gone, come, order)
        except LookupError:
            return None  # a row that a change of the clock alone put elsewhere
        places = _places(self.found, found, gone, come, order)
        return replace(self, base=update.rows, rows=rows, counts=counts, found=found, places=places)


def _places(
    before: Sequence[DutyRow],
    after: Sequence[DutyRow],
    gone: Sequence[DutyRow],
    come: Sequence[DutyRow],
    order: Order,
) -> Sequence[int] | None:
    """Return the places of exchanged rows if each stands where its former self stood.

    None if one does not.
    """
    old = {row.id: bisect_left(before, order(row), key=order) for row in gone}
    new = {row.id: bisect_left(after, order(row), key=order) for row in come}
    return sorted(new.values()) if old == new else None


def choose_rows(
    base: Sequence[DutyRow], choose: Choose, asked: str, place: ViewContext, now: datetime
) -> ChosenRows:
    """Choose, count and filter the rows of a board.

    Raises UsageError for a filter with an invalid day.
    """
    rows = choose(base)
    return ChosenRows(
        base=base,
        rows=rows,
        counts=counted(rows, place, now),
        until_at=end_of_next_workday(place, now),
        asked=asked,
        found=filtered(rows, asked, place, now),
    )
