"""A database in which each person had a login becomes one of a service, while people are at work."""

from __future__ import annotations

import threading
from contextlib import closing
from dataclasses import replace

import psycopg
import pytest

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.verbs import Verb
from sla_tracker.errors import StoreError
from sla_tracker.storage.postgres import apply_setup, verify
from sla_tracker.testing.company import a_duty
from sla_tracker.testing.store_contract import an_act, an_event, put
from tests.storage import per_person
from tests.storage.factories import Databases

pytestmark = pytest.mark.postgres
PEOPLE = {"anna": "sales", "bert": "finance"}


@pytest.mark.parametrize("version", [3, 10])
def test_everything_stays_and_people_lose_their_logins(databases: Databases, version: int) -> None:
    server = databases.server
    database = server.new_database()
    per_person.set_up(server, database, PEOPLE, ["robot", "old-robot"], version)
    with psycopg.connect(server.dsn(database, "robot"), autocommit=True) as connection:
        per_person.write(connection, an_event("e-1"), a_duty(), by="anna")
        per_person.write(connection, replace(an_event("e-1"), subject="x"), by="anna")
        anchor = connection.execute("SELECT sequence, hash FROM sla.head").fetchone()
    assert anchor is not None
    done = apply_setup(server.dsn(database), ["robot"])
    assert done.had_logins
    roles = {name for (name,) in server.execute("SELECT rolname FROM pg_roles")}
    assert not roles & {"anna", "bert", "sla_staff", "sla_admin", "sla_dept_sales"}, "nobody has a login"
    for login in ("anna", "old-robot"):
        with pytest.raises(psycopg.OperationalError):
            psycopg.connect(server.dsn(database, login))
    with closing(databases.store(database, "robot")) as store:
        assert store.head() == anchor
        assert store.read(lambda tx: tx.get(Duty, a_duty().id)) == a_duty()
        assert [change.act.reason for change in store.history("e-1")] == ["why", "why"]
        assert store.as_of(Event, "e-1", 1) == an_event("e-1")
        put(store, an_event("e-2"))
        store.write(an_act(Verb.SEALED_MONTH), lambda tx: tx.seal("2026-11", [(Event, "e-1")]))
        store.erase(an_act(Verb.ERASED), [an_event("e-2", subject="-")])
    assert verify(server.dsn(database, "robot"), [anchor]) == []
    again = apply_setup(server.dsn(database))
    assert (again.migrations, again.had_logins) == (0, False)
    server.execute('DROP ROLE "old-robot"')
    server.execute(
        f'REVOKE ALL ON DATABASE "{database}" FROM robot; REVOKE sla_service FROM robot; DROP ROLE robot'
    )


def test_people_work_until_it_is_done_and_the_service_goes_on(databases: Databases) -> None:
    server = databases.server
    database = server.new_database()
    per_person.set_up(server, database, PEOPLE, ["robot"], 10)
    acknowledged: dict[str, int] = dict.fromkeys(PEOPLE, 0)
    going = threading.Event()

    def work(login: str) -> None:
        """Write as somebody does whose program is of the version before, until the server does not let him."""
        # Closed, not left: leaving it would commit on a connection that the server may have ended.
        with closing(psycopg.connect(server.dsn(database, login), autocommit=True)) as connection:
            while True:
                event = replace(an_event(f"{login}-{acknowledged[login]}"), registered_from=PEOPLE[login])
                try:
                    per_person.write(connection, event, by="system")
                except psycopg.Error:
                    return
                acknowledged[login] += 1
                if acknowledged[login] == 5:
                    going.set()

    threads = [threading.Thread(target=work, args=(login,)) for login in PEOPLE]
    for thread in threads:
        thread.start()
    assert going.wait(30)
    apply_setup(server.dsn(database), ["robot"])
    for thread in threads:
        thread.join(30)
        assert not thread.is_alive()
    with closing(databases.store(database, "robot")) as store:
        there = {event.id for event in store.read(lambda tx: tx.find(Event))}
        # One more of each may have been committed without an answer.
        for login, count in acknowledged.items():
            assert {f"{login}-{number}" for number in range(count)} <= there
        assert len(there) <= sum(acknowledged.values()) + len(PEOPLE)
        put(store, an_event("afterwards"))
    assert verify(server.dsn(database, "robot")) == []
    with pytest.raises(StoreError, match="does not let this login in"):
        databases.store(database, "anna")


def test_who_may_do_more_on_the_server_keeps_that(databases: Databases) -> None:
    """A login of the settings may be one that the server's administrators use themselves."""
    server = databases.server
    database = server.new_database()
    server.execute("CREATE ROLE keeper LOGIN CREATEDB")
    per_person.set_up(server, database, {"guest": "sales"}, ["robot-3"], 10)
    server.execute("INSERT INTO sla.people VALUES ('keeper', 'keeper'); GRANT sla_staff TO keeper", database)
    apply_setup(server.dsn(database), ["robot-3"])
    assert server.execute("SELECT rolcanlogin, rolcreatedb FROM pg_roles WHERE rolname = 'keeper'") == [
        (True, True)
    ]
    assert (
        server.execute(
            "SELECT FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member WHERE rolname = 'keeper'"
        )
        == []
    )
