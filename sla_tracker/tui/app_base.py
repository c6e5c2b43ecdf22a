"""The interface of the app for screens and dialogs, which do not import the app."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import TYPE_CHECKING

from textual.app import App
from textual.binding import Binding

from sla_tracker.tui import keys

if TYPE_CHECKING:
    from sla_tracker.errors import SlaError
    from sla_tracker.services.deployment import OpenDeployment
    from sla_tracker.services.form_drafts import FormDraft
    from sla_tracker.services.queries.rows import DutyRow
    from sla_tracker.tui.gateway import Gateway
    from sla_tracker.tui.messages import Done
    from sla_tracker.tui.view_context import ViewContext


class BaseApp(App[None]):
    """The app as screens and dialogs know it.

    `sequence` is the number of the last change that was seen; `unread` holds the ids of the person's unread reminders
    (None until they are counted), `unread_duties` how many duties they are about. `drafts` holds what was filled into
    dialogs and not confirmed, `earlier_drafts` what of it was there when the session began, `waiting` the number on the
    tab of each view. `is_starting` until the first rows show. `moved_keys` is the deployment's key map: keys by the id
    of an action.
    """

    BINDINGS = keys.APP

    gateway: Gateway
    view_context: ViewContext
    sequence: int
    unread: frozenset[str] | None
    unread_duties: int
    drafts: dict[str, FormDraft]
    earlier_drafts: Mapping[str, FormDraft]
    waiting: dict[str, int]
    is_starting: bool
    moved_keys: Mapping[str, str]

    @property
    def deployment(self) -> OpenDeployment:
        """Return the deployment; raises StoreNotOpen until it is open."""
        raise NotImplementedError

    def key_word(self, id: str) -> str:
        """Return the first key of an action as sentences name it.

        The deployment's key map takes precedence.
        """
        keys_of_action = self.moved_keys.get(id) or keys.FIRST_KEYS[id]
        first = keys_of_action.partition(",")[0].strip()
        return self.get_key_display(Binding(first, "")).replace("^", "ctrl+")

    def rows_shown(self) -> None:
        """Run the actions that were asked for before the first rows were there."""
        raise NotImplementedError

    def show_waiting(self, numbers: Mapping[str, int]) -> None:
        """Show these numbers on the tabs of their views."""
        raise NotImplementedError

    def open_owed_first(self, rows: Sequence[DutyRow]) -> None:
        """Open first the view of what the person is owed, with its likely rows."""
        raise NotImplementedError

    def show_message(self, text: str) -> None:
        """Show a notification for a moment."""
        raise NotImplementedError

    def place_notices(self) -> None:
        """Show the notices on the screen in front, as far as it has room for them."""
        raise NotImplementedError

    def show_done(self, done: Done) -> None:
        """Show what was done and how to undo it."""
        raise NotImplementedError

    def show_error(self, error: SlaError) -> None:
        """Show what was refused, long enough to be read."""
        raise NotImplementedError

    def open_subject(self, subject: str) -> None:
        """Open the page of a contract, vehicle or person."""
        raise NotImplementedError

    def open_calendar(self, day: date | None = None) -> None:
        """Open the calendar, at a day if one is given."""
        raise NotImplementedError

    def action_view(self, view: str) -> None:
        """Open a view by its id."""
        raise NotImplementedError
