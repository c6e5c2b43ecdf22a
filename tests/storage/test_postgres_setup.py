"""Schema and role are set up, by us or by an administrator with the script, again and again; former logins are out."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import closing, contextmanager

import psycopg
import pytest

from sla_tracker.errors import ConfigError, StoreError
from sla_tracker.storage.postgres import apply_setup, setup_sql, verify
from sla_tracker.storage.postgres.schema import migrations
from sla_tracker.testing.store_contract import an_event, put
from tests.storage.factories import Databases

pytestmark = pytest.mark.postgres
STRANGE = "安娜 \"'; DROP"


def run_script(databases: Databases, database: str, script: str) -> None:
    """Run a script as an administrator does, with psql."""
    server = databases.server
    command = [str(server.binaries / "psql"), "-v", "ON_ERROR_STOP=1", "-q", server.dsn(database)]
    environment = {**os.environ, "PGOPTIONS": "", "PGCLIENTENCODING": "UTF8"}
    done = subprocess.run(command, input=script, text=True, capture_output=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr


def test_the_script_can_be_run_by_an_administrator_again_and_again(databases: Databases) -> None:
    database = databases.server.new_database()
    for number in range(2):
        run_script(databases, database, setup_sql([STRANGE]))
        with closing(databases.store(database, STRANGE)) as store:
            put(store, an_event(f"e-{number}"))
            assert store.sequence() == number + 1
    assert verify(databases.dsn(database, STRANGE)) == []


def test_setting_up_again_changes_nothing_and_names_no_new_migration(databases: Databases) -> None:
    database = databases.server.new_database()
    dsn = databases.server.dsn(database)
    assert apply_setup(dsn, ["cron"]).migrations == len(migrations())
    with closing(databases.store(database, "cron")) as store:
        put(store, an_event())
    for services in (["cron"], []):
        done = apply_setup(dsn, services)
        assert (done.migrations, done.had_logins, done.admitted, done.expelled) == (0, False, (), ())
    with closing(databases.store(database, "cron")) as store:
        assert store.sequence() == 1


def test_the_version_before_this_is_brought_up_to_date_and_loses_nothing(databases: Databases) -> None:
    database = databases.server.new_database()
    dsn = databases.server.dsn(database)
    apply_setup(dsn, ["cron"])
    with closing(databases.store(database, "cron")) as store:
        put(store, an_event("e-1"))
    databases.server.execute("UPDATE sla.migrations SET version = 12", database)
    databases.server.execute("ALTER TABLE sla.head DROP COLUMN sealed_or_erased", database)
    with pytest.raises(StoreError, match="schema 12"):
        databases.store(database, "cron")
    assert apply_setup(dsn).migrations == 1
    with closing(databases.store(database, "cron")) as store:
        put(store, an_event("e-2"))
        assert [change.sequence for change in store.changes()] == [1, 2]
    assert verify(databases.dsn(database, "cron")) == []


def test_a_former_login_of_the_service_loses_everything_at_once(databases: Databases) -> None:
    database = databases.server.new_database()
    dsn = databases.server.dsn(database)
    apply_setup(dsn, ["before", "stays"])
    with psycopg.connect(databases.dsn(database, "before"), autocommit=True) as connection:
        assert connection.execute("SELECT sequence FROM sla.head").fetchone() == (0,)
        done = apply_setup(dsn, ["stays", "after"])
        assert (done.admitted, done.expelled) == (("after",), ("before",))
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT sequence FROM sla.head")
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(databases.dsn(database, "before"))
    with pytest.raises(StoreError, match="does not let this login in"):
        databases.store(database, "before")
    for login in ("stays", "after"):
        databases.store(database, login).close()


def test_somebody_has_to_be_named_the_first_time(databases: Databases) -> None:
    with pytest.raises(StoreError, match="--service LOGIN"):
        apply_setup(databases.server.dsn(databases.server.new_database()))


@pytest.mark.parametrize(
    ("login", "words"),
    [("x" * 64, "63 bytes"), ("部" * 22, "63 bytes"), ("a\0", "63 bytes"), ("sla_owner", "itself needs")],
)
def test_names_that_the_server_cannot_have_are_all_named(login: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        setup_sql([login])


def test_a_newer_database_is_left_alone(databases: Databases) -> None:
    database = databases.new()
    databases.server.execute("INSERT INTO sla.migrations (version) VALUES (99)", database)
    with pytest.raises(StoreError, match="newer version"):
        apply_setup(databases.server.dsn(database), ["cron"])
    with (
        psycopg.connect(databases.server.dsn(database)) as connection,
        pytest.raises(psycopg.Error, match="99"),
    ):
        connection.execute(setup_sql(["cron"]).encode())


def test_a_login_that_may_not_set_up_changes_nothing(databases: Databases, database: str) -> None:
    with pytest.raises(StoreError, match="nothing was changed"):
        apply_setup(databases.dsn(database), ["cron"])


@contextmanager
def an_administrator(databases: Databases) -> Iterator[str]:
    """Give a database that belongs to a login which is no superuser and may create roles."""
    server = databases.server
    database = server.new_database()
    server.execute("CREATE ROLE dba LOGIN CREATEROLE")
    server.execute(f'ALTER DATABASE "{database}" OWNER TO dba')
    yield database
    server.execute(f'ALTER DATABASE "{database}" OWNER TO CURRENT_USER')


def test_no_superuser_is_needed(databases: Databases) -> None:
    with an_administrator(databases) as database:
        apply_setup(databases.server.dsn(database, "dba"), ["cron"])
        with closing(databases.store(database, "cron")) as store:
            put(store, an_event())


def test_a_dump_restores_to_a_store_that_goes_on(databases: Databases, database: str) -> None:
    """The server's own means are the backup; the chain says whether all of it came back."""
    server = databases.server
    with closing(databases.store(database)) as store:
        put(store, an_event())
        anchor = store.head()
    dump = subprocess.run(
        [str(server.binaries / "pg_dump"), server.dsn(database)], capture_output=True, check=True
    ).stdout
    restored = server.new_database()
    command = [str(server.binaries / "psql"), "-v", "ON_ERROR_STOP=1", "-q", server.dsn(restored)]
    subprocess.run(command, input=dump, capture_output=True, check=True)
    assert verify(databases.dsn(restored), [anchor]) == []
    with closing(databases.store(restored)) as store:
        put(store, an_event("e-2"))
        assert store.sequence() == anchor[0] + 1
    assert verify(databases.dsn(restored), [anchor]) == []
