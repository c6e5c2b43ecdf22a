"""Parts of a machine that not every machine has: a test without one is skipped, or fails where SLA_REQUIRE names it.

`make test` needs Python only. `SLA_REQUIRE=postgres,pythons` says that both are there; `.ci/run` installs what
a test asks for and names it; the other names of PARTS are known and asked for by no test yet.
"""

from __future__ import annotations

import os
from typing import NoReturn

import pytest

PARTS = {
    "postgres": "the programs of a PostgreSQL server (Debian: postgresql)",
    "pythons": "two Pythons from 3.11 on, on the PATH or from pyenv",
    "logins": "root, and other logins to call as",
    "systemd": "the programs of systemd (Debian: systemd)",
    "chromium": "a browser (Debian: chromium)",
    "curl": "the program curl (Debian: curl)",
    "make": "the program make (Debian: make)",
    "calc": "a spreadsheet program (Debian: libreoffice-calc-nogui)",
    "ssh": "a server and a client of SSH (Debian: openssh-server, openssh-client)",
    "calendars": "programs that read calendars (Debian: khal, todoman, vdirsyncer)",
    "tinydb": "TinyDB's source in the environment (make tinydb)",
}


def is_required(part: str) -> bool:
    """Say whether SLA_REQUIRE names the part; a name that is none is an error, else it would require nothing."""
    named = {name.strip() for name in os.environ.get("SLA_REQUIRE", "").split(",")} - {""}
    unknown = {part, *named} - PARTS.keys()
    if unknown:
        pytest.fail(
            f"SLA_REQUIRE knows {', '.join(PARTS)}, and not {', '.join(sorted(unknown))}", pytrace=False
        )
    return part in named


def go_without(part: str, reason: str = "") -> NoReturn:
    """Skip the test with the reason, or fail where the part is required."""
    reason = reason or f"needs {PARTS.get(part, part)}"
    if is_required(part):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
