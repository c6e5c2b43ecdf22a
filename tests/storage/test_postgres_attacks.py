"""The service's login in other hands, on a plain connection: nothing on record changes, nothing escapes the record."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import Connection, errors

from sla_tracker.domain.duties.event import Event
from sla_tracker.storage.codec import encode
from sla_tracker.storage.postgres import verify
from sla_tracker.testing.store_contract import START, an_event, put
from tests.storage.factories import SERVICE, Databases
from tests.storage.postgres_server import ADMIN

pytestmark = pytest.mark.postgres
REFUSED = (
    errors.InsufficientPrivilege,
    errors.FeatureNotSupported,
    errors.InvalidParameterValue,
    errors.UndefinedObject,
)
KINDS = "unnest(ARRAY['duties', 'events'])"


@dataclass(frozen=True)
class Theft:
    """The service's login in other hands, and what the database held before."""

    databases: Databases
    database: str
    before: list[Any]

    @contextmanager
    def connection(self) -> Iterator[Connection[Any]]:
        with psycopg.connect(self.databases.dsn(self.database)) as connection:
            yield connection

    def record(self) -> list[Any]:
        return record(self.databases, self.database)


def record(databases: Databases, database: str) -> list[Any]:
    """Return everything that is on record, row by row."""
    tables = ("changes", "versions", "seals", "erasures", "head", "events", "migrations", "kinds")
    return [databases.server.execute(f"SELECT * FROM sla.{table}", database) for table in tables]


@pytest.fixture(scope="module")
def theft(databases: Databases) -> Iterator[Theft]:
    """Let the thief try; whatever was tried, all that was on record is as it was in the end and the chain holds."""
    database = databases.server.new_database()  # not from the template: a copy has not its rights to connect
    databases.set_up(database)
    store = databases.store(database)
    put(store, an_event("e-1"))
    put(store, an_event("e-1", subject="x"))
    store.close()
    held = Theft(databases, database, record(databases, database))
    yield held
    assert held.record() == held.before
    assert verify(databases.dsn(database)) == []


STATEMENTS = {
    "change the record": "UPDATE sla.changes SET who = 'chen.jing'",
    "shorten the record": "DELETE FROM sla.changes",
    "add to the record": "INSERT INTO sla.changes SELECT * FROM sla.changes",
    "change a version": "UPDATE sla.versions SET doc = NULL",
    "remove a version": "DELETE FROM sla.versions",
    "add a version": "INSERT INTO sla.versions (sequence, kind, id, digest) VALUES (9, 'events', 'e-1', '')",
    "move the end": "UPDATE sla.head SET sequence = 0",
    "change a document": "UPDATE sla.events SET doc = '{}'",
    "remove a document": "DELETE FROM sla.events",
    "add a document": 'INSERT INTO sla.events (doc) VALUES (\'{"id": "e-9"}\')',
    "take an archive away": "UPDATE sla.seals SET name = ''",
    "hide an erasure": "DELETE FROM sla.erasures",
    "take a migration back": "DELETE FROM sla.migrations",
    "make a kind": "INSERT INTO sla.kinds VALUES ('changes')",
    "make a kind by the procedure": "CALL sla.make_kind('x', VARIADIC '{}'::text[])",
    "put an answer past the box": "INSERT INTO sla.ballots VALUES ('a', 'b')",
    "empty the record": "TRUNCATE sla.changes",
    "empty the documents": "TRUNCATE sla.events",
    "empty everything": "TRUNCATE sla.changes, sla.versions, sla.head, sla.events CASCADE",
    "merge": "MERGE INTO sla.changes c USING sla.head h ON c.sequence = h.sequence WHEN MATCHED THEN DELETE",
    "copy into": "COPY sla.changes FROM '/dev/null'",
    "copy out by a program": "COPY sla.changes TO PROGRAM 'cat'",
    "read a file": "SELECT pg_read_file('/etc/passwd')",
    "load a library": "LOAD 'auto_explain'",
    "erase without a record": f"SELECT sla.erase_past(1, ARRAY(SELECT {KINDS}), ARRAY['e-1', 'e-1'])",
    "archive without a record": "SELECT sla.seal_archive(1, 'x', ARRAY['events'], ARRAY['e-1'])",
    "bring back without a record": "SELECT sla.unseal_archive(1, 'x')",
    "drop a table": "DROP TABLE sla.changes",
    "drop the schema": "DROP SCHEMA sla CASCADE",
    "drop the function": "DROP FUNCTION sla.take_turn()",
    "replace the function": "CREATE OR REPLACE FUNCTION sla.take_turn() RETURNS bigint LANGUAGE sql RETURN 1",
    "add a column": "ALTER TABLE sla.changes ADD x text",
    "disable a constraint": "ALTER TABLE sla.changes DROP CONSTRAINT changes_request_key",
    "own the table": f"ALTER TABLE sla.changes OWNER TO {SERVICE}",
    "make a trigger": "CREATE TRIGGER x BEFORE INSERT ON sla.changes EXECUTE FUNCTION sla.take_turn()",
    "make a rule": "CREATE RULE x AS ON INSERT TO sla.changes DO INSTEAD NOTHING",
    "make an index by a function": "CREATE INDEX ON sla.changes ((sla.take_turn()))",
    "make a table": "CREATE TABLE sla.mine ()",
    "make a public table": "CREATE TABLE public.mine ()",
    "make a schema": "CREATE SCHEMA mine",
    "make a table for others to fall into": "CREATE TEMP TABLE mine ()",
    "make a language": "CREATE EXTENSION plpython3u",
    "make a role": "CREATE ROLE mine LOGIN",
    "let somebody in": "GRANT sla_service TO pg_monitor",
    "become the owner": "SET ROLE sla_owner",
    "become the administrator": f'SET SESSION AUTHORIZATION "{ADMIN}"',
    "become a superuser": f"ALTER ROLE {SERVICE} SUPERUSER",
    "switch triggers off": "SET session_replication_role = replica",
    "write the large objects of others": "UPDATE pg_catalog.pg_proc SET prosrc = ''",
    "change the server": "ALTER SYSTEM SET fsync = off",
    "end sessions of the administrator": (
        f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{ADMIN}'"
    ),
}


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=list(STATEMENTS))
def test_the_services_login_cannot(theft: Theft, statement: str) -> None:
    server = theft.databases.server
    with (
        psycopg.connect(server.dsn(theft.database)),  # a session that could be ended
        psycopg.connect(server.dsn(theft.database, SERVICE), autocommit=True) as connection,
        pytest.raises(REFUSED),
    ):
        connection.execute(statement.encode())


COMMIT = (
    "SELECT sla.commit_change(%s, 'wang.fang', 'x', '', '', %s, %s, %s, '[]', '{}', false, null, null, '[]', '{}',"
    " false)"
)


@pytest.mark.parametrize(
    "kind", ["changes", "versions", "head", "ballots", "migrations", "pg_proc", 'x"; --']
)
def test_a_commit_writes_documents_and_nothing_else(theft: Theft, kind: str) -> None:
    with theft.connection() as connection, pytest.raises(errors.InsufficientPrivilege, match="is no kind"):
        connection.execute(COMMIT, (uuid4(), START, [kind], ['{"id": "1"}']))


def test_a_commit_happens_once_and_has_a_document_with_an_id(theft: Theft) -> None:
    document = encode(an_event("e-9")).decode()
    requests = theft.databases.server.execute("SELECT request FROM sla.changes LIMIT 1", theft.database)
    with theft.connection() as connection:
        with pytest.raises(errors.UniqueViolation):
            connection.execute(COMMIT, (requests[0][0], START, ["events"], [document]))
        connection.rollback()
        for broken in ("{}", '{"id": null}', "no json"):
            with pytest.raises((errors.NotNullViolation, errors.InvalidTextRepresentation)):
                connection.execute(COMMIT, (uuid4(), START, ["events"], [broken]))
            connection.rollback()


def test_a_function_of_ones_own_is_not_called_instead(theft: Theft) -> None:
    """The functions run as the owner: names are looked up where only the owner writes."""
    with theft.connection() as connection:
        connection.execute("SET search_path = pg_temp, public, sla")
        document = encode(an_event("e-9")).decode()
        connection.execute(COMMIT, (uuid4(), START, ["events"], [document]))
        connection.rollback()
    rows = theft.databases.server.execute(
        "SELECT proname FROM pg_proc WHERE pronamespace = 'sla'::regnamespace AND prosecdef"
        " AND NOT coalesce(proconfig @> '{\"search_path=pg_catalog, pg_temp\"}', false)",
        theft.database,
    )
    assert rows == []


def test_what_is_committed_bears_the_logins_name_whatever_it_says(theft: Theft) -> None:
    databases, database = theft.databases, theft.databases.new()
    with psycopg.connect(databases.dsn(database)) as connection:
        document = encode(an_event("e-9")).decode()
        connection.execute(COMMIT, (uuid4(), START - timedelta(days=900), ["events"], [document]))
    ((login, is_now),) = databases.server.execute(
        "SELECT login::text, now() - recorded_at < '1 minute' FROM sla.changes", database
    )
    assert (login, is_now) == (SERVICE, True)
    assert verify(databases.dsn(database)) == []


def test_no_login_of_a_person_exists(theft: Theft) -> None:
    """Whoever works here has no login; a stranger with one on the same server does not come in."""
    server = theft.databases.server
    logins = {name for (name,) in server.execute("SELECT rolname FROM pg_roles WHERE rolcanlogin")}
    assert not logins & {"wang.fang", "li.na", "chen.jing", "root"}
    for login in ("wang.fang", "chen.jing"):
        with pytest.raises(psycopg.OperationalError, match="does not exist"):
            psycopg.connect(server.dsn(theft.database, login))
    server.execute(
        "DO $$ BEGIN CREATE ROLE stranger LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(server.dsn(theft.database, "stranger"))


GAPS = {
    "more than reading": """
        SELECT table_name, privilege_type FROM information_schema.table_privileges
        WHERE table_schema = 'sla' AND grantee <> 'sla_owner' AND privilege_type <> 'SELECT'""",
    "rights of everybody": """
        SELECT relname FROM pg_class, aclexplode(relacl) a
        WHERE relnamespace = 'sla'::regnamespace AND a.grantee = 0""",
    "functions of everybody": """
        SELECT proname FROM pg_proc p WHERE pronamespace = 'sla'::regnamespace
            AND (proacl IS NULL OR EXISTS (SELECT FROM aclexplode(proacl) a WHERE a.grantee = 0))""",
    "an owner that logs in": (
        "SELECT rolname FROM pg_roles WHERE rolname IN ('sla_owner', 'sla_service') AND rolcanlogin"
    ),
    "another owner": """
        SELECT relname FROM pg_class WHERE relnamespace = 'sla'::regnamespace AND relowner <> 'sla_owner'::regrole""",
    "what it owns": f"SELECT relname FROM pg_class WHERE relowner IN ('sla_service'::regrole, '{SERVICE}'::regrole)",
    "functions besides those a service needs": """
        SELECT proname FROM pg_proc p WHERE pronamespace = 'sla'::regnamespace
            AND has_function_privilege('sla_service', p.oid, 'EXECUTE')
            AND proname NOT IN
                ('commit_change', 'take_turn', 'make_durable', 'cast_ballot', 'take_ballots', 'note_service')""",
    "remains of the logins of people": """
        SELECT polname::text FROM pg_policy UNION ALL SELECT relname FROM pg_class
            WHERE relnamespace = 'sla'::regnamespace AND relname IN ('people', 'departments', 'deployment', 'turn')""",
}


@pytest.mark.parametrize("query", GAPS.values(), ids=list(GAPS))
def test_the_catalogue_shows_no_gap(theft: Theft, query: str) -> None:
    assert theft.databases.server.execute(query, theft.database) == []


def test_answers_in_the_box_tell_no_order(databases: Databases, database: str) -> None:
    """Neither their place nor their transaction says which came when: all are written anew with each."""
    orders = set()
    with psycopg.connect(databases.dsn(database), autocommit=True) as connection:
        for number in range(8):
            connection.execute("SELECT sla.cast_ballot(%s, 'x')", (f"n{number}",))
            rows = connection.execute("SELECT name, xmin::text FROM sla.ballots ORDER BY ctid").fetchall()
            assert {name for name, _ in rows} == {f"n{one}" for one in range(number + 1)}
            assert len({transaction for _, transaction in rows}) == 1
            orders.add(tuple(name for name, _ in rows) == tuple(sorted(name for name, _ in rows)))
        columns = connection.execute(
            "SELECT column_name FROM information_schema.columns WHERE table_name = 'ballots'"
        )
        assert {name for (name,) in columns} == {"name", "doc"}
    assert False in orders, "eight answers were never mixed"
    store = databases.store(database)
    assert store.read(lambda tx: tx.find(Event)) == []
    store.close()
