"""The layout of schema 1 to 10, in which each person had a login, as an older version of the program set it up."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from uuid import uuid4

import psycopg

from sla_tracker.domain.verbs import Verb
from sla_tracker.storage.codec import encode, kind_of
from sla_tracker.testing.store_contract import an_act
from tests.storage.postgres_server import Server

FOLDER = Path(__file__).parent
GROUPS = ("sla_owner", "sla_service", "sla_admin", "sla_head", "sla_staff", "sla_reader")
COMMIT = "SELECT sla.commit_change(%s, %s, %s, %s, %s, %s, %s, %s)"


def set_up(
    server: Server, database: str, people: Mapping[str, str], services: Sequence[str], version: int
) -> None:
    """Set a database up for people (department by login), as schema `version` was."""
    departments = sorted(set(people.values()))
    logins = [*people, *services]
    script = ["BEGIN;"]
    for name in (*GROUPS, *(f"sla_dept_{one}" for one in departments)):
        script.append(
            f"DO $$ BEGIN CREATE ROLE {name} NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$;"
        )
    script += [f'CREATE ROLE "{login}" LOGIN;' for login in logins]
    script += ["GRANT sla_head TO sla_admin; GRANT sla_staff TO sla_head; GRANT sla_reader TO sla_staff;"]
    script += [
        "GRANT sla_owner TO CURRENT_USER; CREATE SCHEMA sla AUTHORIZATION sla_owner; SET LOCAL ROLE sla_owner;"
    ]
    for file in sorted(FOLDER.glob("*.sql")):
        number = int(file.name.partition("_")[0])
        if number <= version:
            script += [file.read_text(encoding="utf-8"), f"INSERT INTO sla.migrations VALUES ({number});"]
    script += [f"INSERT INTO sla.departments VALUES ('{one}', 'sla_dept_{one}');" for one in departments]
    script += ["RESET ROLE;"]
    for login, department in people.items():
        script += [f"INSERT INTO sla.people VALUES ('{login}', '{login}');"]
        script += [f'GRANT sla_staff, sla_dept_{department} TO "{login}";']
    script += [f'GRANT sla_service TO "{login}";' for login in services]
    script += [f'REVOKE ALL ON DATABASE "{database}" FROM PUBLIC;']
    script += [f'GRANT CONNECT ON DATABASE "{database}" TO "{login}";' for login in logins]
    script += ["COMMIT;"]
    with psycopg.connect(server.dsn(database), autocommit=True) as connection:
        connection.execute("\n".join(script).encode())


def write(
    connection: psycopg.Connection[object], *values: object, by: str, what: Verb = Verb.REGISTERED_EVENT
) -> None:
    """Commit values as the older program did."""
    act = an_act(what)
    kinds, documents = [kind_of(type(one)).name for one in values], [encode(one).decode() for one in values]
    given = (uuid4(), by, act.what, act.via, "why", act.at, kinds, documents)
    connection.execute("BEGIN ISOLATION LEVEL SERIALIZABLE; LOCK TABLE sla.turn IN EXCLUSIVE MODE")
    connection.execute(COMMIT, given)
    connection.execute("COMMIT")
