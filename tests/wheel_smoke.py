"""Installs the wheel alone into an empty environment and does the program's main job there; then the source archive.

`python tests/wheel_smoke.py dist/NAME.whl [dist/NAME.tar.gz]`, the wheel only without an archive, which any Python can
do; not a pytest module, because it needs what was built and a registry.
"""

import json
import os
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
# Sources of what the wheel carries compiled.
LEFT_OUT = frozenset({".po"})

# What the plugins, settings, words and looks are that an installation has; run inside it.
INSIDE = """
import json
from importlib.metadata import entry_points
from pathlib import Path
import sla_tracker
from sla_tracker import i18n
from sla_tracker.config.locate import packaged_config, packaged_configs
from sla_tracker.plugin_host.loading import load_plugins
offered = [point.name for point in entry_points(group="sla_tracker")]
i18n.use("zh_CN")
package = Path(sla_tracker.__file__).parent
print(json.dumps({
    "package": str(package),
    "configs": {name: packaged_config(name).read_text("utf-8") for name in packaged_configs()},
    "plugins": {one.name: one.state for one in load_plugins(enabled=offered).plugins},
    "catalogue": i18n.gettext("There is no obligation “{id}”; there are {known}. sla agree list --all lists them all."),
    "styles": sorted(str(path.relative_to(package)) for path in package.rglob("*.tcss")),
}))
"""
PACKS = {"china", "dealership-hr", "dealership-sales", "month-end"}
PIP = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
FRIDAY = "2026-11-20T14:00:00+08:00"


def main(wheel: Path, sources: Path | None = None) -> int:
    """Install, look inside, and run from the start to a list of what is due."""
    with tempfile.TemporaryDirectory(prefix="sla-wheel-") as scratch:
        place = Path(scratch)
        venv.create(place / "env", with_pip=True)
        run(place, "python", *PIP, str(wheel.resolve()))
        found = look_inside(place)
        do_the_main_job(place)
        if sources is not None:
            look_into_the_checkout(place, found)
            install_from_the_sources(place, sources, found)
            take_in_another_companys_plugin(place)
    sys.stdout.write("The wheel stands alone" + (", and so do the sources.\n" if sources else ".\n"))
    return 0


def look_inside(place: Path) -> dict[str, Any]:
    """Compare what was installed with what the repository holds, and return what it found."""
    found: dict[str, Any] = json.loads(run(place, "python", "-c", INSIDE))
    package = Path(found.pop("package"))
    assert place in package.parents, package
    assert found["configs"] == {path.stem: path.read_text("utf-8") for path in ROOT.glob("configs/*.toml")}
    assert {name for name, state in found["plugins"].items() if state == "active"} >= PACKS, found["plugins"]
    assert "约定" in found["catalogue"], found["catalogue"]
    assert found["styles"] == sorted(
        str(path.relative_to(ROOT / "sla_tracker")) for path in ROOT.glob("sla_tracker/**/*.tcss")
    )
    lost = [name for name in tracked() if not (package.parent / name).exists()]
    assert lost == [], lost
    return found


def do_the_main_job(place: Path) -> None:
    """Play some days of a trial deployment, from an event to a closed month and a backup."""
    folder = str(place / "trial")
    assert "(" in run(place, "sla", "--version"), "it does not name the commit it was built from"
    run(place, "sla", "init", "--trial", folder, "--config", "dealership", "--in-force-from", "2026-10-01")

    def sla(*words: str, person: str = "wang.fang") -> str:
        return run(place, "sla", "--deployment", folder, "--as", person, *words)

    def due() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(sla("due", "--all", "--json"))["duties"]
        return found

    fields = ("--at", "2026-11-20 10:00", "-f", "cash=no")
    opened = json.loads(sla("event", "add", "vehicle-delivered", "鄂F·12345", *fields, "--json"))["opened"]
    duty = next(one for one in due() if one["id"] in {mine["id"] for mine in opened} and is_sales(one))
    reference = duty["reference"]
    assert sla("why", reference).strip()
    deliver = ("deliver", reference, *evidence(sla("show", reference, "--json")))
    sla(*deliver)
    sla("return", reference, "--reason", "客户没有签字", person="li.na")
    assert state(sla("show", reference, "--json")) == "open"
    sla(*deliver)
    sla("accept", reference, person="li.na")
    assert state(sla("show", reference, "--json")) == "accepted"
    assert "dealership-sales" in sla("plugins")
    sla("config", "check")
    sla("plugin", "new", "workshop", "--zh", "车间", "--consumer", "finance")
    sla("plugin", "use", "workshop", "--yes", person="lin.tao")
    assert "workshop" in sla("plugins")
    assert "期限" in sla("--lang", "zh", "due", "--all")
    assert "Due" in sla("--lang", "en", "due", "--all")
    sla("period", "close", "2026-10", "--missed", person="lin.tao")
    sla("backup", str(place / "store.backup"))
    sla("verify")


def take_in_another_companys_plugin(place: Path) -> None:
    """Install the sample plugin beside the wheel and enable it in a deployment."""
    run(place, "python", *PIP, str(ROOT / "docs" / "sample_plugin"))
    folder = place / "clinic"
    run(place, "sla", "init", "--trial", str(folder), "--config", "minimal")
    settings = folder / "sla_tracker.toml"
    text = settings.read_text("utf-8")
    settings.write_text(text.replace('enabled = ["china"]', 'enabled = ["china", "clinic"]'), "utf-8")
    listed = json.loads(run(place, "sla", "--deployment", str(folder), "plugins", "--json"))["plugins"]
    assert {one["name"]: one["state"] for one in listed}["clinic"] == "active", listed


def look_into_the_checkout(place: Path, wheel: dict[str, Any]) -> None:
    """Find in the editable install that runs this what the wheel has."""
    found: dict[str, Any] = json.loads(started(place, Path(sys.executable), "-c", INSIDE))
    assert Path(found.pop("package")) == ROOT / "sla_tracker"
    assert found.pop("plugins").keys() == wheel["plugins"].keys()
    assert found.items() <= wheel.items()


def install_from_the_sources(place: Path, sources: Path, wheel: dict[str, Any]) -> None:
    """Put what the source archive builds in the wheel's place and find the same in it; nothing is fetched to build."""
    run(place, "python", *PIP, *PROJECT["build-system"]["requires"])
    replaced = ("--force-reinstall", "--no-deps", "--no-build-isolation")
    run(place, "python", *PIP, *replaced, str(sources.resolve()))
    assert look_inside(place) == wheel, "the archive builds another wheel than the checkout"
    run(place, "sla", "--deployment", str(place / "trial"), "due", "--all")


def is_sales(duty: dict[str, Any]) -> bool:
    """Say whether a duty is one of the sales department towards finance."""
    return (duty["provider"], duty["consumer"], duty["state"]) == ("sales", "finance", "open")


def evidence(shown: str) -> list[str]:
    """Return options that give every piece of evidence a duty asks for."""
    samples = {"number": "1200.50", "date": "2026-11-20", "tick": "yes"}
    fields = json.loads(shown)["duty"]["evidence"]
    return [word for one in fields for word in ("-e", f"{one['id']}={samples.get(one['kind'], 'x')}")]


def state(shown: str) -> str:
    """Return the state of a duty."""
    return str(json.loads(shown)["duty"]["state"])


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
    """Run one of the new environment's programs and return what it says."""
    return started(place, place / "env" / "bin" / program, *arguments)


def started(place: Path, program: Path, *arguments: str) -> str:
    """Run a program from an empty folder, without the caller's settings, and return what it prints."""
    empty = place / "empty"
    empty.mkdir(parents=True, exist_ok=True)
    environ = {name: value for name, value in os.environ.items() if not name.startswith(("SLA_", "PYTHON"))}
    outcome = subprocess.run(
        [program, *arguments],
        cwd=empty,
        env=environ | {"HOME": str(empty), "SLA_NOW": FRIDAY, "PYTHONIOENCODING": "utf-8"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
        timeout=600,
    )
    assert outcome.returncode == 0, f"{program.name} {' '.join(arguments)} ended with {outcome.returncode}"
    return outcome.stdout


if __name__ == "__main__":
    sys.exit(main(*map(Path, sys.argv[1:])))
