"""What lies in the repository: a lock without addresses, reasons for dependencies, nothing of one machine."""

import re
import subprocess
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from sla_tracker.version import VERSION

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
LOCK = (ROOT / "requirements.lock").read_text(encoding="utf-8")
# The registry's own address, a mirror's simple index, or a file share of one.
REGISTRY = re.compile(
    r"(pypi\.org|pythonhosted|registry\.npmjs|debian\.org/debian|://[^\s\"']+/simple\b)", re.IGNORECASE
)
MACHINE_PATH = re.compile(
    r"(?<![\w.$}/])(/((root|home/\w+|Users/\w+|work)/|opt/(pypi|wheels))|[A-Z]:\\Users\\)"
)
BINARY = frozenset({".png", ".gif", ".gz", ".ico", ".xlsx"})


@cache
def tracked() -> tuple[Path, ...]:
    """List the files that belong to the product: git's own, or all of an unpacked source archive."""
    outcome = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if outcome.returncode == 0 and outcome.stdout:
        return tuple(path for name in outcome.stdout.split("\0") if name and (path := ROOT / name).is_file())
    return tuple(
        path
        for path in ROOT.rglob("*")
        if path.is_file() and not path.relative_to(ROOT).parts[0].startswith(".")
    )


def texts() -> Iterator[tuple[str, str]]:
    for path in tracked():
        if path.suffix not in BINARY and path != Path(__file__).resolve():
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")


def requirements() -> list[str]:
    project = PROJECT["project"]
    extras = [one for group in project["optional-dependencies"].values() for one in group]
    return [*project["dependencies"], *extras, *PROJECT["dependency-groups"]["dev"]]


def pinned() -> dict[str, str]:
    return dict(re.findall(r"^([\w.-]+)==(\S+)", LOCK, re.MULTILINE))


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("requirement", requirements())
def test_a_dependency_has_a_floor_a_reason_and_a_pin(requirement: str) -> None:
    assert re.search(r"(>=|==)\d", requirement), "without a floor a resolver may silently take an old release"
    lines = (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
    assert any(f'"{requirement}"' in line and "  # " in line for line in lines), (
        "say what it is for, on its line"
    )
    (name,) = re.findall(r"^[\w.-]+", requirement)
    assert normal(name) in pinned(), "run `make lock`"


def test_every_pin_of_the_lock_has_hashes() -> None:
    blocks = re.split(r"\n(?=\S)", LOCK.strip())
    assert len(blocks) == len(pinned()) > 20
    assert [block.split("\n")[0] for block in blocks if "--hash=sha256:" not in block] == []


def test_the_lock_names_no_address() -> None:
    assert re.findall(r"://|--index-url|--extra-index-url|--find-links| @ ", LOCK) == []


def test_no_other_lock_is_committed() -> None:
    assert {path.name for path in tracked()} & {
        "uv.lock",
        "pylock.toml",
        "poetry.lock",
        "Pipfile.lock",
    } == set()


def test_no_file_names_a_registry_or_one_machine() -> None:
    found = {
        f"{name}: {match.group()}"
        for name, text in texts()
        for pattern in (REGISTRY, MACHINE_PATH)
        for match in pattern.finditer(text)
    }
    assert found == set()


def test_entry_points_exist_where_the_wheel_puts_them() -> None:
    for target in PROJECT["project"]["entry-points"]["sla_tracker"].values():
        places = (ROOT.joinpath(*target.split(".")), ROOT.joinpath("plugins", *target.split(".")))
        assert any(place.with_suffix(kind).exists() for place in places for kind in (".py", ".toml")), target


def test_every_plugin_is_packed() -> None:
    packed = set(PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"])
    there = {f"plugins/{path.parent.name}" for path in (ROOT / "plugins").glob("*/__init__.py")}
    assert packed == {"sla_tracker", *there}


def test_the_change_log_names_the_version() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[:2] == ["Unreleased", VERSION] or headings[0] == VERSION


def test_text_files_are_tidy() -> None:
    untidy = [
        name
        for name, text in texts()
        if Path(name).suffix in {".py", ".toml", ".md", ".po", ".tcss", ".sh"}
        and (not text.endswith("\n") if text else False)
    ]
    assert untidy == []
