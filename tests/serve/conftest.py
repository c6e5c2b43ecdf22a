"""A host whose service runs, for the tests of one module."""

from collections.abc import Iterator
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest

from sla_tracker.deployment.service import DeploymentService
from sla_tracker.serve.deployment import ServedDeployment
from tests.serve.host import Host, a_host


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with a_host() as made:
        yield made


@pytest.fixture(scope="module")
def quiet_host() -> Iterator[Host]:
    """Yield a host whose service does not run."""
    with a_host(running=False) as made:
        yield made


@pytest.fixture
def own_host() -> Iterator[Host]:
    """Yield a host of one test's own, for what the others would notice."""
    with a_host() as made:
        yield made


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[ServedDeployment]:
    """Yield a small deployment as the service has it open, in this process and for nobody."""
    folder = tmp_path / "company"
    DeploymentService().init(folder, config="minimal", trial=False, in_force_from=date(2026, 10, 1))
    with closing(ServedDeployment(folder)) as opened:
        opened.state_folder.mkdir()
        yield opened
        opened._caller = opened._conversation = None
