"""Opens the store named by a deployment's settings or on the command line."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from sla_tracker.errors import N_, ConfigError, UsageError

if TYPE_CHECKING:
    from sla_tracker.config.load import Deployment
    from sla_tracker.services.ports import Store
    from sla_tracker.storage.postgres import PostgresStore
    from sla_tracker.storage.tinydb import TinyStore

SCHEMES = ("postgresql://", "postgres://")
ADDRESS_FROM_ENVIRONMENT = "postgres"
"""Given instead of an address: take it from the environment variable that the settings name."""


def open_store(deployment: Deployment) -> Store:
    """Open the store of a deployment's settings; raises ConfigError and StoreError.

    An embedded store that this login may only read is opened read-only.
    """
    from sla_tracker.config.sections.store import StoreKind

    kind = deployment.config.store.kind
    if kind is StoreKind.MEMORY:
        from sla_tracker.storage.memory import MemoryStore

        return MemoryStore()
    if kind is StoreKind.POSTGRES:
        return open_server(server_address(deployment))
    from sla_tracker.storage.journal import only_readable
    from sla_tracker.storage.tinydb import TinyStore

    folder = deployment.store_folder
    return TinyStore.open(folder, read_only=True) if only_readable(folder) else open_folder(folder)


def open_folder(folder: Path) -> TinyStore:
    """Open the embedded store in a folder, creating it if missing; raises StoreError."""
    from sla_tracker.storage.tinydb import TinyStore

    return TinyStore.open(folder, create=True)


def open_server(address: str) -> PostgresStore:
    """Open the store on a server; raises ConfigError without driver, UsageError, StoreError."""
    need_driver()
    from sla_tracker.storage.postgres import PostgresStore

    return PostgresStore.open(address)


def as_server(store: Store | None) -> PostgresStore | None:
    """Return the store if it is a PostgreSQL one, else None; does not import the driver."""
    opened = sys.modules.get("sla_tracker.storage.postgres")
    return store if opened is not None and isinstance(store, opened.PostgresStore) else None


def is_server(place: str) -> bool:
    """Return whether the text names a server rather than a folder."""
    return place == ADDRESS_FROM_ENVIRONMENT or "://" in place


def server_address(deployment: Deployment, given: str = "") -> str:
    """Return the database address: the given one, else that of the environment variable."""
    if given not in {"", ADDRESS_FROM_ENVIRONMENT}:
        if not given.startswith(SCHEMES):
            raise UsageError(N_("The address of a database begins with postgresql://."))
        return given
    variable = deployment.config.store.url_from
    address = os.environ.get(variable, "")
    if not address:
        raise ConfigError(
            N_(
                "{variable}, which holds the address of the database, is not set; it looks like "
                "postgresql://LOGIN@SERVER/DATABASE."
            ),
            variable=variable,
        )
    return address


def need_driver() -> None:
    """Raise ConfigError with the install command where the PostgreSQL driver is missing."""
    try:
        import sla_tracker.storage.postgres  # noqa: F401 - what is asked is whether it can be imported
    except ImportError as error:
        raise ConfigError(
            N_("PostgreSQL needs its driver: pip install 'sla_tracker[postgres]' ({detail})"),
            detail=str(error).partition("\n")[0],
        ) from error
