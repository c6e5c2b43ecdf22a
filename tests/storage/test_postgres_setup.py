"""Roles and schema are set up, by us or by an administrator with the script, again and again; leavers are out."""

from __future__ import annotations

import os
import subprocess
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.people import Person, Role
from sla_tracker.errors import ConfigError, Forbidden, StoreError
from sla_tracker.storage.postgres import apply_setup, setup_sql, verify
from sla_tracker.storage.postgres.schema import migrations
from sla_tracker.testing.company import a_duty
from sla_tracker.testing.store_contract import an_act, an_event, put
from tests.storage.factories import Databases

pytestmark = pytest.mark.postgres

ANNA = Person(id="anna", name="安娜", department="sales", logins=("anna \"'; DROP", "安娜"))
BERT = Person(id="bert", name="白特", department="o'brien", role=Role.HEAD)
PLACES = ("sales", "o'brien")


def visible(databases: Databases, database: str, login: str) -> bool:
    with closing(databases.store(database, login)) as store:
        return store.read(lambda tx: tx.get(Duty, a_duty().id)) is not None


def put_as_cron(databases: Databases, database: str, value: object) -> None:
    with closing(databases.store(database, "cron")) as store:
        put(store, value)


def test_the_script_can_be_run_by_an_administrator(databases: Databases) -> None:
    server = databases.server
    database = server.new_database()
    script = setup_sql([ANNA, BERT], PLACES, services=["cron"])
    command = [str(server.binaries / "psql"), "-v", "ON_ERROR_STOP=1", "-q", server.dsn(database)]
    outcome = subprocess.run(
        command,
        input=script,
        text=True,
        capture_output=True,
        check=False,
        env={**os.environ, "PGOPTIONS": ""},
    )
    assert outcome.returncode == 0, outcome.stderr
    put_as_cron(databases, database, a_duty(provider="sales", consumer="o'brien"))
    assert visible(databases, database, "安娜")
    assert visible(databases, database, "bert")


def test_what_stands_under_an_old_name_is_seen_by_the_renamed_department(databases: Databases) -> None:
    database = databases.server.new_database()
    old_names = {"before": ANNA.department}
    apply_setup(databases.server.dsn(database), [ANNA, BERT], PLACES, services=["cron"], old_names=old_names)
    put_as_cron(databases, database, a_duty(provider="before", consumer="before"))
    assert visible(databases, database, "安娜")
    assert not visible(databases, database, "bert")


def test_setting_up_again_changes_nothing_and_names_no_new_migration(databases: Databases) -> None:
    database = databases.server.new_database()
    dsn = databases.server.dsn(database)
    assert apply_setup(dsn, [ANNA, BERT], PLACES, services=["cron"]) == len(migrations())
    put_as_cron(databases, database, an_event())
    assert apply_setup(dsn, [ANNA, BERT], PLACES, services=["cron"]) == 0
    with closing(databases.store(database, "cron")) as store:
        assert store.sequence() == 1


def test_a_leaver_reads_nothing_any_more_and_who_moves_reads_the_other_side(databases: Databases) -> None:
    database = databases.server.new_database()
    dsn = databases.server.dsn(database)
    apply_setup(dsn, [ANNA, BERT], (*PLACES, "third"), services=["cron"], clock_tolerance=None)
    put_as_cron(databases, database, a_duty(provider="sales", consumer="finance"))
    assert visible(databases, database, "安娜")
    assert not visible(databases, database, "bert")
    apply_setup(dsn, [replace(BERT, department="sales", role=Role.STAFF)], PLACES, services=["cron"])
    assert visible(databases, database, "bert")
    with pytest.raises(StoreError, match="nobody in the database"):
        databases.store(database, "安娜")
    act = replace(an_act("sealed_month"), by="bert", at=datetime.now(UTC))
    with closing(databases.store(database, "bert")) as store, pytest.raises(Forbidden, match="seal_archive"):
        store.write(act, lambda tx: tx.seal("2026-11", [(Duty, a_duty().id)]))


@pytest.mark.parametrize(
    ("deputy_of", "place", "granted"),
    [("bert", "o'brien", True), ("", "o'brien", False), ("bert", "sales", False)],
)
def test_a_heads_deputy_may_stand_in(deputy_of: str, place: str, granted: bool) -> None:
    head = replace(BERT, deputy="anna" if deputy_of else "")
    script = setup_sql([head, replace(ANNA, department=place)], PLACES)
    assert ('GRANT sla_head TO "安娜";' in script) is granted
    assert ('GRANT sla_staff TO "安娜";' in script) is not granted


@pytest.mark.parametrize(
    ("people", "places", "words"),
    [
        ([ANNA, replace(ANNA, id="other")], PLACES, "two people"),
        ([replace(ANNA, logins=("x" * 64,))], PLACES, "63 bytes"),
        ([replace(ANNA, logins=("部" * 22,))], PLACES, "63 bytes"),
        ([replace(ANNA, logins=("a\0",))], PLACES, "63 bytes"),
        ([replace(ANNA, logins=("sla_owner",))], PLACES, "itself needs"),
        ([ANNA], ("部" * 19,), "63 bytes"),
    ],
)
def test_names_that_the_server_cannot_have_are_all_named(
    people: list[Person], places: tuple[str, ...], words: str
) -> None:
    with pytest.raises(ConfigError, match=words):
        setup_sql(people, places)


def test_a_newer_database_is_left_alone(databases: Databases) -> None:
    database = databases.new()
    databases.server.execute("INSERT INTO sla.migrations (version) VALUES (99)", database)
    with pytest.raises(StoreError, match="newer version"):
        apply_setup(databases.server.dsn(database), [ANNA], PLACES)


def test_a_login_that_may_not_set_up_changes_nothing(databases: Databases, database: str) -> None:
    with pytest.raises(StoreError, match="nothing was changed"):
        apply_setup(databases.dsn(database, "wang.fang"), [ANNA], PLACES)


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
    with closing(databases.store(restored, "wang.fang")) as store:
        put(store, an_event("e-2"))
        assert store.sequence() == anchor[0] + 1
    assert verify(databases.dsn(restored), [anchor]) == []
