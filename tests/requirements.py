"""Parts of a machine that not every machine has: a test without one is skipped, or fails where SLA_REQUIRE names it.

`SLA_REQUIRE=postgres,pythons` says that both are there; `.ci/run` names all that are to be there.
"""

from __future__ import annotations

import os
from typing import NoReturn

import pytest


def is_required(part: str) -> bool:
    """Say whether SLA_REQUIRE names the part."""
    return part in {name.strip() for name in os.environ.get("SLA_REQUIRE", "").split(",")}


def go_without(part: str, reason: str) -> NoReturn:
    """Skip the test with the reason, or fail where the part is required."""
    if is_required(part):
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
