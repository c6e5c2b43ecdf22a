"""Messages about the deployment and its store while the terminal is open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sla_tracker.tui.messages import GatewayMessage

if TYPE_CHECKING:
    from sla_tracker.domain.stored_kinds import StoredKind
    from sla_tracker.errors import SlaError
    from sla_tracker.services.ports import Touched
    from sla_tracker.services.queries.rows import DutyRow


class PreviewLoaded(GatewayMessage):
    """The first view's likely rows were read from the start-up cache.

    They are what the person's department owes; where nothing of the person's is urgent, also what it is owed.
    """

    def __init__(self, rows: Sequence[DutyRow]) -> None:
        super().__init__()
        self.rows = rows


class DeploymentOpened(GatewayMessage):
    """The deployment is open, its store included."""


class OpeningFailed(GatewayMessage):
    """The deployment could not be opened."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


class Alarmed(GatewayMessage):
    """There are alarms that everybody who opens the deployment must see."""

    def __init__(self, sentences: Sequence[str]) -> None:
        super().__init__()
        self.sentences = sentences


class KeysChecked(GatewayMessage):
    """The deployment's key map was checked: unknown action ids and wrong keys."""

    def __init__(self, unknown: Sequence[str], wrong: Sequence[SlaError]) -> None:
        super().__init__()
        self.unknown = unknown
        self.wrong = wrong


class StoreChanged(GatewayMessage):
    """Somebody committed a change, here or elsewhere.

    `touched` has what was written since the last message, None where that is unknown; `is_own` says that this terminal
    did it, so that it has to show at once. `since` is the commit after which that was written; `departments` are the
    parties of the duties written, None where anything else was, too.
    """

    def __init__(
        self,
        sequence: int,
        touched: Touched | None = None,
        *,
        is_own: bool = True,
        since: int = -1,
        departments: frozenset[str] | None = None,
    ) -> None:
        super().__init__()
        self.sequence = sequence
        self.touched = touched
        self.is_own = is_own
        self.since = since
        self.departments = departments

    def again(self) -> StoreChanged:
        """Return a copy that can be posted to another screen."""
        return StoreChanged(
            self.sequence,
            self.touched,
            is_own=self.is_own,
            since=self.since,
            departments=self.departments,
        )

    def concerns(self, department: str) -> bool:
        """Return whether a department's duties, or anything but duties, may have changed."""
        return self.is_own or self.departments is None or department in self.departments

    def touches_kind(self, kind: StoredKind) -> bool:
        """Return whether a value of the kind was written."""
        return self.touched is None or any(touched == kind for touched, _id in self.touched)

    def touches_other_than(self, kinds: frozenset[StoredKind]) -> bool:
        """Return whether anything else than values of these kinds was written."""
        return self.touched is None or any(kind not in kinds for kind, _id in self.touched)


class StoreLost(GatewayMessage):
    """The store cannot be read any more."""

    def __init__(self, error: SlaError) -> None:
        super().__init__()
        self.error = error

    def again(self) -> StoreLost:
        """Return a copy that can be posted to another screen."""
        return StoreLost(self.error)


class StoreFound(GatewayMessage):
    """The store can be read again."""

    def again(self) -> StoreFound:
        """Return a copy that can be posted to another screen."""
        return StoreFound()


class UndoDoubted(GatewayMessage):
    """Nothing was undone yet: a duty would become late by it, as the doubt says."""

    def __init__(self, doubt: SlaError) -> None:
        super().__init__()
        self.doubt = doubt


class RedoDoubted(UndoDoubted):
    """Nothing was done again yet: a duty would become late by it, as the doubt says."""


class TakeBackDoubted(GatewayMessage):
    """Nothing was taken back yet: the duty would become late by it, as the doubt says."""

    def __init__(self, doubt: SlaError, duty_id: str) -> None:
        super().__init__()
        self.doubt = doubt
        self.duty_id = duty_id


class NotUtf8Typed(GatewayMessage):
    """The terminal sent bytes that are not UTF-8."""


class TerminalGone(GatewayMessage):
    """The terminal was closed: there will be no other key."""
