"""Counts what waits for the person in each view, for the numbers on the tabs."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING

from sla_tracker.domain.duties.states import State
from sla_tracker.services.access import Right, may
from sla_tracker.tui.messages import GatewayMessage

if TYPE_CHECKING:
    from sla_tracker.services.departments.inbox_count import InboxCount
    from sla_tracker.services.deployment import OpenDeployment
    from sla_tracker.services.ports import Touched
    from sla_tracker.tui.gateway import Call


class WaitingCounted(GatewayMessage):
    """The number of what waits in each view was counted, by the view's id."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        super().__init__()
        self.numbers = numbers


class Waiting:
    """Counts what waits for the person.

    The count of the inbox is kept, and changed by what is written.
    """

    def __init__(self) -> None:
        self._inbox: InboxCount | None = None
        self._noted: deque[Touched | None] = deque()  # filled by the app, emptied on the gateway's thread

    def note(self, touched: Touched | None) -> None:
        """Note what was written since the last note; None where that is unknown."""
        self._noted.append(touched)

    def count(self) -> Call:
        """Count deliveries to judge, requests to answer, inbox entries and broken plugins."""
        return lambda deployment: WaitingCounted(
            {
                "owed": _to_judge(deployment),
                "events": _to_answer(deployment),
                "complaints": self._in_inbox(deployment),
                "plugins": sum(row.is_broken for row in deployment.plugins()),
            }
        )

    def _in_inbox(self, deployment: OpenDeployment) -> int:
        from sla_tracker.services.departments.inbox_count import InboxCount

        self._inbox = self._inbox or InboxCount()
        while self._noted:
            self._inbox.note(self._noted.popleft())
        return self._inbox.count(deployment.context, deployment.actor)


def _to_judge(deployment: OpenDeployment) -> int:
    from sla_tracker.domain.duties.duty import Duty  # not needed for the first frame, nor are those below

    actor = deployment.actor
    found = deployment.context.store.read(
        lambda tx: tx.find(Duty, consumer=actor.department, state=State.DELIVERED)
    )
    return sum(may(actor, Right.JUDGE, provider=duty.provider, consumer=duty.consumer) for duty in found)


def _to_answer(deployment: OpenDeployment) -> int:
    from sla_tracker.domain.duties.request import RequestState
    from sla_tracker.services import requests

    actor = deployment.actor
    return sum(
        request.state is RequestState.ASKED
        and may(actor, Right.ANSWER, provider=request.provider, consumer=request.consumer)
        for request in requests.concerning(deployment.context, actor.department)
    )
