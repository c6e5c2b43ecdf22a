"""A real standby is promoted under load: with it nothing acknowledged is lost; without, what may be lost is told."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest
from psycopg.conninfo import make_conninfo

from sla_tracker.domain.duties.event import Event
from sla_tracker.errors import ExitCode
from sla_tracker.storage.checkpoints import SeenHead, gone_back
from sla_tracker.storage.postgres import PostgresStore, verify
from sla_tracker.storage.postgres.connections import Unreachable
from sla_tracker.testing.store_contract import an_event, put
from tests.faults.test_postgres_faults import Effort, Writers
from tests.storage.factories import SERVICE, Databases
from tests.storage.postgres_server import Server, running_server, running_standby

pytestmark = pytest.mark.postgres
FOLLOWING = "SELECT sync_state FROM pg_stat_replication WHERE state = 'streaming'"


def until(happened: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


def address(database: str, *servers: Server) -> str:
    """Return the address of several hosts, of which that is taken which takes changes."""
    hosts, ports = (",".join(str(getattr(one, name)) for one in servers) for name in ("folder", "port"))
    return make_conninfo(host=hosts, port=ports, dbname=database, user=SERVICE)


@contextmanager
def a_pair() -> Iterator[tuple[Server, Server, str]]:
    """Run a server with a store, and a standby that follows it."""
    with running_server() as primary:
        database = Databases(primary).new()
        with running_standby(primary) as standby:
            until(lambda: bool(primary.execute(FOLLOWING)))
            yield primary, standby, database


def wait_for_standby(primary: Server, name: str) -> None:
    """Let commits wait for a standby from now on."""
    primary.execute(f"ALTER SYSTEM SET synchronous_standby_names = '{name}'")
    primary.execute("SELECT pg_reload_conf()")
    until(lambda: primary.execute(FOLLOWING) == [("sync",)])


def test_a_standby_that_confirms_is_promoted_under_load_and_nothing_acknowledged_is_lost(
    effort: Effort,
) -> None:
    for _ in range(effort(1, 5)):
        with a_pair() as (primary, standby, database):
            wait_for_standby(primary, "standby")
            both = address(database, primary, standby)
            writers = Writers(both, patience=60)
            assert writers.stores[0].replication().standbys[0].is_waited_for
            threads = writers.run(1_000_000)
            until(lambda: sum(writers.acknowledged) > 60)  # noqa: B023 - called at once
            primary.stop(signal.SIGKILL)
            with pytest.raises(Unreachable, match="Only a standby") as caught:
                PostgresStore.open(both)
            assert caught.value.exit_code is ExitCode.STORE
            standby.execute("SELECT pg_promote()")
            before = sum(writers.acknowledged)
            until(lambda: sum(writers.acknowledged) > before + 30)  # noqa: B023
            writers.stop.set()
            for thread in threads:
                thread.join()
            assert not writers.failures
            writers.check(writers.stores[0])
            writers.close()
            assert verify(both) == []


def test_without_waiting_for_it_the_last_changes_may_be_lost_and_that_is_noticed() -> None:
    with a_pair() as (primary, standby, database):
        both = address(database, primary, standby)
        with closing(PostgresStore.open(both, patience=30)) as store:
            found = store.replication()
            assert [(one.name, one.is_waited_for) for one in found.standbys] == [("standby", False)]
            put(store, an_event("followed"))
            last = primary.execute("SELECT pg_current_wal_flush_lsn()")[0][0]
            until(lambda: standby.execute(f"SELECT pg_last_wal_replay_lsn() >= '{last}'") == [(True,)])
            standby.execute("ALTER SYSTEM SET primary_conninfo = ''")
            standby.execute("SELECT pg_reload_conf()")
            until(lambda: not primary.execute(FOLLOWING))
            put(store, an_event("acknowledged"))
            seen = SeenHead(sequence=store.head()[0], hash=store.head()[1])
            primary.stop(signal.SIGKILL)
            standby.execute("SELECT pg_promote()")
            there = store.read(lambda tx: {one.id for one in tx.find(Event)})
            assert there == {"followed"}
            assert gone_back(store, seen) is not None, "whoever saw the lost change is told"


def test_a_standby_that_does_not_come_makes_commits_wait_and_doctor_says_so(
    databases: Databases, tmp_path: Path
) -> None:
    from sla_tracker.deployment.checks.host import failover
    from sla_tracker.storage.postgres.store import Replication, Standby

    one = Standby(name="db2", is_waited_for=True, behind_bytes=0)
    late = Standby(name="db2", is_waited_for=False, behind_bytes=4096)
    said = {
        "none": Replication(wanted="", waits=True, is_visible=True, standbys=()),
        "hidden": Replication(wanted="", waits=True, is_visible=False, standbys=()),
        "sync": Replication(wanted="db2", waits=True, is_visible=True, standbys=(one,)),
        "local": Replication(wanted="db2", waits=False, is_visible=True, standbys=(late,)),
        "async": Replication(wanted="", waits=True, is_visible=True, standbys=(late,)),
        "away": Replication(wanted="db2", waits=True, is_visible=True, standbys=()),
    }
    found = {name: failover(replication) for name, replication in said.items()}
    assert [name for name, finding in found.items() if not finding.well] == ["away"]
    assert "loses none" in found["sync"].sentence
    assert "4096 bytes" in found["async"].sentence
    assert found["local"].sentence == found["async"].sentence
    with closing(databases.store(databases.new())) as store:
        assert store.replication() == said["none"]
