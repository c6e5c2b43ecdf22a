"""TinyDB's own tests, from its source distribution, pass with our tables in the place of its own."""

import re
import shutil
import subprocess
import sys
from hashlib import sha256
from importlib import metadata
from pathlib import Path

import pytest

from tests.packed import unpack
from tests.requirements import go_without

EXCEPTIONS = {
    "test_tables.py::test_table_repr": "spells out the class names Table, MemoryStorage and JSONStorage",
}


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Unpack the tests of the TinyDB that is installed and put our fixtures where they look for theirs.

    The set-up has fetched them by the hash of the lock (`make tinydb`); no test needs the network.
    """
    version = metadata.version("tinydb")
    source = Path(sys.prefix, "tinydb", f"tinydb-{version}.tar.gz")
    if not source.is_file():
        go_without("tinydb")
    assert sha256(source.read_bytes()).hexdigest() in _hashes_in_lock(version)
    folder = tmp_path_factory.mktemp("tinydb")
    unpack(source, folder)
    tests = next(folder.glob("*/tests"))
    shutil.copy(Path(__file__).with_name("tinydb_suite.py"), tests / "conftest.py")
    (tests / "__init__.py").unlink()
    (tests.parent / "pyproject.toml").unlink()
    return tests


def _hashes_in_lock(version: str) -> list[str]:
    lock = (Path(__file__).parents[3] / "requirements.lock").read_text(encoding="utf-8")
    pinned = re.search(rf"^tinydb=={re.escape(version)}((?: \\\n    --hash=sha256:\w+)+)", lock, re.MULTILINE)
    assert pinned is not None
    return re.findall(r"sha256:(\w+)", pinned[1])


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
