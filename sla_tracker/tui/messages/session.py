"""What befalls the deployment and its store while the terminal is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sla_tracker.tui.messages import GatewayMessage

if TYPE_CHECKING:
    from sla_tracker.errors import SlaError
    from sla_tracker.services.queries.rows import DutyRow


class PreviewLoaded(GatewayMessage):
    """The rows that the first view will most likely show were read."""

    def __init__(self, rows: Sequence[DutyRow]) -> None:
        super().__init__()
        self.rows = rows


class DeploymentOpened(GatewayMessage):
    """The deployment is open, its store included."""


class OpeningFailed(GatewayMessage):
    """The deployment could not be opened at all."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class Alarmed(GatewayMessage):
    """There is something that everybody who opens the deployment must be told."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__()
        self.sentences = sentences


class KeysChecked(GatewayMessage):
    """The deployment's key map was looked over: actions that there are not, and what is wrong with its keys."""

    def __init__(self, unknown: Sequence[str], wrong: Sequence[SlaError]) -> None:
        super().__init__()
        self.unknown = unknown
        self.wrong = wrong


class StoreChanged(GatewayMessage):
    """Somebody, here or elsewhere, committed something."""

    def __init__(self, sequence: int) -> None:
        super().__init__()
        self.sequence = sequence

    def again(self) -> StoreChanged:
        """Return the same message for the next to hear it."""
        return StoreChanged(self.sequence)


class StoreLost(GatewayMessage):
    """The store cannot be read any more."""

    def __init__(self, error: SlaError) -> None:
        super().__init__()
        self.error = error

    def again(self) -> StoreLost:
        """Return the same message for the next to hear it."""
        return StoreLost(self.error)


class StoreFound(GatewayMessage):
    """The store can be read again."""

    def again(self) -> StoreFound:
        """Return the same message for the next to hear it."""
        return StoreFound()
