"""A dealer whose pages are served, with quick passwords."""

import shutil
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio
from argon2 import PasswordHasher

from sla_tracker.deployment.direct import DirectDeployment, open_deployment
from sla_tracker.deployment.web_access import passwords
from tests.dealer import a_dealer
from tests.web.chromium import chromium
from tests.web.site import RunningSite, give_passwords, running


@pytest.fixture
def quick_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hash with little memory and time; one test keeps the real costs."""
    cheap = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    monkeypatch.setattr(passwords, "hasher", lambda: cheap)
    passwords._dummy.cache_clear()


@pytest.fixture
def dealer(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, quick_passwords: None
) -> Iterator[DirectDeployment]:
    """Yield a dealer in which three people have a password: a copy of one that is made once."""
    made = tmp_path_factory.getbasetemp() / "dealer-with-passwords"
    if not made.exists():
        a_dealer(made).close()
        give_passwords(made, "wang.fang", "zhou.min", "lin.tao")
    shutil.copytree(made, tmp_path / "company")
    opened = open_deployment(tmp_path / "company")
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[int]:
    """Run one Chromium for all tests; yield the port of its protocol."""
    with chromium() as port:
        yield port


@pytest_asyncio.fixture
async def site(dealer: DirectDeployment) -> AsyncIterator[RunningSite]:
    async with running(dealer) as made:
        yield made
