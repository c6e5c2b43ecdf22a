"""Measures a changed row and a page down in the duty list against Textual's DataTable, on a pty."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from benchmarks._limits import at_most
from benchmarks._terminal import Terminal

if TYPE_CHECKING:
    from textual.app import App

    from sla_tracker.services.queries.duties import DutyRow

NOW = datetime(2026, 11, 20, 6, 0, tzinfo=UTC)
TIMES, BATCHES = 10, 3
CHANGE, PAGE, IDLE = "c", "\x1b[6~", "x"  # keys: change a row, page down, one without effect
SIZES = (1_000, 10_000, 100_000)
MOST_OF_A_CHANGE, MOST_OF_A_PAGE, FLAT = 0.1, 0.35, 1.6  # highest ratios; FLAT between list sizes


def rows_of(count: int) -> list[DutyRow]:
    from sla_tracker.domain.duties.duty import Opened, State
    from sla_tracker.domain.text import Text
    from sla_tracker.services.queries.duties import Bucket, DutyRow

    title = Text(zh="客户本人签字的订车单、交车单", en="Order and delivery forms")
    return [
        DutyRow(
            id=f"id-{number}", reference="abcdef", obligation="forms", title=title, provider="sales",
            consumer="finance", subject=f"鄂F·{number:05}", due_at=NOW + timedelta(minutes=number),
            bucket=(Bucket.OVERDUE, Bucket.TODAY, Bucket.THIS_WEEK, Bucket.LATER)[number * 4 // count],
            state=State.OPEN, assignee="wang.fang", month="2026-11", opened=Opened.ON_EVENT, evidence_asked=3,
        )
        for number in range(count)
    ]  # fmt: skip


def list_app(count: int) -> App[None]:
    from textual.app import App, ComposeResult

    from sla_tracker.domain.text import NO_TEXT
    from sla_tracker.testing.company import a_context, an_actor
    from sla_tracker.tui.themes import DARK
    from sla_tracker.tui.view_context import ViewContext
    from sla_tracker.tui.widgets.lists.duty_list import DutyList

    context = a_context()
    place = ViewContext(
        company=NO_TEXT, zone=context.settings.zone, actor=an_actor(context, "wang.fang"), people=context.people,
        departments={}, trial=False, demonstration=False,
    )  # fmt: skip

    class ListApp(App[None]):
        def compose(self) -> ComposeResult:
            yield DutyList(place, lambda: NOW)

        def get_css_variables(self) -> dict[str, str]:
            return super().get_css_variables() | DARK.variables

        def on_mount(self) -> None:
            self.rows = rows_of(count)
            self.list = self.query_one(DutyList)
            self.list.show_buckets(self.rows)
            self.list.focus()
            self.turn = 0

        def key_c(self) -> None:
            self.turn += 1
            self.rows[1] = replace(self.rows[1], subject=f"change {self.turn}")
            self.list.change_row(1, self.rows[1])

    return ListApp()


def table_app(count: int) -> App[None]:
    from textual.app import App, ComposeResult
    from textual.widgets import DataTable

    class TableApp(App[None]):
        def compose(self) -> ComposeResult:
            yield DataTable[str](cursor_type="row")

        def on_mount(self) -> None:
            self.table = self.query_one(DataTable)
            self.table.add_columns("", "title", "subject", "person", "evidence", "due")
            for row in rows_of(count):
                self.table.add_row(
                    "●", row.title.zh, row.subject, row.assignee, "0/3", f"{row.due_at:%m-%d %H:%M}"
                )
            self.table.focus()
            self.turn = 0

        def key_c(self) -> None:
            from textual.coordinate import Coordinate

            self.turn += 1
            self.table.update_cell_at(Coordinate(1, 2), f"change {self.turn}", update_width=True)

    return TableApp()


def costs(kind: str, count: int) -> tuple[float, float]:
    """Return the CPU milliseconds of a changed row and a page down, less those of an idle key."""
    with Terminal(["-m", "benchmarks.terminal_list", kind, str(count)]) as terminal:
        terminal.drawn("鄂F".encode())
        terminal.cpu_of(IDLE, 5, draws=False)
        idle = terminal.least_cpu_of(IDLE, TIMES, BATCHES, draws=False)
        change, page = (terminal.least_cpu_of(keys, TIMES, BATCHES) for keys in (CHANGE, PAGE))
        change, page = change - idle, page - idle
    return max(change, 0.01), max(page, 0.01)


def main() -> None:
    own = {count: costs("list", count) for count in SIZES}
    table = costs("table", 10_000)
    for count, (change, page) in own.items():
        print(f"list {count:>7}: a changed row {change:.2f} ms, a page {page:.2f} ms")
    print(f"table  10000: a changed row {table[0]:.2f} ms, a page {table[1]:.2f} ms")
    change, page = own[10_000][0] / table[0], own[10_000][1] / table[1]
    print(
        f"a changed row {change:.3f} x (at most {MOST_OF_A_CHANGE}), a page {page:.3f} x (at most {MOST_OF_A_PAGE})"
    )
    spread = max(max(pair) / min(pair) for pair in zip(*(own[count] for count in SIZES), strict=True))
    print(f"from 1,000 to 100,000 rows at most {spread:.2f} x apart (at most {FLAT})")
    at_most(change, MOST_OF_A_CHANGE, "a changed row / DataTable's")
    at_most(page, MOST_OF_A_PAGE, "a page / DataTable's")
    at_most(spread, FLAT, "dearest / cheapest list between 1,000 and 100,000 rows")


if __name__ == "__main__":
    (list_app if sys.argv[1] == "list" else table_app)(int(sys.argv[2])).run()
