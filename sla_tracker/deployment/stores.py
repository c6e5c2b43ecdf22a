"""Opens the store that a deployment's settings name, or that somebody names on the command line."""

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
BY_VARIABLE = "postgres"


def open_store(deployment: Deployment) -> Store:
    """Open the store that a deployment's settings name; raises ConfigError and StoreError.

    An embedded one that this login may read and not write is opened for reading.
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
    """Open the embedded store in a folder, a new one where there is none; raises StoreError."""
    from sla_tracker.storage.tinydb import TinyStore

    return TinyStore.open(folder, create=True)


def open_server(address: str) -> PostgresStore:
    """Open the store on a server; raises ConfigError without the driver, UsageError and StoreError."""
    need_driver()
    from sla_tracker.storage.postgres import PostgresStore

    return PostgresStore.open(address)


def as_server(store: Store | None) -> PostgresStore | None:
    """Return a store that lies on a server, None for any other; never needs the driver."""
    opened = sys.modules.get("sla_tracker.storage.postgres")
    return store if opened is not None and isinstance(store, opened.PostgresStore) else None


def is_server(place: str) -> bool:
    """Say whether somebody names a server, and not a folder."""
    return place == BY_VARIABLE or "://" in place


def server_address(deployment: Deployment, given: str = "") -> str:
    """Return the address of the database: the one given, else what the variable holds that the settings name."""
    if given not in {"", BY_VARIABLE}:
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
    """Raise ConfigError, which says how to install it, where the driver of PostgreSQL is missing."""
    try:
        import sla_tracker.storage.postgres  # noqa: F401 - what is asked is whether it can be imported
    except ImportError as error:
        raise ConfigError(
            N_("PostgreSQL needs its driver: pip install 'sla_tracker[postgres]' ({detail})"),
            detail=str(error).partition("\n")[0],
        ) from error
