"""A plugin of another company is built, installed with pip, found by its entry point, and does its work."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SAMPLE = ROOT / "docs" / "sample_plugin"

TRY_IT = """
import io, logging, sys
from datetime import UTC, datetime
from pathlib import Path
from sla_tracker import Change, Letter
from sla_tracker.services.ports import Act
from sla_tracker.plugin_host.loading import load_plugins

log = io.StringIO()  # what a plugin prints itself reaches no stdout
logging.basicConfig(stream=log, level=logging.INFO, format="%(message)s")
host = load_plugins(enabled=["clinic"])
(found,) = [plugin for plugin in host.plugins if plugin.name == "clinic"]
print(found.state, found.version, found.reason, sorted(host.catalogue.obligations))
at = datetime(2026, 11, 20, tzinfo=UTC)
host.observe(Change(sequence=7, act=Act(what="delivered", by="x", at=at), touched=()))
print(log.getvalue(), end="")
notifier = host.notifiers["spool"]({"folder": sys.argv[1]})
letter = Letter(key="k1", recipient="x", address="", subject="到期", text="今天", at=at)
print(notifier.send(letter).result, Path(sys.argv[1], "k1.txt").read_text("utf-8").split())
"""


def run(*arguments: str, **environ: str) -> str:
    outcome = subprocess.run(
        [sys.executable, *arguments], env=os.environ | environ, capture_output=True, text=True, check=False
    )
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr
    return outcome.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("clinic")
    offline = ("--no-deps", "--no-index", "--disable-pip-version-check", "--quiet")
    source = folder / "source"
    source.mkdir()
    for path in sorted(SAMPLE.rglob("*")):
        if path.suffix in (".py", ".toml"):
            copy = source / path.relative_to(SAMPLE)
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(path.read_bytes())
    wheels = folder / "wheels"
    run("-m", "pip", "wheel", *offline, "--no-build-isolation", "--wheel-dir", str(wheels), str(source))
    (wheel,) = wheels.glob("*.whl")
    run("-m", "pip", "install", *offline, "--target", str(folder / "site"), str(wheel))
    return folder


def test_it_is_found_and_works(installed: Path) -> None:
    paths = os.pathsep.join([str(installed / "site"), str(ROOT)])
    said = run("-c", TRY_IT, str(installed / "spool"), PYTHONPATH=paths, PYTHONIOENCODING="utf-8")
    assert said.splitlines() == [
        "active 1.2.0  ['lab-result']",
        "7 delivered",
        "sent ['到期', '今天']",
    ]
