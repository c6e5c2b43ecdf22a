"""Services over a store on a server: staff have no login there, and several services share it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any

import pytest

from sla_tracker.storage.postgres import apply_setup, verify
from tests.serve.host import ADMIN, LI, SERVICE, STRANGER, WANG, Host, host_folder
from tests.serve.terminal import Terminal
from tests.storage.postgres_server import Server, running_server

pytestmark = pytest.mark.postgres
ROBOT = "robot"


@dataclass
class Company:
    """A database, and the hosts whose services share it."""

    server: Server
    database: str
    hosts: list[Host]

    @property
    def host(self) -> Host:
        return self.hosts[0]

    def execute(self, statement: str) -> list[tuple[Any, ...]]:
        return self.server.execute(statement, self.database)

    def sessions(self) -> int:
        """Return how many connections the services have at present."""
        ((count,),) = self.execute(
            f"SELECT count(*) FROM pg_stat_activity WHERE usename = '{ROBOT}' AND datname = current_database()"
        )
        return int(count)


@pytest.fixture(scope="module")
def company() -> Iterator[Company]:
    with ExitStack() as stack:
        server = stack.enter_context(running_server())
        database = server.new_database()
        apply_setup(server.dsn(database), [ROBOT])
        address = f"postgresql://{ROBOT}@/{database}?host={server.folder}&port={server.port}"
        hosts = [Host(stack.enter_context(host_folder())) for _ in range(2)]
        first, second = hosts
        stack.callback(lambda: [host.stop() for host in hosts if host.service is not None])
        first.make()
        first.keep_on_server(address)
        first.start()
        second.make()
        shutil.copy(first.settings, second.settings)
        shutil.chown(second.settings, SERVICE, SERVICE)
        second.variables["SLA_DATABASE_URL"] = address
        yield Company(server, database, hosts)


def test_staff_work_without_a_login_in_the_database(company: Company) -> None:
    host = company.host
    opened = host.event(WANG)["opened"]
    (sheet,) = (one["reference"] for one in opened if one["obligation"] == "decoration-sheet")
    host.call(WANG, "deliver", sheet, "--all-ticks", "-e", "amount=3")
    assert host.call(WANG, "accept", sheet, code=5).stdout == ""
    host.call(LI, "accept", sheet)
    history = [act["what"] for act in host.json(LI, "show", sheet)["duty"]["history"]]
    # The service reminds of it, too, if its minute is over just then.
    acts = [what for what in history if what != "reminded"]
    assert acts == ["registered_event", "delivered", "accepted"]
    host.call(STRANGER, "due", code=5)
    assert "as it was written" in host.call(ADMIN, "verify").stdout
    who = company.execute("SELECT DISTINCT login::text FROM sla.changes")
    assert who == [(ROBOT,)], "the service alone speaks to the database"
    signed = company.execute("SELECT via FROM sla.changes WHERE what = 'accepted'")
    assert signed[0][0].endswith(f":{LI}"), "and names the caller's login in each change"
    assert not os.access(host.deployment, os.R_OK) or os.geteuid() == 0


def test_a_terminal_that_idles_has_no_connection_and_hears_of_others_acts(company: Company) -> None:
    host = company.host
    with Terminal(host, WANG) as terminal:
        terminal.wait_for("1 ")
        host.wait_for(lambda: company.sessions() <= 1)  # the watcher's
        host.event(LI, subject="鄂F·77777")
        terminal.wait_for("77777")


def test_another_service_with_other_settings_is_named_and_with_other_people_nothing_is_changed(
    company: Company,
) -> None:
    first, second = company.hosts
    second.start()
    second.event(WANG, subject="鄂F·22222")
    assert "differs" not in first.call(WANG, "due").stderr
    assert "鄂F·22222" in first.call(WANG, "due", "--all").stdout
    second.change_settings("[serve]\n", '[serve]\n\n[access]\nreading = "own"\n')
    first.wait_for(lambda: "differs from this one in: settings" in first.call(WANG, "due").stderr)
    first.event(WANG, subject="鄂F·33333")
    second.change_settings('id = "sun.li"\n', 'id = "sun.li"\nlanguage = "en"\n')
    first.wait_for(lambda: "goes by other people" in first.call(WANG, "due").stderr)
    for host in company.hosts:
        said = host.call(WANG, "event", "add", "vehicle-delivered", "鄂F·4", "-f", "cash=no", code=6).stderr
        assert "goes by other people" in said
    second.stop()
    first.wait_for(lambda: "goes by other people" not in first.call(WANG, "due").stderr)
    first.event(WANG, subject="鄂F·5")


def test_nothing_was_written_that_does_not_fit(company: Company) -> None:
    assert verify(company.server.dsn(company.database, ROBOT)) == []
