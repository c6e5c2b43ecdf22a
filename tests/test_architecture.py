"""The house stands as drawn: who imports whom, how long a file may be, what is called how."""

import ast
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CODE = ("sla_tracker", "plugins", "tests", "benchmarks", "tools")
MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 60

HEAVY = ("textual", "rich", "click", "pydantic", "tinydb", "psycopg", "apprise", "babel", "icalendar")
# What each headless part may load of the heavy ones; a part not written yet is found by the walls anyway.
HEADLESS = {
    "sla_tracker": set(),
    "sla_tracker.errors": set(),
    "sla_tracker.i18n": set(),
    "sla_tracker.domain": set(),
    "sla_tracker.services": set(),
    "sla_tracker.storage": set(),
    "sla_tracker.storage.tinydb": {"tinydb"},
    "sla_tracker.plugin_host": {"pydantic"},
    "sla_tracker.config": {"pydantic"},
    "sla_tracker.notify": set(),
    "sla_tracker.report": set(),
    "sla_tracker.deployment.direct": {"pydantic", "tinydb"},
    "sla_tracker.__main__": {"click", "pydantic", "tinydb"},
    "sla_tracker.cli": {"click"},
}
BANNED_WORDS = frozenset(
    {"task", "ticket", "item", "record", "data", "info", "manager", "util", "utils", "helper"}
)
# Names that an interface of tinydb, click or pluggy prescribes.
FOREIGN_NAMES = frozenset(
    {
        "sla_tracker/storage/journal/tinydb_tables.py: data",
        "sla_tracker/cli/main.py: info_name",
    }
)


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def defined_names(module: ast.Module) -> Iterator[str]:
    """Yield the names of the modules' own classes, functions, arguments and fields."""
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


def words(name: str) -> set[str]:
    return set(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_"))


def top_imports(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def exists(module: str) -> bool:
    path = ROOT.joinpath(*module.split("."))
    return path.with_suffix(".py").exists() or (path / "__init__.py").exists()


def test_the_import_contracts_hold() -> None:
    program = Path(sys.executable).with_name("lint-imports")
    outcome = subprocess.run([program, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert outcome.returncode == 0, outcome.stdout + outcome.stderr


def test_the_contracts_see_every_module() -> None:
    """A folder without `__init__.py` is invisible to import-linter, which then finds nothing wrong in it."""
    blind = {
        shown(path.parent)
        for path in sources("sla_tracker", "plugins")
        if not (path.parent / "__init__.py").exists()
    }
    assert blind == set()


def test_every_module_stands_in_a_layer() -> None:
    """What no layer names may import whatever it likes; the modules of `warm` stand in layers of their own."""
    walls = ConfigParser()
    walls.read(ROOT / ".importlinter", encoding="utf-8")
    layers = set(re.findall(r"[\w.]+", walls["importlinter:contract:layers"]["layers"]))
    deployment = ROOT / "sla_tracker"
    rooms = {path.parent.name for path in deployment.glob("*/__init__.py")} - {"warm"}
    modules = {path.stem for path in deployment.glob("*.py")} - {"__init__"}
    quick = {f"warm.{path.stem}" for path in deployment.glob("warm/*.py")} - {"warm.__init__"}
    assert {f"sla_tracker.{name}" for name in rooms | modules | quick} - layers == set()


def test_core_needs_only_the_standard_library_and_dateutil() -> None:
    allowed = sys.stdlib_module_names | {"dateutil"}
    foreign = {
        f"{shown(path)}: {name}"
        for path in sources("sla_tracker/core")
        for name in top_imports(path)
        if name.split(".")[0] not in allowed
        and not name.startswith(
            ("sla_tracker.domain", "sla_tracker.errors", "sla_tracker.domain.toml_reader")
        )
        and name != "sla_tracker"
    }
    assert foreign == set()


@pytest.mark.parametrize("module", [module for module in HEADLESS if exists(module)])
def test_a_headless_part_loads_nothing_heavy(module: str) -> None:
    script = (
        "import importlib, pkgutil, sys\n"
        f"part = importlib.import_module({module!r})\n"
        f"if {module in ('sla_tracker.domain', 'sla_tracker.services')}:\n"
        "    for found in pkgutil.walk_packages(part.__path__, part.__name__ + '.'):\n"
        "        importlib.import_module(found.name)\n"
        f"print(*sorted(set(sys.modules) & set({HEAVY!r})))\n"
    )
    environ = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "plugins")])}
    outcome = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environ, check=False
    )
    assert outcome.returncode == 0, outcome.stderr
    assert set(outcome.stdout.split()) <= HEADLESS[module]


@pytest.mark.parametrize("folder", CODE)
def test_no_file_is_too_long(folder: str) -> None:
    lengths = {shown(path): len(path.read_text(encoding="utf-8").splitlines()) for path in sources(folder)}
    assert {path: lines for path, lines in lengths.items() if lines >= MAX_FILE_LINES} == {}


@pytest.mark.parametrize("folder", CODE)
def test_no_function_is_too_long(folder: str) -> None:
    long = {
        f"{shown(path)}:{node.lineno} {node.name}": node.end_lineno - node.lineno + 1
        for path in sources(folder)
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno + 1 >= MAX_FUNCTION_LINES
    }
    assert long == {}


def test_one_word_for_one_idea() -> None:
    """`design` calls a duty a duty: not task, ticket, item or record."""
    wrong = {
        f"{shown(path)}: {name}"
        for path in sources("sla_tracker", "plugins")
        for name in {*defined_names(tree(path)), path.stem}
        if words(name) & BANNED_WORDS
    }
    assert wrong - FOREIGN_NAMES == set()


def test_nothing_prints_past_the_output_module() -> None:
    printing = {
        f"{shown(path)}:{node.lineno}"
        for path in sources("sla_tracker", "plugins", "tools")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert printing == set()


def test_only_the_clock_asks_what_time_it_is() -> None:
    """In core and desk `now` is an argument; one port supplies it."""
    asking = {
        f"{shown(path)}:{node.lineno} {node.func.attr}()"
        for path in sources("sla_tracker/core", "sla_tracker/desk")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"now", "utcnow", "today"}
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"datetime", "date", "dt"}
    }
    assert asking == set()


def test_instants_and_dates_carry_their_suffix() -> None:
    """A field of core that holds an instant ends in `_at`, one that holds a civil date in `_on`."""
    suffixes = {"datetime": ("_at", "_now", "_start", "_end"), "date": ("_on", "_start", "_end")}
    wrong = {
        f"{shown(path)}: {node.target.id}: {ast.unparse(node.annotation)}"
        for path in sources("sla_tracker/core")
        for parent in ast.walk(tree(path))
        if isinstance(parent, ast.ClassDef) and not parent.name.startswith("_")
        for node in parent.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        for kind in [ast.unparse(node.annotation).replace(" | None", "")]
        if kind in suffixes and not f"_{node.target.id}".endswith(suffixes[kind])
    }
    assert wrong == set()
