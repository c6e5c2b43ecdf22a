"""Base of the views with a list of duties, a card, counts and a filter."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Collection, Sequence
from dataclasses import replace
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal
from textual.content import Content
from textual.timer import Timer
from textual.widgets import Input

from sla_tracker.domain.clean import clean
from sla_tracker.errors import SlaError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.services.queries.rows import Bucket, urgency
from sla_tracker.tui import keys
from sla_tracker.tui.calls import duties, pinyin
from sla_tracker.tui.filtering import ORDER_WORDS, ORDERS, match_of
from sla_tracker.tui.messages.loaded import BoardLoaded, DutyLoaded, EscalationsLoaded
from sla_tracker.tui.screens.base.chosen_rows import ChosenRows, choose_rows
from sla_tracker.tui.screens.base.view_screen import ViewScreen
from sla_tracker.tui.stylesheet import STYLES
from sla_tracker.tui.views import VIEWS
from sla_tracker.tui.widgets.bars.count_bar import CountBar
from sla_tracker.tui.widgets.bars.filter_line import FilterLine
from sla_tracker.tui.widgets.cards.duty_card import DutyCard
from sla_tracker.tui.widgets.lists.duty_list import DutyList
from sla_tracker.tui.widgets.lists.line_list import LineList
from sla_tracker.wording.duties import text_of
from sla_tracker.wording.times import next_workday_short

if TYPE_CHECKING:
    from sla_tracker.services.queries.duties import Board
    from sla_tracker.services.queries.rows import DutyRow
    from sla_tracker.tui.filtering import Match
    from sla_tracker.tui.messages.session import StoreChanged

# Pauses in typing or moving the cursor after which the filter is applied and the detail is read.
FILTER_SECONDS = 0.12
DETAIL_SECONDS = 0.08
# Rows that are filtered between two looks for keys, in some milliseconds, where there are more than can be at once.
FILTER_STEP, FILTERED_AT_ONCE = 500, 2_000
# Rows around the cursor whose level of escalation is computed at once: each takes some tenths of a millisecond.
MOST_ESCALATIONS = 300


class BoardScreen(ViewScreen):
    """Base of the views of duties."""

    CSS_PATH: ClassVar[list[str | PurePath]] = [STYLES / "duty_list.tcss"]
    BINDINGS = keys.DUTIES
    AUTO_FOCUS = "#duties"

    def __init__(self) -> None:
        super().__init__()
        self._rows: Sequence[DutyRow] | None = None
        self._board: Board | None = None
        self._carded: DutyRow | None = None
        self._asked = ""
        self._order = "urgency"
        self._waiting: dict[str, Timer] = {}
        self._chosen: ChosenRows | None = None
        self._levels_known: set[str] = set()
        self._reads_levels = False

    def body(self) -> ComposeResult:
        """Return counts, filter, list and card."""
        self.counts = CountBar(id="counts")
        words = _("words, pinyin initials, dept: state: person: subject: due:")
        self.filter_line = FilterLine(words, self._asked)
        self.filter = self.filter_line.input
        self.list = DutyList(self.view_context, self.now, id="duties")
        self.card = DutyCard(self.view_context, id="card")
        # New widgets have no rows yet: an update of the former board would leave them empty.
        self._carded = self._board = self._chosen = None
        yield self.counts
        yield self.filter_line
        with Horizontal(id="beside"):
            yield self.list
            yield from self.beside_list()

    def beside_list(self) -> ComposeResult:
        """Return the widgets beside the list."""
        yield self.card

    def chosen(self, rows: Sequence[DutyRow]) -> Sequence[DutyRow]:
        """Return the rows that the view shows."""
        return rows

    @property
    def scope(self) -> str:
        """Return whose duties of the view are shown, in words; empty where it shows all."""
        return ""

    def empty(self) -> Content:
        """Return the text for an empty list."""
        raise NotImplementedError

    def is_concerned(self, message: StoreChanged) -> bool:
        """Return whether duties of the list may have changed.

        If not, the board counts as one of the newer commit.
        """
        board = self._board
        if board is None or any(map(message.concerns, board.party.values())):
            return True
        if message.since <= board.sequence < message.sequence:
            self._board = replace(board, sequence=message.sequence)
        return False

    @on(BoardLoaded)
    def _take_board(self, message: BoardLoaded) -> None:
        before, self._board = self._board, message.board
        score = message.board.score
        self.counts.score = score if score.valid or self.shows_figure else None
        is_update = before is not None and message.board.is_update_of(before)
        self._followed_current(message.board.changed if is_update else None)
        if before is None or message.board.rows is not before.rows:
            self._rows = message.board.rows
            self.lay_out()

    def _followed_current(self, changed: Collection[str] | None) -> None:
        """Read the duty under the cursor again where it may have been changed.

        `changed` is None if anything may have been. A changed duty may have the same row.
        """
        row = self.list.current
        if row is not None and (changed is None or row.id in changed):
            self._soon("detail", DETAIL_SECONDS, self._read_detail)

    def follow(self, *, at_once: bool) -> None:
        """Exchange the rows that others changed."""
        if self._board is None:
            self.read()
        else:
            self.gateway.load(self, "board", duties.updated_board(self._board))

    def order_of(self, row: DutyRow) -> tuple[object, ...]:
        """Return the key by which the chosen rows are sorted."""
        return urgency(row)

    def lay_out(self) -> None:
        """Show the filtered rows in the chosen order.

        After an update of the board only the rows that it exchanged are looked at.
        """
        if self._rows is None:
            return
        now, place = self.now(), self.view_context
        before, self._chosen = self._chosen, None
        if self._board is not None and before is not None and before.asked == self._asked:
            self._chosen = before.after(self._board, self.chosen, self.order_of, place, now)
        if self._chosen is None:
            try:
                self._chosen = choose_rows(self._rows, self.chosen, self._asked, place, now)
                self.filter_line.show_applied(True)
            except SlaError as error:
                self.sla.show_error(error)
                self._chosen = choose_rows(self._rows, self.chosen, "", place, now)
                self.filter_line.show_applied(False)
        today = place.date_of(now)
        self.counts.next_word = next_workday_short(place.next_workday(now), today)
        self.counts.counts = self._chosen.counts
        self._show_found(self._chosen.found, self._chosen.places)

    def _show_found(self, rows: Sequence[DutyRow], places: Sequence[int] | None = None) -> None:
        """Show the rows that the filter found.

        With `places`, only the rows there differ from those before.
        """
        self.list.empty = self.nothing_found() if self._asked else self.empty()
        self.set_class(not rows and not self._asked, "-empty")
        order = ORDERS[self._order]
        if order is None:
            self.list.show_buckets(rows, places)
        else:
            self.list.show_sorted(sorted(rows, key=order), self._order)

    def read_escalations(self) -> None:
        """Read the levels of the overdue duties anew.

        First those around the cursor, others when it comes to them.
        """
        self._levels_known.clear()
        self._reads_levels = True
        self._read_levels_near()

    def _read_levels_near(self) -> None:
        start = max(0, self.list.cursor - MOST_ESCALATIONS // 2)
        near = self.list.rows[start : start + MOST_ESCALATIONS]
        late = [row.id for row in near if row.bucket is Bucket.OVERDUE and row.id not in self._levels_known]
        if not late:
            return
        self.gateway.load(self, "escalations", duties.escalations(late), beside=True)

    @on(EscalationsLoaded)
    def _show_escalations(self, message: EscalationsLoaded) -> None:
        self._levels_known.update(message.asked)
        self.list.show_levels(message.levels, message.asked)

    shows_figure = True

    def nothing_found(self) -> Content:
        """Return the text for a filter without matches."""
        return Content(
            _("Nothing fits the filter.\n{key} takes it away.", key=self.sla.key_word("list.clear"))
        )

    def repaint_all(self) -> None:
        """Repaint rows and card."""
        super().repaint_all()
        self.card.repaint_facts(self.now())

    def context_known(self) -> None:
        """Group and count the rows anew, too, now that the next workday may be known."""
        super().context_known()
        if self._rows is not None:  # pages over a view lay out what they have read, and have read nothing yet
            self.lay_out()

    def minute_passed(self) -> None:
        """Update relative times, and exchange the rows that change their bucket."""
        super().minute_passed()
        if self._board is not None:
            self.gateway.load(self, "board", duties.updated_board(self._board, as_of_now=True))

    @on(LineList.Highlighted, "#duties")
    def _show_card(self) -> None:
        if self.list.current is self._carded:
            return  # other rows were exchanged; drawing the card costs more than drawing them
        self._carded = self.list.current
        self.card.show_row(self.list.current, self.now())
        self._soon("detail", DETAIL_SECONDS, self._read_detail)
        if self._reads_levels:
            self._soon("levels", DETAIL_SECONDS, self._read_levels_near)
        self.refresh_bindings()

    @on(LineList.Marked, "#duties")
    def _offer_for_marks(self) -> None:
        """Name in the key bar what the keys do to the marked rows."""
        self.refresh_bindings()

    def _read_detail(self) -> None:
        row = self.list.current
        if row is not None and row.id:
            self.gateway.load(self, "detail", duties.duty(row.id), beside=True)

    @on(DutyLoaded)
    def _show_detail(self, message: DutyLoaded) -> None:
        row = self.list.current
        if message.detail is not None and row is not None and row.id == message.detail.duty.id:
            self.card.show_detail(message.detail, self.now())

    def action_filter(self) -> None:
        """Open the filter."""
        self.filter_line.open()

    @on(Input.Changed, "#filter")
    def _filter_later(self, message: Input.Changed) -> None:
        self._asked = message.value
        self._soon("filter", FILTER_SECONDS, lambda: pinyin.once_loaded(self, self._filter))

    def _filter(self) -> None:
        """Apply the filter.

        To a long list in steps, so that the next key does not wait for all of it.
        """
        chosen = self._chosen
        is_laid_out = chosen is not None and chosen.base is self._rows
        if (
            chosen is None
            or not is_laid_out
            or not self._asked.strip()
            or len(chosen.rows) <= FILTERED_AT_ONCE
        ):
            self.lay_out()
            return
        try:
            match = match_of(self._asked, self.view_context, self.now())
        except SlaError:
            self.lay_out()
            return
        self.filter_line.show_applied(True)
        self.run_worker(self._filter_in_steps(chosen, self._asked, match), group="filter", exclusive=True)

    async def _filter_in_steps(self, chosen: ChosenRows, asked: str, match: Match) -> None:
        found: list[DutyRow] = []
        for start in range(0, len(chosen.rows), FILTER_STEP):
            began = time.perf_counter()
            found += filter(match, chosen.rows[start : start + FILTER_STEP])
            # As long as it took: a key needs several turns of the loop until it is drawn.
            await asyncio.sleep(time.perf_counter() - began)
        # What came meanwhile, another text or other rows, was laid out with the present filter.
        if chosen is self._chosen and asked == self._asked:
            self._chosen = replace(chosen, asked=asked, found=found, places=None)
            self._show_found(found)

    def _soon(self, what: str, seconds: float, act: Callable[[], None]) -> None:
        """Run an act after a delay; a newer request of the same name restarts the delay."""
        if what in self._waiting:
            self._waiting[what].stop()
        self._waiting[what] = self.set_timer(seconds, act)

    @on(Input.Submitted, "#filter")
    def _leave_filter(self) -> None:
        """Go to the list; the next key acts on the rows that fit the whole filter."""
        self.lay_out()
        self.list.focus()

    def action_clear(self) -> None:
        """Clear the filter, or without one the marks."""
        if self.filter_line.display:
            self.filter.value = ""
            self._asked = ""
            self.filter_line.display = False
            self.list.focus()
            self.lay_out()
        else:
            self.list.clear_marks()

    def action_sort(self) -> None:
        """Sort by the next order."""
        names = list(ORDERS)
        self._order = names[(names.index(self._order) + 1) % len(names)]
        self.lay_out()
        self.sla.show_message(_("Sorted {how}.", how=_(ORDER_WORDS[self._order])))

    def action_mark(self) -> None:
        """Mark the row under the cursor."""
        self.list.toggle_mark()

    def action_jump(self, group: str) -> None:
        """Move the cursor to the first row of a group."""
        for section in self.list.sections:
            if section.key == group:
                self.list.go_to(section.start)
                return

    def action_saved_filters(self) -> None:
        """Choose a named filter, or save the present one."""
        from sla_tracker.tui.dialogs.saved_filters import SavedFiltersDialog

        filters, present = self.sla.deployment.saved_filters(), self._asked.strip()
        if filters or present:
            self.app.push_screen(SavedFiltersDialog(filters, present, self.use_filter))
        else:
            self.sla.show_message(
                _("No filter has a name yet. Filter the list first, then name the filter here.")
            )

    def use_filter(self, text: str) -> None:
        """Apply a filter."""
        self.filter_line.display = True
        self.filter.value = self._asked = text
        self.lay_out()
        self.list.focus()

    def action_print(self) -> None:
        """Open the dialog to print the list."""
        from sla_tracker.tui.dialogs.printing import PrintDialog
        from sla_tracker.tui.printing import printed

        lines = printed(self.list.rows, self.heading_of_list(), self.view_context, self.now())
        self.app.push_screen(PrintDialog(lines, self.list.rows))

    def heading_of_list(self) -> str:
        """Return a printed list's heading: company, person, view, time, filter."""
        place = self.view_context
        view = next((_(view.title) for view in VIEWS if view.id == self.VIEW), "")
        parts = [text_of(place.company), place.who, view, self.scope, place.clock(self.now())]
        parts += [_("filter: {text}", text=self._asked.strip())] if self._asked.strip() else []
        return " · ".join(filter(None, parts))

    def action_copy(self) -> None:
        """Copy the list as text, one line per duty."""
        zone = self.view_context.zone
        shown = [
            f"{row.due_at.astimezone(zone):%Y-%m-%d %H:%M}\t{text_of(row.title)}\t{clean(row.subject)}"
            for row in self.list.rows
        ]
        self.app.copy_to_clipboard("\n".join(shown))
        self.sla.show_message(ngettext("{n} duty copied.", "{n} duties copied.", len(shown)))

    def one(self) -> DutyRow | None:
        """Return the stored row under the cursor, or None with a notification why."""
        row = self.list.current
        if row is None:
            self.sla.show_message(_("There is no duty under the cursor."))
        elif not row.id:
            self.sla.show_message(_("This duty is planned: it opens by itself, and can be worked on then."))
            return None
        return row

    @on(LineList.Chosen, "#duties")
    async def _choose(self) -> None:
        await self.run_action("primary")

    def action_primary(self) -> None:
        """Run the view's action for the enter key."""
        raise NotImplementedError
