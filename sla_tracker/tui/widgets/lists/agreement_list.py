"""The list widget of how the terms with other departments stand."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sla_tracker.i18n import gettext as _
from sla_tracker.services.consent.standing import PartyTerms, TermsState, present_triggers
from sla_tracker.tui.text_content import fit, width
from sla_tracker.tui.view_context import ViewContext
from sla_tracker.tui.widgets.lists.line_list import LineList
from sla_tracker.tui.widgets.lists.line_painter import Piece
from sla_tracker.tui.widgets.lists.sections import Section
from sla_tracker.wording.consent.agreement_words import format_limits, format_state
from sla_tracker.wording.duties import text_of

LONGEST_BETWEEN, LONGEST_LIMIT, LONGEST_STATE = 26, 24, 16
TONES = {TermsState.AGREED: "good", TermsState.EXPIRED: "overdue", TermsState.ASSUMED: "today"}


class AgreementList(LineList[PartyTerms]):
    """Lists obligations between the department and others."""

    def __init__(self, view_context: ViewContext) -> None:
        super().__init__(id="agreements")
        self.view_context = view_context
        self._between = self._limit = self._state = 0

    def key_of(self, row: PartyTerms) -> str:
        """Return the row's identity."""
        return "/".join((row.parties.obligation.id, *row.parties.sides))

    def show(self, rows: Sequence[PartyTerms], sections: Iterable[Section] = ()) -> None:
        """Replace the rows, and make the columns as wide as their texts."""
        self._between = min(LONGEST_BETWEEN, max((width(self._sides(one)) for one in rows), default=0))
        self._limit = min(LONGEST_LIMIT, max((width(limit_of_row(one)) for one in rows), default=0))
        self._state = min(LONGEST_STATE, max((width(format_state(one)) for one in rows), default=0))
        self.repaint_rows()
        super().show(rows, sections)

    def _sides(self, row: PartyTerms) -> str:
        """Return the other department with an arrow for who owes, or both."""
        (provider, consumer), own = row.parties.sides, self.view_context.me.department
        if own == provider:
            return f"→ {self.view_context.department(consumer)}"
        if own == consumer:
            return f"← {self.view_context.department(provider)}"
        return f"{self.view_context.department(provider)} → {self.view_context.department(consumer)}"

    def _columns(self, cells: int) -> tuple[int, int, int, int]:
        """Return the widths of departments, title, limit and state."""
        limit = self._limit if cells >= 48 else 0
        between = self._between if cells >= 56 else 0
        state = self._state if cells >= 92 else 0  # the groups say it too
        title = cells - 3 - between - bool(between) - limit - bool(limit) - state - bool(state)
        return between, max(4, title), limit, state

    def heads(self, cells: int) -> Iterable[Piece]:
        """Return the names of the columns."""
        between, title, limit, state = self._columns(cells)
        if between:
            yield "  " + fit(_("Between"), between) + " ", "muted"
        yield ("" if between else "  ") + fit(_("Obligation"), title), "muted"
        if limit:
            yield " " + fit(_("Limit"), limit), "muted"
        yield (" " + fit(_("Terms"), state) if state else "") + " ", "muted"

    def pieces(self, row: PartyTerms, cells: int) -> Iterable[Piece]:
        """Return whether a proposal is open, the departments, the title, limit and state."""
        between, title, limit, state = self._columns(cells)
        waiting = row.agreement.open if row.agreement else None
        own = self.view_context.me.department
        sign = "  " if waiting is None else "○ " if waiting.proposed_from == own else "◆ "
        yield sign, "flag"
        if between:
            yield fit(self._sides(row), between) + " ", "muted"
        yield fit(text_of(row.parties.obligation.title), title), ""
        if limit:
            yield " " + fit(limit_of_row(row), limit), ""
        yield (" " + fit(format_state(row), state) if state else "") + " ", TONES.get(row.standing, "muted")


def limit_of_row(row: PartyTerms) -> str:
    """Return the limits of a row's obligation in words."""
    return format_limits(present_triggers(row.parties, row.on))
