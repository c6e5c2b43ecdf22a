"""The command line that these tests type into."""

from pathlib import Path

import pytest

from sla_tracker.cli.deployments import CONFIG_FILE
from sla_tracker.testing.company import a_context
from tests.cli.dealership import a_dealership
from tests.cli.runner import Line, TestDeployments


@pytest.fixture
def deployments(tmp_path: Path) -> TestDeployments:
    (tmp_path / CONFIG_FILE).write_text("", encoding="utf-8")
    return TestDeployments(folder=tmp_path, context=a_context(trial=True))


@pytest.fixture
def line(deployments: TestDeployments) -> Line:
    return Line(deployments)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Make a dealer's trial on an embedded store."""
    return a_dealership(tmp_path / "dealer")
