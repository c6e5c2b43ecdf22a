"""Base classes of the messages by which the gateway reports outcomes to screens.

session.py holds messages about the deployment and its store, loaded.py about what was read, done.py about what was
done. Messages used by one view only stand beside its calls in `calls/`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

from sla_tracker.i18n import gettext as _

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from sla_tracker.domain.duties.duty import Duty
    from sla_tracker.errors import SlaError


class GatewayMessage(Message):
    """Base of the gateway's messages; posted to the caller and not bubbled further."""

    def __init__(self) -> None:
        super().__init__()
        self.stop()


class CallRefused(GatewayMessage):
    """A call ended with an error to show to the person."""

    def __init__(self, error: SlaError) -> None:
        super().__init__()
        self.error = error


class Done(GatewayMessage):
    """Base of the outcomes of acts.

    An outcome holds a sentence, whether it can be undone, and the duties delivered.
    """

    undoable = True

    @property
    def delivered(self) -> Sequence[Duty]:
        """Return the duties delivered by the act."""
        return ()

    def sentence(self) -> str:
        """Return what was done, as one sentence."""
        raise NotImplementedError

    def hint(self, key_word: Callable[[str], str]) -> str:
        """Return which key leads on from it; `key_word` names the first key of an action."""
        return _("{key} takes it back.", key=key_word("app.undo")) if self.undoable else ""
