"""Keys of view 5, and of the dialogs that it opens."""

from __future__ import annotations

from textual.pilot import Pilot
from textual.widgets import Select

from sla_tracker.services.departments.inbox_entry import InboxKind
from sla_tracker.tui.dialogs.duties.statement import WordsDialog
from sla_tracker.tui.screens.inbox import InboxScreen
from tests.tui.trial import quiet, type_in


async def view_5(pilot: Pilot[None]) -> InboxScreen:
    """Open view 5."""
    await quiet(pilot)
    await pilot.press("5")
    await quiet(pilot)
    screen = pilot.app.screen
    assert isinstance(screen, InboxScreen)
    return screen


async def go_to(pilot: Pilot[None], screen: InboxScreen, kind: InboxKind) -> None:
    """Put the cursor on the first inbox entry of a kind, and open it."""
    place = next(number for number, row in enumerate(screen.list.rows) if row.kind is kind)
    await pilot.press("home", *["down"] * place, "enter")
    await quiet(pilot)


async def put_on_record(pilot: Pilot[None], choice: str = "", words: str = "") -> None:
    """Fill in the dialog in front and confirm it."""
    dialog = pilot.app.screen
    assert isinstance(dialog, WordsDialog)
    if choice:
        dialog.query_one(Select).value = choice
    if words:
        dialog.text.focus()
        await type_in(pilot, words)
    await pilot.press("ctrl+s")
    await quiet(pilot)
