"""Builds and runs the SQL that sets up a deployment's database.

It sets up roles and schema.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise
from types import MappingProxyType
from typing import Any

import psycopg
from psycopg import Connection

from sla_tracker.domain.people import Person, Role
from sla_tracker.errors import N_, ConfigError, StoreError, UsageError
from sla_tracker.storage.postgres.connections import parts_of
from sla_tracker.storage.postgres.schema import installed, migrations

LONGEST_NAME = 63
"""Bytes of a role's name in PostgreSQL."""
OWNER, SERVICE = "sla_owner", "sla_service"
DEPARTMENT_ROLE = "sla_dept_{}"
# Each role includes the rights of the one after it.
ROLES: Mapping[Role, str] = {
    Role.ADMIN: "sla_admin",
    Role.HEAD: "sla_head",
    Role.STAFF: "sla_staff",
    Role.READER: "sla_reader",
}
USUAL_TOLERANCE = timedelta(minutes=5)
"""How far a client's clock may differ from the server's."""

NEW_ROLE = """\
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {text}) THEN CREATE ROLE {name} {options}; END IF;
END $$;"""
LEAVERS = """\
-- Whoever is not named below any more keeps a login that belongs to nobody.
DO $$ DECLARE leaver record; BEGIN
    FOR leaver IN
        SELECT member.rolname AS login, held.rolname AS held
        FROM pg_auth_members m JOIN pg_roles member ON member.oid = m.member JOIN pg_roles held ON held.oid = m.roleid
        WHERE member.rolname IN (SELECT login FROM sla.people) AND held.rolname LIKE 'sla\\_%'
    LOOP
        EXECUTE format('REVOKE %I FROM %I', leaver.held, leaver.login);
    END LOOP;
END $$;
DELETE FROM sla.people;"""


NO_OLD_NAMES: Mapping[str, str] = MappingProxyType({})


def setup_sql(
    people: Iterable[Person],
    departments: Iterable[str],
    *,
    services: Iterable[str] = (),
    clock_tolerance: timedelta | None = USUAL_TOLERANCE,
    since: int = 0,
    old_names: Mapping[str, str] = NO_OLD_NAMES,
) -> str:
    """Return the SQL script that updates roles, schema and memberships; repeatable.

    `people` are those who work here now: each login becomes a role that can log in, by means that the server's
    administrator chooses (no password is set). `services` are logins that act for the system. `clock_tolerance` is how
    far a person's clock may be off the server's, None where a trial has a clock of its own. `since` is the newest
    migration that the database has. What stands under one of the `old_names` of a department belongs to the people of
    the present one. Raises ConfigError for a name that PostgreSQL cannot have as a role.
    """
    known = list(departments)
    everybody = list(people)
    staff = [(login, person) for person in everybody for login in person.logins or (person.id,)]
    services = list(services)
    _check_names([DEPARTMENT_ROLE.format(id) for id in known], [login for login, _ in staff] + services)
    parts = [
        "BEGIN;",
        *_roles(known, [login for login, _ in staff] + services),
        *_schema(since),
        "SET LOCAL ROLE sla_owner;",
        _tolerance(clock_tolerance),
        *(_department(id, id) for id in known),
        *(_department(old, present) for old, present in old_names.items()),
        "RESET ROLE;",
        LEAVERS,
        *(
            line
            for login, person in staff
            for line in _memberships(login, _with_deputys_role(person, everybody), known)
        ),
        *(f"GRANT {SERVICE} TO {_name(login)};" for login in services),
        *_connect_grants([login for login, _ in staff] + services),
        "COMMIT;",
    ]
    return "\n".join(parts) + "\n"


def apply_setup(
    dsn: str,
    people: Iterable[Person],
    departments: Iterable[str],
    *,
    services: Iterable[str] = (),
    clock_tolerance: timedelta | None = USUAL_TOLERANCE,
    old_names: Mapping[str, str] = NO_OLD_NAMES,
) -> int:
    """Set up or update a database; returns how many migrations were new.

    The login must be allowed to create roles. Raises ConfigError as setup_sql does, UsageError for a wrong address,
    StoreError when the server refuses.
    """
    parts_of(dsn)
    try:
        with psycopg.connect(dsn, autocommit=True, application_name="sla setup") as connection:
            since = _installed_version(connection)
            script = setup_sql(
                people,
                departments,
                services=services,
                clock_tolerance=clock_tolerance,
                since=since,
                old_names=old_names,
            )
            connection.execute(script.encode())
    except psycopg.Error as error:
        raise StoreError(
            N_("The database cannot be set up; nothing was changed. ({detail})"), detail=str(error).strip()
        ) from error
    return len(migrations(since))


def _installed_version(connection: Connection[Any]) -> int:
    since = installed(connection)
    if since > (newest := migrations()[-1].version):
        raise StoreError(
            N_("A newer version set this database up (schema {version}, known here: {known})."),
            version=since,
            known=newest,
        )
    return since


def _check_names(roles: list[str], logins: list[str]) -> None:
    problems = [
        UsageError(
            N_("“{name}” cannot be the name of a role: 1 to {limit} bytes."), name=name, limit=LONGEST_NAME
        )
        for name in roles + logins
        if not 1 <= len(name.encode()) <= LONGEST_NAME or "\0" in name
    ]
    problems += [
        UsageError(N_("“{name}” is the login of two people."), name=name)
        for name in dict.fromkeys(logins)
        if logins.count(name) > 1
    ]
    problems += [
        UsageError(N_("“{name}” is a name that the store itself needs; choose another login."), name=name)
        for name in logins
        if name.startswith(("sla_", "pg_"))
    ]
    if problems:
        raise ConfigError(N_("These people and departments cannot be set up:"), tuple(problems))


def _name(role: str) -> str:
    return '"' + role.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "E'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _new_role(role: str, options: str) -> str:
    return NEW_ROLE.format(text=_text(role), name=_name(role), options=options)


def _roles(departments: list[str], logins: list[str]) -> Iterator[str]:
    yield "-- Roles: an owner and groups that cannot log in, and one login a person."
    groups = [OWNER, SERVICE, *ROLES.values(), *(DEPARTMENT_ROLE.format(id) for id in departments)]
    yield from (_new_role(group, "NOLOGIN") for group in groups)
    yield from (_new_role(login, "LOGIN") for login in logins)
    yield from (f"GRANT {lower} TO {upper};" for upper, lower in pairwise(ROLES.values()))
    yield f"GRANT {OWNER} TO CURRENT_USER;"


def _schema(since: int) -> Iterator[str]:
    new = migrations(since)
    if since == 0:
        yield f"CREATE SCHEMA sla AUTHORIZATION {OWNER};"
    if new:
        yield f"SET LOCAL ROLE {OWNER};"
    for migration in new:
        yield f"\n-- Migration {migration.name}\n{migration.sql}"
        yield f"INSERT INTO sla.migrations (version) VALUES ({migration.version});"
    if new:
        yield "RESET ROLE;"


def _tolerance(tolerance: timedelta | None) -> str:
    seconds = "NULL" if tolerance is None else f"'{tolerance.total_seconds():f} seconds'"
    return f"UPDATE sla.deployment SET clock_tolerance = {seconds};"


def _department(id: str, present: str) -> str:
    role = _text(_name(DEPARTMENT_ROLE.format(present)))
    return (
        f"INSERT INTO sla.departments (id, role) VALUES ({_text(id)}, {role})"
        " ON CONFLICT (id) DO UPDATE SET role = excluded.role;"
    )


def _with_deputys_role(person: Person, people: Iterable[Person]) -> Person:
    """Return a head's deputy with the head's role.

    The services check on which days it applies.
    """
    heads = (other for other in people if other.role is Role.HEAD and other.department == person.department)
    if person.role is Role.STAFF and any(head.deputy == person.id for head in heads):
        return replace(person, role=Role.HEAD)
    return person


def _memberships(login: str, person: Person, departments: list[str]) -> Iterator[str]:
    """Yield the grants of a person.

    A reader without a department may read all of them.
    """
    everywhere = person.role is Role.READER and person.department not in departments
    yield f"INSERT INTO sla.people (login, person) VALUES ({_text(login)}, {_text(person.id)});"
    yield f"GRANT {ROLES[person.role]} TO {_name(login)};"
    for id in departments:
        if everywhere or id == person.department:
            yield f"GRANT {_name(DEPARTMENT_ROLE.format(id))} TO {_name(login)};"


def _connect_grants(logins: list[str]) -> Iterator[str]:
    """Yield the grants to connect; no login may create objects in the database."""
    yield "-- The door: these logins connect, nobody else does, and nobody creates anything."
    yield "DO $$ BEGIN EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()); END $$;"
    yield "REVOKE CREATE ON SCHEMA public FROM PUBLIC;"
    for login in logins:
        grant = _text(f"GRANT CONNECT ON DATABASE %I TO {_name(login).replace('%', '%%')}")
        yield f"DO $$ BEGIN EXECUTE format({grant}, current_database()); END $$;"
