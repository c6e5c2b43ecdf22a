"""Numbered migrations of the database schema, and the version a database has."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

from psycopg import Connection, errors

from sla_tracker.errors import N_, StoreError
from sla_tracker.value_class import dataclass

SCHEMA = "sla"
INSTALLED = "SELECT max(version) FROM sla.migrations"
ONE_ROLE = 11
"""The migration since which services share one role; before it each person had a login."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    """One schema migration; `version` is the number at the start of its file name."""

    version: int
    name: str
    sql: str


def migrations(since: int = 0) -> list[Migration]:
    """Return the migrations after a version, in order."""
    return [migration for migration in _all() if migration.version > since]


def newest() -> int:
    """Return the schema version that this program needs.

    No file is read for it, because each connection asks.
    """
    return max(map(_version, _files()))


def _all() -> Iterator[Migration]:
    for path in sorted(_files(), key=lambda path: path.name):
        name = path.name.removesuffix(".sql")
        yield Migration(version=_version(path), name=name, sql=path.read_text(encoding="utf-8"))


def _files() -> Iterator[Traversable]:
    folder = files("sla_tracker.storage").joinpath("migrations")
    return (path for path in folder.iterdir() if path.name.endswith(".sql"))


def _version(file: Traversable) -> int:
    return int(file.name.split("_")[0])


def installed(connection: Connection[Any]) -> int:
    """Return the schema version of a database, 0 where it has no store."""
    try:
        row = connection.execute(INSTALLED).fetchone()
    except (errors.UndefinedTable, errors.InvalidSchemaName):
        return 0
    return int(row[0] or 0) if row else 0


@contextmanager
def schema_errors() -> Iterator[None]:
    """Raise StoreError where there is no store, or where the login may not use it."""
    try:
        yield
    except (errors.UndefinedTable, errors.InvalidSchemaName):
        require_current(0)
    except errors.InsufficientPrivilege as error:
        raise StoreError(
            N_(
                "This login may not use the store in the database; its service's login may: sla pg setup --service "
                "LOGIN. ({detail})"
            ),
            detail=str(error).strip(),
        ) from error


def require_current(version: int) -> None:
    """Raise StoreError unless a database's schema version is this program's."""
    if version == 0:
        raise StoreError(N_("There is no store in this database; sla pg setup makes one."))
    if version > newest():
        raise StoreError(
            N_(
                "A newer version set this database up (schema {version}, known here: {known}); use that version or a "
                "later one."
            ),
            version=version,
            known=newest(),
        )
    if version < newest():
        raise StoreError(
            N_(
                "This database still has schema {version} and this version needs {known}; sla pg setup brings it up to "
                "date."
            ),
            version=version,
            known=newest(),
        )
