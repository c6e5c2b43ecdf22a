"""Opens the store named by a deployment's settings or on the command line."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from contextlib import closing, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sla_tracker.domain.people import SYSTEM
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import N_, ConfigError, Forbidden, UsageError
from sla_tracker.os_login import process_login
from sla_tracker.services.ports import Act
from sla_tracker.storage.store_owner import (
    StoreOwner,
    login_of_owner,
    may_write_owner,
    read_owner,
    write_owner,
)

if TYPE_CHECKING:
    from sla_tracker.config.deployment import Deployment
    from sla_tracker.services.ports import BallotBox, Store
    from sla_tracker.storage.postgres import PostgresStore
    from sla_tracker.storage.tinydb import TinyStore

REAL_LOGINS = "unix"
"""How the way of each act begins that somebody did in his own name; in a trial it begins otherwise."""
SCHEMES = ("postgresql://", "postgres://")
ADDRESS_FROM_ENVIRONMENT = "postgres"
"""Given instead of an address: take it from the environment variable that the settings name."""


BALLOTS_FOLDER = "ballots"
"""The folder inside the store's for anonymous answers that are not stored yet."""

Waiting = Callable[[str], None]
"""Called with the name of the process that holds the store, when that takes longer than two seconds."""


def open_store(deployment: Deployment, waiting: Waiting | None = None) -> Store:
    """Open the store of a deployment's settings; raises ConfigError and StoreError.

    An embedded store that this login may only read is opened read-only.
    """
    from sla_tracker.config.store_kind import StoreKind

    kind = deployment.basics.store_kind
    if kind is StoreKind.MEMORY:
        from sla_tracker.storage.memory import MemoryStore

        return MemoryStore()
    if kind is StoreKind.POSTGRES:
        server = open_server(server_address(deployment))
        _must_not_be_a_companys(deployment, server)
        return server
    from sla_tracker.storage.journal import only_readable
    from sla_tracker.storage.tinydb import TinyStore

    folder = deployment.store_folder
    must_own_store(deployment)
    if only_readable(folder):
        return TinyStore.open(folder, read_only=True, waiting=waiting)
    store = open_folder(folder, waiting)
    note_owner(deployment)
    return store


def must_own_store(deployment: Deployment) -> None:
    """Raise ConfigError where the embedded store is not this deployment's.

    The store belongs to another deployment, or to a trial and this is none. A store that lies inside the deployment's
    own folder moves with it.
    """
    if not _is_embedded(deployment):
        return
    owner = read_owner(deployment.store_folder)
    mine = _owner_of(deployment)
    if owner is None or owner == mine:
        return
    if owner.trial != mine.trial:
        message = (
            N_(
                "The store in {store} belongs to a trial, and these settings are of none; sla init makes a new store."
            )
            if owner.trial
            else N_(
                "The store in {store} belongs to a real deployment, and these settings are a trial's; a trial has a "
                "store of its own."
            )
        )
        raise ConfigError(message, store=deployment.store_folder)
    if not _lies_inside(deployment):
        raise ConfigError(
            N_(
                "The store in {store} belongs to the deployment in {folder}, and not to these settings. If that "
                "deployment was moved here, its owner ({login}) says so: sla verify --adopt"
            ),
            store=deployment.store_folder,
            folder=owner.folder,
            login=login_of_owner(deployment.store_folder),
        )


def _must_not_be_a_companys(deployment: Deployment, server: PostgresStore) -> None:
    """Raise ConfigError where a trial's settings lead to a store at real work.

    The store is closed before. In a trial one acts as anybody and at any time. One that has the database for itself may
    use it.
    """
    if deployment.basics.trial and server.has_acts_by(REAL_LOGINS):
        server.close()
        raise ConfigError(
            N_(
                "The database that {variable} leads to holds a company's store, and these settings are a trial's; a "
                "trial has a store of its own. Give it another database, or take [trial] out of the settings."
            ),
            variable=deployment.basics.database_variable,
        )


def note_owner(deployment: Deployment) -> None:
    """Write to which deployment the store belongs, as its owner and only once."""
    if not _is_embedded(deployment) or not may_write_owner(deployment.store_folder):
        return
    if read_owner(deployment.store_folder) != _owner_of(deployment):
        with suppress(OSError):  # the next opening tries again; without it nothing is refused
            write_owner(deployment.store_folder, _owner_of(deployment))


def adopt_store(deployment: Deployment, now: datetime) -> None:
    """Make the store this deployment's, on record.

    Raises Forbidden for anybody but the store's owner and root.
    """
    if not may_write_owner(deployment.store_folder):
        raise Forbidden(
            N_("Only the owner of the store in {store} ({login}) and root may give it to other settings."),
            store=deployment.store_folder,
            login=login_of_owner(deployment.store_folder),
        )
    from sla_tracker.storage.tinydb import TinyStore

    before = read_owner(deployment.store_folder)
    write_owner(deployment.store_folder, _owner_of(deployment))
    reason = f"{before.folder if before else '?'} → {deployment.folder.resolve()}"
    with closing(TinyStore.open(deployment.store_folder)) as store:
        act = Act(what=Verb.ADOPTED_STORE.value, by=SYSTEM, at=now, via=process_login(), reason=reason)
        store.commit_without_change(act)


def _is_embedded(deployment: Deployment) -> bool:
    from sla_tracker.config.store_kind import StoreKind

    return deployment.basics.store_kind is StoreKind.TINYDB


def _owner_of(deployment: Deployment) -> StoreOwner:
    return StoreOwner(folder=str(deployment.folder.resolve()), trial=deployment.basics.trial)


def _lies_inside(deployment: Deployment) -> bool:
    return deployment.store_folder.resolve().is_relative_to(deployment.folder.resolve())


def open_folder(folder: Path, waiting: Waiting | None = None) -> TinyStore:
    """Open the embedded store in a folder, creating it if missing.

    Raises StoreError, and UsageError for a folder that is everybody's.
    """
    from sla_tracker.storage.tinydb import TinyStore

    _must_not_be_for_all(folder)
    return TinyStore.open(folder, create=True, waiting=waiting)


def _must_not_be_for_all(folder: Path) -> None:
    """Raise UsageError for a folder such as /tmp, in which everybody may write.

    The folder is others' too, and to take that right away would harm them. A store's own folder is refused with that
    advice when it is opened.
    """
    from sla_tracker.storage.journal import JournalPaths

    try:
        mode = folder.stat().st_mode
    except OSError:
        return  # the caller opens the store next, which raises the error with its reason
    is_stores_own = not mode & stat.S_ISVTX and JournalPaths(folder=folder).manifest.exists()
    if mode & stat.S_IWOTH and not is_stores_own:
        raise UsageError(
            N_("Everybody may write to {folder}; name a folder of your own for the store, such as {own}."),
            folder=folder,
            own=folder / "sla-store",
        )


def scratch_store(folder: Path) -> TinyStore:
    """Return a new store, never synced to the disk, in a folder that is thrown away."""
    from sla_tracker.storage.codec import SCHEMA
    from sla_tracker.storage.journal import Journal, UnsyncedDisk
    from sla_tracker.storage.tinydb import INDEXES, TinyStore

    return TinyStore(Journal.open(folder, indexes=INDEXES, create=True, schema=SCHEMA, disk=UnsyncedDisk()))


def open_server(address: str) -> PostgresStore:
    """Open the store on a server.

    Raises ConfigError without driver, UsageError, StoreError.
    """
    need_driver()
    from sla_tracker.storage.postgres import PostgresStore

    return PostgresStore.open(address)


def as_server(store: Store | None) -> PostgresStore | None:
    """Return the store if it is a PostgreSQL one, else None.

    The driver is not imported for that.
    """
    opened = sys.modules.get("sla_tracker.storage.postgres")
    return store if opened is not None and isinstance(store, opened.PostgresStore) else None


def is_server(place: str) -> bool:
    """Return whether the text names a server rather than a folder."""
    return place == ADDRESS_FROM_ENVIRONMENT or "://" in place


_KEPT_ADDRESSES: dict[str, str] = {}
"""Addresses by the variable that held them, for a process whose environment becomes another one."""


def keep_address(deployment: Deployment) -> str:
    """Return the whole address of the database, and keep it for this process.

    The environment of a session of the service is the caller's. Raises ConfigError, UsageError.
    """
    need_driver()
    from sla_tracker.storage.postgres.connections import complete

    address = complete(server_address(deployment))
    _KEPT_ADDRESSES[deployment.basics.database_variable] = address
    return address


def server_address(deployment: Deployment, given: str = "") -> str:
    """Return the database address: the given one, else the environment variable's."""
    if given not in {"", ADDRESS_FROM_ENVIRONMENT}:
        if not given.startswith(SCHEMES):
            raise UsageError(N_("The address of a database begins with postgresql://."))
        return given
    variable = deployment.basics.database_variable
    address = _KEPT_ADDRESSES.get(variable) or os.environ.get(variable, "")
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
    """Raise ConfigError where the PostgreSQL driver is missing.

    The error names the install command.
    """
    try:
        import sla_tracker.storage.postgres  # noqa: F401 - what is asked is whether it can be imported
    except ImportError as error:
        raise ConfigError(
            N_("PostgreSQL needs its driver: pip install 'sla_tracker[postgres]' ({detail})"),
            detail=str(error).partition("\n")[0],
        ) from error


def ballots_of(deployment: Deployment, store: Store | None) -> BallotBox | None:
    """Return the place of anonymous answers.

    It is a folder beside the embedded store, and a separate table on a server.
    """
    from sla_tracker.config.store_kind import StoreKind
    from sla_tracker.storage.ballots import FolderBallots

    if not deployment.basics.anonymous_surveys:
        return None
    match deployment.basics.store_kind:
        case StoreKind.TINYDB:
            return FolderBallots(deployment.store_folder / BALLOTS_FOLDER)
        case StoreKind.POSTGRES:
            server = as_server(store)
            return None if server is None else server.ballots()
    return None
