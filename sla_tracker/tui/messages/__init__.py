"""What has happened: the messages by which the gateway tells screens the outcome of their calls.

Here is what all of them are; session.py has what befalls the deployment and its store, loaded.py what was read, done.py
what was done. What one view alone asks for is told beside its calls (reminding.py, bothsides.py, authoring.py,
following.py).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.message import Message

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sla_tracker.domain.duties.duty import Duty
    from sla_tracker.errors import SlaError


class GatewayMessage(Message):
    """Base of what the gateway tells; it goes to the one that called, and no further."""

    def __init__(self) -> None:
        super().__init__()
        self.stop()


class CallRefused(GatewayMessage):
    """A call ended with an error that a person has to read."""

    def __init__(self, error: SlaError) -> None:
        super().__init__()
        self.error = error


class Done(GatewayMessage):
    """Base of what an act brought about; says so in a sentence, whether it can be taken back, and what it delivered."""

    undoable = True

    @property
    def delivered(self) -> Sequence[Duty]:
        """Return the duties that were delivered by it."""
        return ()

    def sentence(self) -> str:
        """Return what has happened, as a person is told."""
        raise NotImplementedError
