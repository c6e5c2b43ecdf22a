"""Keeps what stands in forms when the program ends, for the person's next session."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sla_tracker.tui.app_base import BaseApp


def gather(app: BaseApp) -> None:
    """Keep what stands in the dialogs that are open; they are about to be closed."""
    dialogs = [screen for screen in app.screen_stack if screen.is_modal]
    if dialogs:
        from sla_tracker.tui.dialogs.dialog import Dialog

        for dialog in dialogs:
            if isinstance(dialog, Dialog):
                dialog.leave_behind()


def take_up(app: BaseApp) -> None:
    """Offer what the person's last session left, besides what this one has left."""
    app.earlier_drafts = app.deployment.form_drafts()
    app.drafts = {**app.earlier_drafts, **app.drafts}


def store(app: BaseApp) -> None:
    """Store what this session left or completed; raises Refused."""
    before, now = app.earlier_drafts, app.drafts
    changed = {key: now.get(key) for key in {*before, *now} if now.get(key) != before.get(key)}
    if changed:
        app.deployment.change_form_drafts(changed)
