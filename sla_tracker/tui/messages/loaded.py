"""Messages with what was read from the store and the plugins."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from sla_tracker.tui.messages import GatewayMessage

if TYPE_CHECKING:
    from decimal import Decimal

    from sla_tracker.domain.duties.duty import Duty
    from sla_tracker.domain.duties.event import Event
    from sla_tracker.domain.duties.request import Request
    from sla_tracker.services.deployment import PluginRow
    from sla_tracker.services.months.view import MonthFigures, MonthPlan
    from sla_tracker.services.queries.duties import Board, DutyDetail
    from sla_tracker.services.queries.rows import DutyRow
    from sla_tracker.services.subjects.ties import TiedSubject


class BoardLoaded(GatewayMessage):
    """A list of duties was read."""

    def __init__(self, board: Board) -> None:
        super().__init__()
        self.board = board


class ReceivedLoaded(GatewayMessage):
    """The duties that a department is owed were read, to choose the first view."""

    def __init__(self, board: Board) -> None:
        super().__init__()
        self.board = board


class EscalationsLoaded(GatewayMessage):
    """The levels to which duties were escalated were computed, by duty id.

    `asked` has the ids of all duties that were asked about.
    """

    def __init__(self, levels: Mapping[str, int], asked: Sequence[str]) -> None:
        super().__init__()
        self.levels = levels
        self.asked = asked


class AssumedCounted(GatewayMessage):
    """What nobody has agreed between the department and others was counted."""

    def __init__(self, count: int) -> None:
        super().__init__()
        self.count = count


class DutyLoaded(GatewayMessage):
    """A duty was read with its history; None when it does not exist any more."""

    def __init__(self, detail: DutyDetail | None) -> None:
        super().__init__()
        self.detail = detail


class DutiesLoaded(GatewayMessage):
    """Several duties were read."""

    def __init__(self, duties: Sequence[Duty]) -> None:
        super().__init__()
        self.duties = duties


class EventsLoaded(GatewayMessage):
    """The events not cancelled and the requests were read.

    `open_duties` counts the undelivered duties of each event by its id.
    """

    def __init__(
        self, events: Sequence[Event], requests: Sequence[Request], open_duties: Mapping[str, int]
    ) -> None:
        super().__init__()
        self.events = events
        self.requests = requests
        self.open_duties = open_duties


class SubjectLoaded(GatewayMessage):
    """All duties about one subject were read, and what is tied to it.

    `left_off` counts what is not shown.
    """

    def __init__(
        self,
        subject: str,
        rows: Sequence[DutyRow],
        events: Sequence[Event],
        tied: Sequence[TiedSubject] = (),
        left_off: int = 0,
    ) -> None:
        super().__init__()
        self.subject = subject
        self.rows = rows
        self.events = events
        self.tied = tied
        self.left_off = left_off


class SubjectsLoaded(GatewayMessage):
    """The subjects with stored events were read."""

    def __init__(self, subjects: Sequence[str]) -> None:
        super().__init__()
        self.subjects = subjects


class MonthLoaded(GatewayMessage):
    """What is due in a month was read."""

    def __init__(self, plan: MonthPlan) -> None:
        super().__init__()
        self.plan = plan


class LevelsLoaded(GatewayMessage):
    """The figures of the last months were computed, oldest first.

    `past` are imported rates of months before.
    """

    def __init__(self, months: Sequence[MonthFigures], past: Sequence[Decimal] = ()) -> None:
        super().__init__()
        self.months, self.past = months, past


class PluginsLoaded(GatewayMessage):
    """The plugins were listed."""

    def __init__(self, plugins: Sequence[PluginRow]) -> None:
        super().__init__()
        self.plugins = plugins


class ChangedMeanwhile(GatewayMessage):
    """What others did to a dialog's subject since it was opened; "" for nothing."""

    def __init__(self, words: str) -> None:
        super().__init__()
        self.words = words
