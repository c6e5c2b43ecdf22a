"""The command line that these tests type into."""

from pathlib import Path

import pytest

from sla_tracker.cli.doors import CONFIG_FILE
from sla_tracker.testing.company import a_desk
from tests.cli.front import Line, TestDoors


@pytest.fixture
def doors(tmp_path: Path) -> TestDoors:
    (tmp_path / CONFIG_FILE).write_text("", encoding="utf-8")
    return TestDoors(folder=tmp_path, desk=a_desk(trial=True))


@pytest.fixture
def line(doors: TestDoors) -> Line:
    return Line(doors)
