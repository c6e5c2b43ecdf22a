"""`sla due` over a store on a server: the start-up cache says the same as the store, without loading the driver."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import tomlkit

from sla_tracker.deployment.direct import DirectDeployment, open_deployment
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.quickstart import cache_file, libpq
from sla_tracker.quickstart.journal_tail import CacheInconclusive, CacheOutdated
from sla_tracker.services.departments import complaints
from sla_tracker.services.duties import operations
from sla_tracker.services.ports import Store
from sla_tracker.storage import transfer
from tests import test_quickstart
from tests.dealer import a_dealer
from tests.storage.factories import Databases
from tests.test_quickstart import LISTING, NOW, ROOT, UNWANTED, Saying, quickly, the_long_way

pytestmark = pytest.mark.postgres
VARIABLE = "SLA_DATABASE_URL"
saying = test_quickstart.saying
LOOKS = ((), ("--mine",), ("--all", "--json"), ("--department", "loan", "--owed-to-us"))


@pytest.fixture
def folder(tmp_path: Path, databases: Databases, database: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a dealer's trial on a server with something in every group, and leave its start-up cache."""
    monkeypatch.setenv("SLA_NOW", NOW)
    monkeypatch.setenv("SLA_LANG", "en")
    monkeypatch.delenv("SLA_DEPLOYMENT", raising=False)
    server = databases.server
    monkeypatch.setenv(VARIABLE, f"postgresql://service@/{database}?host={server.folder}&port={server.port}")
    place = tmp_path / "dealer"
    dealer = a_dealer(place)
    with closing_store(databases, database) as store:
        transfer.migrate(dealer.context.store, store, now=dealer.context.now())
    dealer.close()
    settings = tomlkit.parse((place / "sla_tracker.toml").read_text(encoding="utf-8"))
    settings["store"] = {"kind": "postgres"}
    (place / "sla_tracker.toml").write_text(tomlkit.dumps(settings), encoding="utf-8")
    for one in cache_file.places(place):
        one.unlink(missing_ok=True)
    open_deployment(place, writes_cache=True).close()
    return place


@contextmanager
def closing_store(databases: Databases, database: str) -> Iterator[Store]:
    store = databases.store(database)
    try:
        yield store
    finally:
        store.close()


@contextmanager
def opened(folder: Path) -> Iterator[DirectDeployment]:
    deployment = open_deployment(folder)
    try:
        yield deployment
    finally:
        deployment.close()


def owed(deployment: DirectDeployment) -> list[Duty]:
    own = deployment.context.store.read(
        lambda tx: tx.find(Duty, state=State.OPEN, provider=deployment.actor.department)
    )
    return sorted(own, key=lambda duty: duty.due_at)


def test_both_ways_say_the_same_before_and_after_others_acted(folder: Path, saying: Saying) -> None:
    before = saying(quickly, "--all", "--json")
    for look in LOOKS:
        assert saying(quickly, *look) == saying(the_long_way, *look)
    with opened(folder) as deployment:
        first, second, *_rest = owed(deployment)
        operations.take(deployment.context, deployment.actor, first.id)
        operations.note(deployment.context, deployment.actor, second.id, "“明天”补上'; \\")
    assert saying(quickly, "--all", "--json") != before
    for look in LOOKS:
        assert saying(quickly, *look) == saying(the_long_way, *look)


def test_what_may_make_it_wrong_takes_the_long_way(
    folder: Path,
    saying: Saying,
    databases: Databases,
    database: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def is_refused(reason: type[Exception]) -> None:
        with pytest.raises(reason):
            saying(quickly)

    execute = databases.server.execute
    ((last,),) = execute("SELECT hash FROM sla.changes ORDER BY sequence DESC LIMIT 1", database)
    number = "(SELECT max(sequence) FROM sla.changes)"
    execute(f"UPDATE sla.changes SET hash = 'another' WHERE sequence = {number}", database)
    is_refused(CacheInconclusive)  # the store went back, or was exchanged
    execute(f"UPDATE sla.changes SET hash = '{last}' WHERE sequence = {number}", database)
    execute("INSERT INTO sla.migrations (version) VALUES (999)", database)
    is_refused(CacheInconclusive)
    execute("DELETE FROM sla.migrations WHERE version = 999", database)
    assert saying(quickly)[2] == 0
    address = os.environ[VARIABLE]
    for wrong in ("", "postgresql://robot:pa/ss@db1/sla", "postgresql://a@b@c/sla", f"{address}&port=1"):
        monkeypatch.setenv(VARIABLE, wrong)
        is_refused(CacheInconclusive)
    monkeypatch.setenv(VARIABLE, address)
    with opened(folder) as deployment:
        whom = "loan" if deployment.actor.department != "loan" else "sales"
        complaints.lodge(deployment.context, deployment.actor, whom, "x")
    is_refused(CacheOutdated)


@pytest.mark.parametrize(
    "address",
    [
        "postgresql://sla@db1/sla",
        "postgres://sla:geheim%40@db1:5432,db2:5433/sla?sslmode=verify-full&sslrootcert=/etc/sla/root.crt",
        "postgresql://[::1]/sla",
        "host=/run/postgresql dbname=sla user=sla",
    ],
)
def test_usual_addresses_are_understood(address: str) -> None:
    assert libpq.PLAIN_ADDRESS.fullmatch(address)


def test_the_second_call_of_a_day_does_not_load_the_driver(folder: Path) -> None:
    environ = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "plugins")])}
    command = [sys.executable, "-c", LISTING, "--deployment", str(folder), "due"]
    outcome = subprocess.run(command, capture_output=True, text=True, env=environ, check=True)
    assert set(outcome.stderr.split()) & {*UNWANTED, "psycopg"} == set()
    assert outcome.stdout
