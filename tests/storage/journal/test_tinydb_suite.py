"""TinyDB's own tests, from its source distribution, pass with our tables in the place of its own."""

import re
import shutil
import subprocess
import sys
import tarfile
from importlib import metadata
from pathlib import Path

import pytest

EXCEPTIONS = {
    "test_tables.py::test_table_repr": "spells out the class names Table, MemoryStorage and JSONStorage",
}


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Fetch the tests of the TinyDB that is installed and put our fixtures where they look for theirs."""
    folder = tmp_path_factory.mktemp("tinydb")
    wanted = f"tinydb=={metadata.version('tinydb')}"
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--no-binary",
        ":all:",
        wanted,
    ]
    subprocess.run(command, cwd=folder, check=True, timeout=100)
    with tarfile.open(next(folder.glob("*.tar.gz"))) as tar:
        tar.extractall(folder, filter="data")
    tests = next(folder.glob("*/tests"))
    shutil.copy(Path(__file__).with_name("tinydb_suite.py"), tests / "conftest.py")
    (tests / "__init__.py").unlink()
    (tests.parent / "pyproject.toml").unlink()
    return tests


def test_tinydbs_own_suite(suite: Path) -> None:
    deselected = [f"--deselect={name}" for name in EXCEPTIONS]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-p",
        "no:cacheprovider",
        "-p",
        "no:asyncio",
        *deselected,
        ".",
    ]
    run = subprocess.run(command, cwd=suite, capture_output=True, text=True, timeout=100, check=False)
    assert run.returncode == 0, run.stdout[-5000:]
    counted = re.search(r"(\d+) passed, (\d+) deselected", run.stdout)
    assert counted is not None, run.stdout[-500:]
    assert int(counted[1]) >= 130
    assert int(counted[2]) == len(EXCEPTIONS)
