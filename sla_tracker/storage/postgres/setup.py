"""Builds and runs the SQL that sets up a deployment's database.

The SQL makes schema, functions, and the one role that services work with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import psycopg
from psycopg import Connection, errors

from sla_tracker.errors import N_, ConfigError, StoreError, UsageError
from sla_tracker.storage.postgres.connections import parts_of
from sla_tracker.storage.postgres.schema import ONE_ROLE, installed, migrations
from sla_tracker.value_class import dataclass

LONGEST_NAME = 63
"""Bytes of a role's name in PostgreSQL."""
MOST_DEADLOCKS = 5
OWNER, SERVICE = "sla_owner", "sla_service"

NEW_ROLE = """\
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = {text}) THEN CREATE ROLE {name} {options}; END IF;
END $$;"""

# Of roles that were made for people, only those are removed that can do nothing else on this server.
PEOPLE = """\
-- People had logins of their own up to schema 10. They lose them; whoever may do more on this server keeps that.
DO $$
DECLARE
    services name[] := {services};
    one record;
BEGIN
    IF to_regclass('sla.people') IS NULL THEN
        RETURN;
    END IF;
    FOR one IN
        SELECT r.rolname FROM pg_database d CROSS JOIN LATERAL aclexplode(d.datacl) a
            JOIN pg_roles r ON r.oid = a.grantee
        WHERE d.datname = current_database() AND a.privilege_type = 'CONNECT' AND r.rolcanlogin
            AND NOT r.rolsuper AND r.rolname <> current_user AND r.oid <> d.datdba AND NOT r.rolname = ANY (services)
            AND NOT (services = '{{}}' AND pg_has_role(r.oid, 'sla_service', 'MEMBER'))
    LOOP
        EXECUTE format('REVOKE ALL ON DATABASE %I FROM %I', current_database(), one.rolname);
    END LOOP;
    FOR one IN
        SELECT held.rolname AS held, r.rolname FROM pg_auth_members m
            JOIN pg_roles r ON r.oid = m.member JOIN pg_roles held ON held.oid = m.roleid
        WHERE held.rolname IN ('sla_reader', 'sla_staff', 'sla_head', 'sla_admin') OR held.rolname LIKE 'sla\\_dept\\_%'
    LOOP
        EXECUTE format('REVOKE %I FROM %I', one.held, one.rolname);
    END LOOP;
    FOR one IN EXECUTE $sql$
        SELECT r.rolname FROM sla.people p JOIN pg_roles r ON r.rolname = p.login
        WHERE r.rolname <> current_user AND NOT (r.rolsuper OR r.rolcreaterole OR r.rolcreatedb OR r.rolreplication)
            AND NOT EXISTS (SELECT FROM pg_auth_members m WHERE m.member = r.oid)
    $sql$ LOOP
        IF NOT one.rolname = ANY (services) THEN
            BEGIN
                EXECUTE format('DROP ROLE %I', one.rolname);
            EXCEPTION WHEN dependent_objects_still_exist THEN
                EXECUTE format('ALTER ROLE %I NOLOGIN', one.rolname);
                RAISE NOTICE 'role % is used elsewhere on this server: it stays, and may not log in', one.rolname;
            END;
        END IF;
    END LOOP;
END $$;"""
NO_NEWER = """\
DO $$ DECLARE found integer; BEGIN
    IF to_regclass('sla.migrations') IS NOT NULL THEN
        EXECUTE 'SELECT max(version) FROM sla.migrations' INTO found;
        IF found > {known} THEN
            RAISE 'a newer version set this database up (schema %, known here: {known})', found;
        END IF;
    END IF;
END $$;"""
GROUPS = """\
-- The groups of those logins.
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT rolname FROM pg_roles
        WHERE rolname IN ('sla_reader', 'sla_staff', 'sla_head', 'sla_admin') OR rolname LIKE 'sla\\_dept\\_%' LOOP
        BEGIN
            EXECUTE format('DROP ROLE %I', one.rolname);
        EXCEPTION WHEN dependent_objects_still_exist THEN
            RAISE NOTICE 'role % is used elsewhere on this server and stays', one.rolname;
        END;
    END LOOP;
END $$;"""
# Roles belong to a whole server, so what a login may do in other databases of it stays.
FORMER_SERVICES = """\
-- Logins that were the service's before lose everything.
DO $$ DECLARE one record; BEGIN
    FOR one IN SELECT r.oid, r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member
        WHERE m.roleid = 'sla_service'::regrole AND r.rolname <> current_user AND NOT r.rolname = ANY ({services}) LOOP
        EXECUTE format('REVOKE ALL ON DATABASE %I FROM %I', current_database(), one.rolname);
        IF NOT EXISTS (SELECT FROM pg_database d, aclexplode(d.datacl) a WHERE a.grantee = one.oid) THEN
            EXECUTE format('REVOKE sla_service FROM %I', one.rolname);
        END IF;
    END LOOP;
END $$;"""
# Logins that may use the store; of a server without the role, none.
LOGINS = """\
SELECT r.rolname FROM pg_auth_members m JOIN pg_roles r ON r.oid = m.member, pg_database d, aclexplode(d.datacl) a
    WHERE m.roleid = to_regrole('sla_service') AND r.rolcanlogin AND d.datname = current_database()
        AND a.grantee = r.oid AND a.privilege_type = 'CONNECT'"""
SOMEBODY = f"""\
DO $$ BEGIN
    IF NOT EXISTS ({LOGINS}) THEN
        RAISE 'no login may use this store; name that of the service: --service LOGIN';
    END IF;
END $$;"""
CONNECT_RIGHTS = """\
-- Nobody else connects, and nobody creates anything.
DO $$ BEGIN EXECUTE format('REVOKE ALL ON DATABASE %I FROM PUBLIC', current_database()); END $$;
REVOKE CREATE ON SCHEMA public FROM PUBLIC;"""
STATISTICS = """\
-- To say in sla doctor whether a standby stands by; without this right it says that it cannot.
DO $$ BEGIN
    GRANT pg_read_all_stats TO sla_service;
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'sla_service may not see the standbys: somebody who may grants it pg_read_all_stats';
END $$;"""
SESSIONS = """\
-- What logins still have open that may not connect any more.
DO $$ BEGIN
    PERFORM pg_terminate_backend(s.pid) FROM pg_stat_activity s LEFT JOIN pg_roles r ON r.oid = s.usesysid
    WHERE s.datname = current_database() AND s.backend_type = 'client backend' AND s.pid <> pg_backend_pid()
        AND NOT coalesce(has_database_privilege(r.oid, current_database(), 'CONNECT'), false);
EXCEPTION WHEN insufficient_privilege THEN
    RAISE NOTICE 'sessions of former logins are open still; they can do nothing any more';
END $$;"""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetUp:
    """What setting up a database did.

    `had_logins` is whether people had logins of their own in it before; `admitted` and `expelled` are the logins of
    services that may use it only now, and that may not any more.
    """

    migrations: int
    had_logins: bool
    admitted: tuple[str, ...] = ()
    expelled: tuple[str, ...] = ()


def setup_sql(services: Iterable[str] = (), *, since: int = 0) -> str:
    """Return the SQL script that updates schema, role and its logins; repeatable.

    `services` are all logins that may use the store from now on, each made where it is missing (no password is set);
    others lose everything. Without any, those that may use it stay. `since` is the newest migration that the database
    has. Raises ConfigError for a name that PostgreSQL cannot have as a role.
    """
    logins = list(services)
    _check_names(logins)
    array = "ARRAY[" + ", ".join(map(_text, logins)) + "]::name[]"
    parts = [
        "BEGIN;",
        *(_new_role(group, "NOLOGIN") for group in (OWNER, SERVICE)),
        f"GRANT {OWNER} TO CURRENT_USER;",
        *([PEOPLE.format(services=array)] if since < ONE_ROLE else []),
        *_schema(since),
        *([GROUPS] if since < ONE_ROLE else []),
        *(_new_role(login, "LOGIN") for login in logins),
        *(f"GRANT {SERVICE} TO {_name(login)};" for login in logins),
        *([FORMER_SERVICES.format(services=array)] if logins else []),
        CONNECT_RIGHTS,
        *map(_connect_grant, logins),
        STATISTICS,
        SOMEBODY,
        "COMMIT;",
        SESSIONS,
    ]
    return "\n".join(parts) + "\n"


def apply_setup(dsn: str, services: Iterable[str] = ()) -> SetUp:
    """Set up or update a database.

    The login must be allowed to create roles. Raises ConfigError as setup_sql does, UsageError for a wrong address,
    StoreError when the server refuses.
    """
    parts_of(dsn)
    try:
        with psycopg.connect(dsn, autocommit=True, application_name="sla setup") as connection:
            since, before = _installed_version(connection), _logins(connection)
            _run(connection, setup_sql(services, since=since))
            after = _logins(connection)
    except psycopg.Error as error:
        raise StoreError(
            N_("The database cannot be set up; nothing was changed. ({detail})"), detail=str(error).strip()
        ) from error
    return SetUp(
        migrations=len(migrations(since)),
        had_logins=0 < since < ONE_ROLE,
        admitted=tuple(sorted(after - before)),
        expelled=tuple(sorted(before - after)),
    )


def _logins(connection: Connection[Any]) -> set[str]:
    """Return the logins that may use the store."""
    return {str(name) for (name,) in connection.execute(LOGINS.encode())}


def _run(connection: Connection[Any], script: str) -> None:
    """Run the script, again where it meets a deadlock.

    People at work may hold tables in another order than it takes them.
    """
    for _ in range(MOST_DEADLOCKS):
        try:
            connection.execute(script.encode())
        except errors.DeadlockDetected:
            connection.execute("ROLLBACK")
        else:
            return
    connection.execute(script.encode())


def _installed_version(connection: Connection[Any]) -> int:
    since = installed(connection)
    if since > (newest := migrations()[-1].version):
        raise StoreError(
            N_("A newer version set this database up (schema {version}, known here: {known})."),
            version=since,
            known=newest,
        )
    return since


def _check_names(logins: list[str]) -> None:
    problems = [
        UsageError(
            N_("“{name}” cannot be the name of a role: 1 to {limit} bytes."), name=name, limit=LONGEST_NAME
        )
        for name in logins
        if not 1 <= len(name.encode()) <= LONGEST_NAME or "\0" in name
    ]
    problems += [
        UsageError(N_("“{name}” is a name that the store itself needs; choose another login."), name=name)
        for name in logins
        if name.startswith(("sla_", "pg_"))
    ]
    if problems:
        raise ConfigError(N_("These logins cannot be set up:"), tuple(problems))


def _name(role: str) -> str:
    return '"' + role.replace('"', '""') + '"'


def _text(value: str) -> str:
    return "E'" + value.replace("\\", "\\\\").replace("'", "''") + "'"


def _new_role(role: str, options: str) -> str:
    return NEW_ROLE.format(text=_text(role), name=_name(role), options=options)


def _schema(since: int) -> Iterator[str]:
    new = migrations(since)
    yield f"CREATE SCHEMA IF NOT EXISTS sla AUTHORIZATION {OWNER};"
    yield NO_NEWER.format(known=migrations()[-1].version)
    if new:
        yield f"SET LOCAL ROLE {OWNER};"
    for migration in new:
        yield f"\n-- Migration {migration.name}\n{migration.sql}"
        yield f"INSERT INTO sla.migrations (version) VALUES ({migration.version}) ON CONFLICT DO NOTHING;"
    if new:
        yield "RESET ROLE;"


def _connect_grant(login: str) -> str:
    grant = _text(f"GRANT CONNECT ON DATABASE %I TO {_name(login).replace('%', '%%')}")
    return f"DO $$ BEGIN EXECUTE format({grant}, current_database()); END $$;"
