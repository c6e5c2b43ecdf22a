"""Reads what the details of a month are counted from."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.measures.beside import DetailsSource
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.open_requests.update_clock import updates_of
from sla_tracker.services.ports import Reading


def details_source(
    context: ServiceContext, tx: Reading, month_id: str, duties: Iterable[Duty], now: datetime
) -> DetailsSource:
    """Return the source of a month's details: its duties, and the requests made in it."""
    return DetailsSource(
        duties=tuple(duties),
        requests=tuple(requests_of(context, tx, month_id)),
        now=now,
        target=context.settings.target,
        calendar_of=context.calendar_of,
        updates_of=lambda duty: updates_of(context, duty, now),
    )


def requests_of(context: ServiceContext, tx: Reading, month_id: str) -> list[Request]:
    """Return the requests made in a month, by the deployment's zone."""
    zone = context.settings.zone
    return [one for one in tx.find(Request) if f"{one.requested_at.astimezone(zone):%Y-%m}" == month_id]
