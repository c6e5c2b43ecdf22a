"""Opens the store on a server for a service, once a session needs a connection."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from sla_tracker.deployment.stores import keep_address

if TYPE_CHECKING:
    from sla_tracker.config.load import Deployment
    from sla_tracker.storage.postgres import PostgresStore

SLOTS_FOLDER = "connections"
IDLE_SECONDS = 2.0
"""A session that asks nothing for so long gives its connection back."""


def shared_store(deployment: Deployment, state: Path, connections: int) -> PostgresStore:
    """Return the store on a server without connecting.

    Raises ConfigError, UsageError. All sessions of the service together have at most `connections`.
    """
    address = keep_address(deployment)
    from sla_tracker.storage.postgres.connections import Connections
    from sla_tracker.storage.postgres.slots import ConnectionSlots
    from sla_tracker.storage.postgres.store import LOCK_TIMEOUT, PostgresStore

    slots = ConnectionSlots(state / SLOTS_FOLDER, connections)
    return PostgresStore(
        Connections(address, lock_timeout=LOCK_TIMEOUT, slots=slots, idle_seconds=IDLE_SECONDS)
    )
