"""What was read of the store and of the plugins, as screens show it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from sla_tracker.tui.messages import GatewayMessage

if TYPE_CHECKING:
    from sla_tracker.domain.duties.duty import Duty
    from sla_tracker.domain.duties.event import Event
    from sla_tracker.domain.duties.request import Request
    from sla_tracker.services.deployment import PluginRow
    from sla_tracker.services.months.view import MonthFigures, MonthPlan
    from sla_tracker.services.queries.duties import Board, DutyDetail
    from sla_tracker.services.queries.rows import DutyRow


class BoardLoaded(GatewayMessage):
    """A list of duties was read."""

    def __init__(self, board: Board) -> None:
        super().__init__()
        self.board = board


class DutyLoaded(GatewayMessage):
    """A duty was read with all that happened to it; None when it is not there any more."""

    def __init__(self, detail: DutyDetail | None) -> None:
        super().__init__()
        self.detail = detail


class DutiesLoaded(GatewayMessage):
    """Several duties were read."""

    def __init__(self, duties: Sequence[Duty]) -> None:
        super().__init__()
        self.duties = duties


class EventsLoaded(GatewayMessage):
    """The events that stand and the requests were read."""

    def __init__(self, events: Sequence[Event], requests: Sequence[Request]) -> None:
        super().__init__()
        self.events = events
        self.requests = requests


class SubjectLoaded(GatewayMessage):
    """All duties about one subject were read."""

    def __init__(self, subject: str, rows: Sequence[DutyRow], events: Sequence[Event]) -> None:
        super().__init__()
        self.subject = subject
        self.rows = rows
        self.events = events


class SubjectsLoaded(GatewayMessage):
    """The subjects of which something is stored were read."""

    def __init__(self, subjects: Sequence[str]) -> None:
        super().__init__()
        self.subjects = subjects


class MonthLoaded(GatewayMessage):
    """What is due in a month was read."""

    def __init__(self, plan: MonthPlan) -> None:
        super().__init__()
        self.plan = plan


class LevelsLoaded(GatewayMessage):
    """The figures of the last months were added up, oldest first."""

    def __init__(self, months: Sequence[MonthFigures]) -> None:
        super().__init__()
        self.months = months


class PluginsLoaded(GatewayMessage):
    """The plugins were looked at."""

    def __init__(self, plugins: Sequence[PluginRow]) -> None:
        super().__init__()
        self.plugins = plugins
