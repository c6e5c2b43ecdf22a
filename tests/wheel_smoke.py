"""Installs the wheel alone into an empty environment and does the program's main job there.

`python tests/wheel_smoke.py dist/NAME.whl`; not a pytest module, because it needs a built wheel and a registry.
"""

import json
import os
import subprocess
import sys
import tempfile
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
# Sources of what the wheel carries compiled.
LEFT_OUT = frozenset({".po"})

INSIDE = """
import json
from importlib.metadata import entry_points
from pathlib import Path
import sla_tracker
from sla_tracker import locale
from sla_tracker.config.locate import packaged_config, packaged_configs
locale.use("zh_CN")
print(json.dumps({
    "package": str(Path(sla_tracker.__file__).parent),
    "configs": {name: packaged_config(name).read_text("utf-8") for name in packaged_configs()},
    "plugins": {point.name: point.load().__name__ for point in entry_points(group="sla_tracker")},
    "catalogue": locale.gettext("There is no obligation “{id}”; there are {known}."),
}))
"""


def main(wheel: Path) -> int:
    """Install, look inside, and run from the start to a list of what is due."""
    with tempfile.TemporaryDirectory(prefix="sla-wheel-") as scratch:
        place = Path(scratch)
        venv.create(place / "env", with_pip=True)
        run(
            place,
            "python",
            "-m",
            "pip",
            "install",
            "--quiet",
            "--disable-pip-version-check",
            str(wheel.resolve()),
        )
        look_inside(place)
        do_the_main_job(place)
    sys.stdout.write("The wheel stands alone.\n")
    return 0


def look_inside(place: Path) -> None:
    """Compare what was installed with what the repository holds."""
    found = json.loads(run(place, "python", "-c", INSIDE))
    package = Path(found["package"])
    assert place in package.parents, package
    assert found["configs"] == {path.stem: path.read_text("utf-8") for path in ROOT.glob("configs/*.toml")}
    assert found["plugins"], "no plugin is offered"
    assert "义务" in found["catalogue"], found["catalogue"]
    lost = [name for name in tracked() if not (package.parent / name).exists()]
    assert lost == [], lost


def do_the_main_job(place: Path) -> None:
    """Begin a trial deployment and list its duties."""
    deployment = str(place / "trial")
    run(place, "sla", "--version")
    run(place, "sla", "init", "--trial", deployment, "--config", "dealership")
    json.loads(run(place, "sla", "--deployment", deployment, "due", "--json"))
    run(place, "sla", "--deployment", deployment, "plugins")


def tracked() -> list[str]:
    """List the repository's files under the names the wheel gives them."""
    listed = (
        subprocess.run(
            ["git", "ls-files", "-z", "sla_tracker", "plugins"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=True,
        )
        .stdout.rstrip("\0")
        .split("\0")
    )
    return [name.removeprefix("plugins/") for name in listed if Path(name).suffix not in LEFT_OUT]


def run(place: Path, program: str, *arguments: str) -> str:
    """Run one of the new environment's programs from an empty folder and return what it says."""
    empty = place / "empty"
    empty.mkdir(exist_ok=True)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("SLA_", "PYTHON"))}
    outcome = subprocess.run(
        [place / "env" / "bin" / program, *arguments],
        cwd=empty,
        env=environ | {"HOME": str(empty)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=600,
    )
    assert outcome.returncode == 0, f"{program} {' '.join(arguments)} ended with {outcome.returncode}"
    return outcome.stdout


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
