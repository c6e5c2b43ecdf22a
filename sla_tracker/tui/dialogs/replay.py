"""Shows how the past would have been judged by other terms."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from textual.app import ComposeResult
from textual.content import Content

from sla_tracker.domain.clean import clean
from sla_tracker.domain.measures.outcome import Outcome
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.services.consent.replay import Replay
from sla_tracker.tui.dialogs.dialog import Dialog
from sla_tracker.tui.text_content import plain, row, several
from sla_tracker.tui.widgets.cards.duty_card import BLANK
from sla_tracker.tui.widgets.cards.facts import Fact, FactSheet
from sla_tracker.wording.consent.replay_words import compared_figures, format_flip, format_moved, replay_note
from sla_tracker.wording.duties import text_of
from sla_tracker.wording.times import format_moment

MOST_ROWS = 40
"""Most duties of each kind that are listed; the command line lists all."""


class ReplayDialog(Dialog):
    """Shows what two rules make of the past: figures, verdicts and duties.

    The figures are those of both; the verdicts those that change, the duties those that only one rule opens.
    """

    def __init__(self, replay: Replay) -> None:
        super().__init__()
        self._replay = replay

    def heading(self) -> Content:
        """Return the title."""
        titles = _(", ").join(text_of(one.title) for one in self._replay.obligations)
        return plain(_("The past by other terms: {titles}", titles=titles))

    def body(self) -> ComposeResult:
        """Return what is compared, then figures and duties."""
        sheet = FactSheet()
        sheet.show(list(self._facts()))
        yield sheet

    def _facts(self) -> Iterator[Fact]:
        found = self._replay
        yield Fact("", several(replay_note(found), "$muted"))
        yield BLANK
        for one in compared_figures(found):
            after = plain(one.after, "bold" if one.after != one.before else "")
            yield Fact(one.label, row(plain(f"{one.before}  →  ", "$muted"), after))
        yield BLANK
        count = ngettext("{n} verdict changes:", "{n} verdicts change:", len(found.flips))
        yield Fact("", plain(count if found.flips else _("No verdict changes."), "bold"))
        for flip in found.flips[:MOST_ROWS]:
            better = flip.after is Outcome.GOOD
            due = format_moved(self._moment(flip.duty.due_at), self._moment(flip.due_at))
            said = f"{text_of(flip.duty.title)} {clean(flip.duty.subject)}".strip()
            yield Fact(
                "",
                row(
                    plain(f"{format_flip(flip)}  ", "$success" if better else "$error"),
                    plain(f"{said}  {due}"),
                ),
            )
        for heading, lines in (
            (_("Only the present rule opened:"), [(one.title, one.due_at) for one in found.only_before]),
            (
                _("Only the changed rule would have opened:"),
                [(one.title, one.due_at) for one in found.only_after],
            ),
        ):
            if lines:
                yield BLANK
                yield Fact("", plain(heading, "bold"))
                for title, due_at in lines[:MOST_ROWS]:
                    yield Fact("", plain(f"{text_of(title)}  {self._moment(due_at)}"))

    def _moment(self, instant: datetime) -> str:
        return format_moment(instant, self.now(), self.view_context.zone)
