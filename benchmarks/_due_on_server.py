"""Measures `sla due` on PostgreSQL beside the embedded store, directly and through a service, by CPU time."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import NamedTuple

from benchmarks._limits import at_most, not_measured
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.storage.postgres import apply_setup
from tests.serve.host import WANG, Host, descendants, host_folder
from tests.storage.postgres_server import Server, programs, running_server

DIRECTLY, THROUGH_SERVICE = 3.0, 1.5  # highest ratio to the embedded store
ROUNDS = 11
CALLS = 12  # of one round through a service: its processor time is counted in hundredths of a second
EVENTS = 8
LOGIN = "robot"
TICKS = os.sysconf("SC_CLK_TCK")
EMBEDDED, ON_SERVER = "embedded", "on a server"


class Call(NamedTuple):
    """A command with its environment."""

    command: Sequence[str]
    environ: Mapping[str, str]


def main() -> None:
    """Print the figures, and which limits are missed."""
    if programs() is None or os.geteuid() != 0:
        not_measured("a store on a server, without root and the programs of a PostgreSQL server")
        return
    with running_server() as server:
        direct = directly(server)
        print(f"due on PostgreSQL / embedded, directly             {direct:.2f}  (at most {DIRECTLY})")
        at_most(direct, DIRECTLY, "a list on PostgreSQL / embedded, directly")
        served = through_services(server)
    print(f"due on PostgreSQL / embedded, through the service  {served:.2f}  (at most {THROUGH_SERVICE})")
    at_most(served, THROUGH_SERVICE, "a list on PostgreSQL / embedded, through the service")


def address_of(server: Server) -> str:
    """Return the address of a new database that is set up."""
    database = server.new_database()
    apply_setup(server.dsn(database), [LOGIN])
    return f"postgresql://{LOGIN}@/{database}?host={server.folder}&port={server.port}"


def directly(server: Server) -> float:
    """Return the ratio of two whole processes, after both wrote their start-up cache."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        environ = os.environ | {
            "XDG_CACHE_HOME": str(folder / "cache"),
            "XDG_STATE_HOME": str(folder / "state"),
            "SLA_LANG": "zh_CN",
            "SLA_DATABASE_URL": address_of(server),
        }
        calls = {}
        for kind in (EMBEDDED, ON_SERVER):
            place = folder / kind.replace(" ", "-")
            DeploymentService().init(
                place, config="dealership", trial=False, in_force_from=date(2026, 10, 1), admin="root"
            )
            sla = [sys.executable, "-m", "sla_tracker", "--deployment", str(place)]
            if kind is ON_SERVER:
                settings = place / "sla_tracker.toml"
                text = settings.read_text(encoding="utf-8")
                settings.write_text(text.replace('kind = "tinydb"', 'kind = "postgres"'), encoding="utf-8")
            for number in range(EVENTS):
                words = ["event", "add", "vehicle-delivered", f"鄂F·1000{number}", "-f", "cash=no"]
                subprocess.run([*sla, *words], env=environ, capture_output=True, check=True)
            calls[kind] = Call([*sla, "due", "--all"], environ)
        return ratio_of(calls)


def ratio_of(calls: Mapping[str, Call]) -> float:
    """Return the ratio of the medians of calls that take turns."""
    found: dict[str, list[float]] = {kind: [] for kind in calls}
    shown = {}
    for _ in range(ROUNDS + 2):
        for kind, call in calls.items():
            before = of_children()
            done = subprocess.run(call.command, env=call.environ, capture_output=True, check=True)
            found[kind].append(of_children() - before)
            shown[kind] = done.stdout.count(b"\n")
    assert shown[EMBEDDED] == shown[ON_SERVER] > EVENTS, "the lists are not the same"
    embedded, on_server = (statistics.median(found[kind][2:]) for kind in (EMBEDDED, ON_SERVER))
    print(f"due directly: embedded {embedded * 1000:.0f} ms, on PostgreSQL {on_server * 1000:.0f} ms of CPU")
    return on_server / embedded


def of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@contextmanager
def a_service(address: str = "") -> Iterator[Host]:
    """Yield a host whose service runs, on a server where an address is given."""
    with host_folder() as root:
        host = Host(root)
        host.make()
        host.change_settings("[serve]", "[serve]\ncommands = 100\ncalls_per_second = 1000")
        if address:
            host.keep_on_server(address)
        host.start()
        try:
            yield host
        finally:
            host.stop()


def through_services(server: Server) -> float:
    """Return the ratio of client and service together."""
    with ExitStack() as stack:
        hosts = {
            EMBEDDED: stack.enter_context(a_service()),
            ON_SERVER: stack.enter_context(a_service(address_of(server))),
        }
        found: dict[str, list[float]] = {kind: [] for kind in hosts}
        for number in range(EVENTS):
            for host in hosts.values():
                host.event(WANG, f"鄂F·1000{number}")
        for _ in range(ROUNDS):
            for kind, host in hosts.items():
                found[kind].append(of_calls(host))
    embedded, on_server = (statistics.median(found[kind]) for kind in (EMBEDDED, ON_SERVER))
    print(f"due served: embedded {embedded * 1000:.0f} ms, on PostgreSQL {on_server * 1000:.0f} ms of CPU")
    return on_server / embedded


def of_calls(host: Host) -> float:
    """Return the processor seconds of a call: its client's, and those of all processes of the service."""
    command, environ, home = host.call_words(WANG, "due", "--all")
    before = of_children() + of_service(host)
    for _ in range(CALLS):
        done = subprocess.run(command, env=environ, cwd=home, capture_output=True, check=True)
        assert done.stdout.count(b"\n") > EVENTS
    return (of_children() + of_service(host) - before) / CALLS


def of_service(host: Host) -> float:
    """Return the processor seconds of a service's processes, with those of the sessions that ended."""
    assert host.service is not None
    ticks = 0
    for pid in (host.service.pid, *descendants(host.service.pid)):
        with suppress(FileNotFoundError, ProcessLookupError):  # an ended process is in its parent's times
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
    return ticks / TICKS


if __name__ == "__main__":
    main()
