"""A dealer whose pages are served, with quick passwords."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from argon2 import PasswordHasher

from sla_tracker.deployment.direct import DirectDeployment
from sla_tracker.deployment.web_access import passwords
from tests.dealer import a_dealer
from tests.web.site import RunningSite, give_passwords, running


@pytest.fixture
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash with little memory and time; one test keeps the real costs."""
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "hasher", lambda: cheap)
    passwords._dummy.cache_clear()


@pytest.fixture
def dealer(tmp_path: Path, quick_passwords: None) -> Iterator[DirectDeployment]:
    opened = a_dealer(tmp_path / "company")
    give_passwords(opened.folder, "wang.fang", "zhou.min", "lin.tao")
    yield opened
    opened.close()


@pytest_asyncio.fixture
async def site(dealer: DirectDeployment) -> AsyncIterator[RunningSite]:
    async with running(dealer) as made:
        yield made
