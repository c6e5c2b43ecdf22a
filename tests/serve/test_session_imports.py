"""What sessions and chores of the service load: nothing that their generation could load once for all of them.

What a call costs is measured by the benchmark `serving_calls`: loading modules would be most of it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import pytest

from tests.serve.host import ADMIN, WANG, Host, a_host, descendants

pytestmark = pytest.mark.timeout(300)

IMPORTED = re.compile(r"^import time:\s+\d+ \|\s+\d+ \|\s*(\S+)$", re.MULTILINE)
READING = (
    "--help", "due", "show {}", "why {}", "subject 鄂F·12345", "score", "league", "forecast", "requests", "log"
)  # fmt: skip
WRITING = ("note {} x", "take {}", "deliver {} -e order-form -e delivery-form")
ADMINISTRATION = ("plugins", "imports", "access")


def imported(host: Host) -> Sequence[str]:
    return IMPORTED.findall(host.log.read_text(encoding="utf-8"))


def test_what_sessions_and_chores_need_is_loaded_before_them() -> None:
    with a_host(running=False) as host:
        host.variables["PYTHONPROFILEIMPORTTIME"] = "1"
        host.start()
        assert host.service is not None
        service = host.service.pid
        before = imported(host)
        assert "sla_tracker.serve.processes.preparation" in before
        reference = host.event()["opened"][0]["reference"]
        loaded = {}
        for login, commands in ((WANG, (*READING, *WRITING)), (ADMIN, ADMINISTRATION)):
            for command in commands:
                known = len(imported(host))
                host.call(login, *command.format(reference).split())
                loaded[command] = imported(host)[known:]
        host.wait_for(lambda: len(descendants(service)) == 1)  # the chores are done, too
        loaded["all of them and the chores"] = imported(host)[len(before) :]
    assert {who: modules for who, modules in loaded.items() if modules} == {}
