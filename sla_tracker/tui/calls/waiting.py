"""Counts what waits for the person in each view, for the numbers on the tabs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from sla_tracker.domain.duties.states import State
from sla_tracker.services.access import Right, may
from sla_tracker.tui.messages import GatewayMessage

if TYPE_CHECKING:
    from sla_tracker.services.deployment import OpenDeployment
    from sla_tracker.tui.gateway import Call


class WaitingCounted(GatewayMessage):
    """The number of what waits in each view was counted, by the view's id."""

    def __init__(self, numbers: Mapping[str, int]) -> None:
        super().__init__()
        self.numbers = numbers


def count_waiting() -> Call:
    """Count deliveries to judge, requests to answer, inbox entries and broken plugins."""
    return lambda deployment: WaitingCounted(
        {
            "owed": _to_judge(deployment),
            "events": _to_answer(deployment),
            "complaints": _in_inbox(deployment),
            "plugins": sum(row.is_broken for row in deployment.plugins()),
        }
    )


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


def _in_inbox(deployment: OpenDeployment) -> int:
    from sla_tracker.services.departments.inbox import OPTIONAL, inbox_entries

    entries = inbox_entries(deployment.context, deployment.actor)
    return sum(entry.mine and entry.kind not in OPTIONAL for entry in entries)
