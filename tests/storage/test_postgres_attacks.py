"""A stolen staff login, on a plain connection: it reads and writes what its person may, and leaves its name on it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from psycopg import Connection, errors

from sla_tracker.domain.agreements.roster import Roster
from sla_tracker.domain.duties.duty import Delivery, Duty, State
from sla_tracker.domain.duties.event import Event
from sla_tracker.services.ports import Act, Store, Writing
from sla_tracker.storage.codec import encode, kind_of
from sla_tracker.storage.postgres import verify
from sla_tracker.testing.company import a_duty
from sla_tracker.testing.store_contract import an_event
from tests.storage.factories import SERVICE, Databases

pytestmark = pytest.mark.postgres

NOW = datetime.now(UTC)
LONG_AGO = NOW - timedelta(days=30)
OURS = a_duty(id="ours", key="k/ours")
DELIVERED = replace(
    a_duty(id="delivered", key="k/delivered"),
    state=State.DELIVERED,
    deliveries=(Delivery(at=NOW, by="wang.fang"),),
    accept_by_at=NOW + timedelta(days=3),
)
OWED_TO_US = a_duty(id="owed", key="k/owed", provider="finance", consumer="sales")
CLOSED = replace(
    a_duty(id="closed", key="k/closed"),
    state=State.ACCEPTED,
    deliveries=(Delivery(at=LONG_AGO, by="wang.fang"),),
    accepted_at=LONG_AGO,
    accepted_by="chen.jing",
    closed_at=LONG_AGO,
)
THEIRS = a_duty(id="theirs", key="k/theirs", provider="service", consumer="warehouse")
THEIR_EVENT = replace(an_event("event"), registered_from="service", registered_by="liu.yang")
VALUES = (OURS, DELIVERED, OWED_TO_US, CLOSED, THEIRS, THEIR_EVENT, Roster(since={"sheet": NOW.date()}))
REFUSED = (errors.InsufficientPrivilege, errors.FeatureNotSupported, errors.InvalidParameterValue)


@dataclass(frozen=True)
class Theft:
    """The login of 王芳 of sales in other hands, and what the database held before."""

    databases: Databases
    database: str

    @contextmanager
    def connection(self, login: str = "wang.fang") -> Iterator[Connection[Any]]:
        with psycopg.connect(self.databases.dsn(self.database, login)) as connection:
            yield connection

    def held(self) -> list[object]:
        store = self.databases.store(self.database)
        held = store.read(lambda tx: [tx.get(type(value), value.id) for value in VALUES])
        store.close()
        return list(held)

    def findings(self) -> list[str]:
        return [finding.sentence() for finding in verify(self.databases.dsn(self.database, SERVICE))]


def put_all(store: Store, *values: object) -> None:
    def work(tx: Writing) -> None:
        for value in values:
            tx.put(value)

    store.write(Act(what="opened", by="system", at=LONG_AGO), work)


@pytest.fixture(scope="module")
def robbed(databases: Databases) -> Theft:
    database = databases.server.new_database()
    databases.set_up(database, clock_tolerance=timedelta(minutes=5))
    store = databases.store(database)
    put_all(store, *VALUES)
    store.close()
    return Theft(databases, database)


@pytest.fixture
def theft(robbed: Theft) -> Iterator[Theft]:
    """Let the thief try; whatever was tried, everything is as it was and the chain holds."""
    yield robbed
    assert robbed.held() == list(VALUES)
    assert robbed.findings() == []


def announce(
    connection: Connection[Any], *, who: str = "wang.fang", what: str = "noted", at: datetime | None = None
) -> None:
    connection.execute(
        "INSERT INTO sla.changes (request, who, what, via, reason, at) VALUES (%s, %s, %s, '', '', %s)",
        (uuid4(), who, what, at or datetime.now(UTC)),
    )


def update(connection: Connection[Any], value: Duty | Event | Roster, **fields: object) -> int:
    """Change some fields of a document, past the services; return how many rows were touched."""
    document = json.dumps({**json.loads(encode(value)), **fields}, default=str)
    table = kind_of(type(value)).name
    return connection.execute(
        f"UPDATE sla.{table} SET doc = %s WHERE id = %s".encode(), (document, value.id)
    ).rowcount


def insert(connection: Connection[Any], value: Duty) -> None:
    connection.execute("INSERT INTO sla.duties (doc) VALUES (%s)", (encode(value).decode(),))


QUESTIONS = {
    "duties": "SELECT count(*) FROM sla.duties WHERE id = 'theirs'",
    "all duties": "SELECT count(*) FROM sla.duties WHERE provider = 'service'",
    "their versions": "SELECT count(*) FROM sla.versions WHERE id = 'theirs'",
    "their history": "SELECT count(*) FROM sla.history WHERE 'theirs' = ANY (ids)",
    "with a setting": (
        "SELECT count(*) FROM sla.duties, set_config('sla.department', 'service', false) WHERE id = 'theirs'"
    ),
    "with a leaky operator": "SELECT count(*) FROM sla.duties WHERE doc::text LIKE '%theirs%'",
}


@pytest.mark.parametrize("question", QUESTIONS.values(), ids=list(QUESTIONS))
def test_what_others_owe_each_other_is_not_read(theft: Theft, question: str) -> None:
    with theft.connection() as connection:
        assert connection.execute(question.encode()).fetchone() == (0,)
    with theft.connection("liu.yang") as connection:
        assert connection.execute(question.encode()).fetchone() != (0,)


STATEMENTS = {
    "turn row security off": "SET row_security = off; SELECT count(*) FROM sla.duties",
    "read who wrote anonymously": "SELECT login FROM sla.changes",
    "read who is who": "SELECT * FROM sla.people",
    "become the owner": "SET ROLE sla_owner",
    "become the service": "SET ROLE sla_service",
    "become an administrator": "SET ROLE sla_admin",
    "become another department": "SET ROLE sla_dept_finance",
    "become somebody else": 'SET SESSION AUTHORIZATION "chen.jing"',
    "join another department": 'GRANT sla_dept_finance TO "wang.fang"',
    "become a superuser": 'ALTER ROLE "wang.fang" SUPERUSER',
    "switch triggers off": "SET session_replication_role = replica",
    "drop the policy": "DROP POLICY sides ON sla.duties",
    "drop the trigger": "DROP TRIGGER keep ON sla.duties",
    "disable row security": "ALTER TABLE sla.duties DISABLE ROW LEVEL SECURITY",
    "map the login anew": "UPDATE sla.people SET person = 'chen.jing'",
    "widen the clock": "UPDATE sla.deployment SET clock_tolerance = NULL",
    "move the head": "UPDATE sla.head SET sequence = 0",
    "change the audit": "UPDATE sla.changes SET who = 'chen.jing'",
    "shorten the audit": "DELETE FROM sla.changes",
    "change a version": "UPDATE sla.versions SET doc = NULL",
    "insert a version": (
        "INSERT INTO sla.versions (sequence, kind, id, digest) VALUES (1, 'duties', 'ours', '\\x00')"
    ),
    "empty the audit": "TRUNCATE sla.changes CASCADE",
    "empty the duties": "TRUNCATE sla.duties",
    "delete a duty": "DELETE FROM sla.duties WHERE id = 'ours'",
    "archive": "SELECT sla.seal_archive('x', ARRAY['duties'], ARRAY['ours'])",
    "bring back": "SELECT sla.unseal_archive('x')",
    "archive by hand": "UPDATE sla.duties SET archive = 'x' WHERE id = 'ours'",
    "erase": "SELECT sla.erase_past(ARRAY['duties'], ARRAY['ours'])",
    "ask the owner's functions": "SELECT sla.own_act()",
    "widen the readers": "UPDATE sla.duties SET readers = NULL WHERE id = 'ours'",
    "make a function": "CREATE FUNCTION public.f() RETURNS int LANGUAGE sql RETURN 1",
    "make a function in the store": "CREATE FUNCTION sla.f() RETURNS int LANGUAGE sql RETURN 1",
    "make a temporary table": "CREATE TEMP TABLE duties (id text)",
    "make a schema": "CREATE SCHEMA pg_catalogue",
    "run a program": "COPY (SELECT 1) TO PROGRAM 'true'",
    "read a file": "SELECT pg_read_file('PG_VERSION')",
    "say who in the audit": (
        "INSERT INTO sla.changes (request, who, what, via, reason, at, login)"
        " VALUES (gen_random_uuid(), 'wang.fang', 'noted', '', '', now(), 'chen.jing')"
    ),
    "say when in the audit": (
        "INSERT INTO sla.changes (request, who, what, via, reason, at, recorded_at)"
        " VALUES (gen_random_uuid(), 'wang.fang', 'noted', '', '', now(), '2020-01-01')"
    ),
    "say the order in the audit": (
        "INSERT INTO sla.changes (request, who, what, via, reason, at, sequence)"
        " VALUES (gen_random_uuid(), 'wang.fang', 'noted', '', '', now(), 1000)"
    ),
    "say the hash in the audit": (
        "INSERT INTO sla.changes (request, who, what, via, reason, at, hash)"
        " VALUES (gen_random_uuid(), 'wang.fang', 'noted', '', '', now(), 'x')"
    ),
}


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=list(STATEMENTS))
def test_the_deployment_itself_is_out_of_reach(theft: Theft, statement: str) -> None:
    with theft.connection() as connection, pytest.raises(REFUSED):
        connection.execute(statement.encode())


def test_another_deployments_people_do_not_come_in(theft: Theft) -> None:
    theft.databases.server.execute("CREATE ROLE stranger LOGIN")
    with pytest.raises(psycopg.OperationalError, match="permission denied"):
        psycopg.connect(theft.databases.dsn(theft.database, "stranger"))


Try = Callable[[Connection[Any]], object]
DEED = {
    "at": NOW,
    "by": "wang.fang",
    "evidence": {},
    "note": "",
    "claimed_at": None,
    "claim_confirmed": False,
}
NEVER = {"returned_at": None, "returned_by": "", "reason": ""}


def changing(value: Duty | Event | Roster, **fields: object) -> Try:
    return lambda connection: update(connection, value, **fields)


FORGERIES: Mapping[str, Try] = {
    "accept one's own delivery": changing(
        DELIVERED, state="accepted", accepted_by="wang.fang", accepted_at=NOW, closed_at=NOW
    ),
    "accept in the consumer's name": changing(
        DELIVERED, state="accepted", accepted_by="chen.jing", accepted_at=NOW, closed_at=NOW
    ),
    "let silence accept too early": changing(
        DELIVERED, state="accepted", accepted_by="system", accepted_at=DELIVERED.accept_by_at, closed_at=NOW
    ),
    "confirm one's own claim": changing(
        DELIVERED, deliveries=[{**DEED, **NEVER, "claim_confirmed": True, "claimed_at": LONG_AGO}]
    ),
    "put a delivery back in time": changing(DELIVERED, deliveries=[{**DEED, **NEVER, "at": LONG_AGO}]),
    "deliver a month ago": changing(
        OURS, state="delivered", deliveries=[{**DEED, **NEVER, "at": LONG_AGO}], accept_by_at=NOW
    ),
    "waive what one owes": changing(
        OURS,
        state="waived",
        waiver={"granted": True, "asked_at": NOW, "asked_by": "x", "code": "", "reason": ""},
    ),
    "cancel what one owes": changing(OURS, state="cancelled", closed_at=NOW),
    "miss it out of the way": changing(OURS, state="missed", closed_at=NOW),
    "hand it over without consent": changing(OURS, state="handed_over", closed_at=NOW, handed_to="x"),
    "owe it to somebody else": changing(OURS, consumer="service"),
    "let another department owe it": changing(OURS, provider="service"),
    "change the terms": changing(OURS, terms={**json.loads(encode(OURS))["terms"], "accept_within": 90}),
    "rate oneself": changing(CLOSED, rating={"level": 4, "word": "", "at": NOW, "by": "chen.jing"}),
    "open what is closed": changing(CLOSED, state="open", closed_at=None),
    "deliver for the other side": changing(
        OWED_TO_US,
        state="delivered",
        accept_by_at=NOW,
        deliveries=[{**DEED, **NEVER}],
    ),
    "take over the other side's duty": changing(OWED_TO_US, assignee="wang.fang"),
    "change another's event": changing(THEIR_EVENT, subject="changed"),
    "give a document another id": changing(OURS, id="other"),
    "stop an obligation": changing(VALUES[-1], since={"sheet": "2099-01-01"}),
    "open everything ahead": changing(VALUES[-1], opened_through_at="2099-01-01T00:00:00Z"),
    "insert a duty already accepted": lambda c: insert(c, replace(CLOSED, id="new", key="new")),
    "insert a duty already delivered": lambda c: insert(c, replace(DELIVERED, id="new", key="new")),
}


@pytest.mark.parametrize("forgery", FORGERIES.values(), ids=list(FORGERIES))
def test_the_other_side_is_not_forged(theft: Theft, forgery: Try) -> None:
    with theft.connection() as connection:
        announce(connection)
        try:
            touched = forgery(connection)
        except errors.InsufficientPrivilege:
            return
        assert touched == 0, "a document that one may not change is not there to be changed"
        connection.rollback()


def test_others_duties_are_not_written(theft: Theft) -> None:
    with theft.connection() as connection:
        announce(connection)
        assert update(connection, THEIRS, assignee="wang.fang") == 0
        connection.rollback()
        announce(connection)
        with pytest.raises(errors.UniqueViolation):
            insert(connection, replace(THEIRS, state=State.OPEN))


def test_a_duty_that_is_there_is_not_opened_again_for_others(theft: Theft) -> None:
    with theft.connection() as connection:
        announce(connection, who="system", what="rolled_over")
        insert(connection, replace(THEIRS, id="again"))
        with pytest.raises(errors.InsufficientPrivilege, match="changes something"):
            connection.commit()


@pytest.mark.parametrize("who", ["chen.jing", "", "WANG.FANG", "system "])
def test_nobody_signs_as_somebody_else(theft: Theft, who: str) -> None:
    with theft.connection() as connection, pytest.raises(errors.InsufficientPrivilege, match="is not"):
        announce(connection, who=who)


@pytest.mark.parametrize("minutes", [-6, 6, -60 * 24])
def test_nobody_signs_at_another_time(theft: Theft, minutes: int) -> None:
    at = datetime.now(UTC) + timedelta(minutes=minutes)
    with theft.connection() as connection, pytest.raises(errors.InsufficientPrivilege, match="here"):
        announce(connection, at=at)


def test_nothing_changes_without_an_entry_in_the_audit(theft: Theft) -> None:
    with theft.connection() as connection, pytest.raises(errors.InsufficientPrivilege, match="audit"):
        update(connection, OURS, assignee="wang.fang")


def test_an_entry_needs_a_change(theft: Theft) -> None:
    with theft.connection() as connection:
        announce(connection)
        with pytest.raises(errors.InsufficientPrivilege, match="changes something"):
            connection.commit()


def test_nothing_is_added_to_a_sealed_change(theft: Theft) -> None:
    with theft.connection() as connection:
        announce(connection)
        assert update(connection, OURS, assignee="wang.fang") == 1
        connection.execute("SET CONSTRAINTS ALL IMMEDIATE")
        with pytest.raises(errors.InsufficientPrivilege, match="audit"):
            update(connection, DELIVERED, assignee="zhao.lei")


def test_a_reader_writes_nothing(theft: Theft) -> None:
    with theft.connection("guest") as connection, pytest.raises(errors.InsufficientPrivilege):
        announce(connection, who="guest")


def test_what_a_thief_may_do_carries_the_name(databases: Databases) -> None:
    """The control: the same way in, used for what the person may do."""
    database = databases.server.new_database()
    databases.set_up(database, clock_tolerance=timedelta(minutes=5))
    store = databases.store(database)
    put_all(store, OURS)
    store.close()
    theft = Theft(databases, database)
    with theft.connection() as connection:
        announce(connection, what="took")
        assert update(connection, OURS, assignee="wang.fang") == 1
    with theft.connection(SERVICE) as connection:
        rows = connection.execute(
            "SELECT who, login::text, what FROM sla.changes ORDER BY sequence"
        ).fetchall()
    assert rows == [("system", SERVICE, "opened"), ("wang.fang", "wang.fang", "took")]
    assert theft.findings() == []


INVARIANTS = {
    "row security is on and forced wherever documents are": """
        SELECT c.relname FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attname = 'readers'
        WHERE c.relnamespace = 'sla'::regnamespace AND c.relkind = 'r'
            AND NOT (c.relrowsecurity AND c.relforcerowsecurity)""",
    "nobody but the owner may truncate or reference": """
        SELECT table_name || ' ' || grantee FROM information_schema.role_table_grants
        WHERE table_schema = 'sla' AND privilege_type IN ('TRUNCATE', 'REFERENCES', 'TRIGGER', 'DELETE')
            AND grantee <> 'sla_owner'""",
    "everybody has nothing": """
        SELECT table_name FROM information_schema.role_table_grants
        WHERE table_schema = 'sla' AND grantee = 'PUBLIC'""",
    "views ask with the rights of who asks": """
        SELECT relname FROM pg_class WHERE relnamespace = 'sla'::regnamespace AND relkind = 'v'
            AND NOT 'security_invoker=true' = ANY (coalesce(reloptions, '{}'))""",
    "functions look only where they were told to": """
        SELECT proname FROM pg_proc WHERE pronamespace = 'sla'::regnamespace
            AND NOT 'search_path=pg_catalog, pg_temp' = ANY (coalesce(proconfig, '{}'))""",
    "nothing asks a session's settings": """
        SELECT policyname FROM pg_policies WHERE coalesce(qual, '') || coalesce(with_check, '') LIKE '%current_setting%'
        UNION ALL
        SELECT proname FROM pg_proc WHERE pronamespace = 'sla'::regnamespace AND prosrc LIKE '%current_setting%'""",
    "the owner and the groups cannot log in": """
        SELECT rolname FROM pg_roles WHERE rolname LIKE 'sla\\_%' AND rolname <> 'sla_test_admin'
            AND (rolcanlogin OR rolsuper OR rolbypassrls)""",
    "a login is nothing but a login": """
        SELECT rolname FROM pg_roles WHERE rolname IN ('wang.fang', 'root', 'service')
            AND (rolsuper OR rolbypassrls OR rolcreaterole OR rolcreatedb)""",
    "definers' functions are not everybody's": """
        SELECT proname FROM pg_proc p WHERE pronamespace = 'sla'::regnamespace
            AND has_function_privilege('stranger_to_all', p.oid, 'EXECUTE')""",
}


@pytest.mark.parametrize("query", INVARIANTS.values(), ids=list(INVARIANTS))
def test_the_catalogue_shows_no_gap(robbed: Theft, query: str) -> None:
    server = robbed.databases.server
    server.execute(
        "DO $$ BEGIN CREATE ROLE stranger_to_all; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )
    assert server.execute(query, robbed.database) == []
