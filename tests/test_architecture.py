"""The layout: which layer imports which, sizes of files and folders, names."""

import ast
import os
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from configparser import ConfigParser
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
CODE = ("sla_tracker", "plugins", "tests", "benchmarks", "tools")
MAX_FILE_LINES = 600
MAX_FUNCTION_LINES = 60
MAX_FOLDER_FILES = 16
MAX_LAYERS = 9
MAX_SUMMARY = 80  # characters of a docstring's first line

HEAVY = ("textual", "rich", "click", "pydantic", "tinydb", "psycopg", "apprise", "babel", "icalendar")
# What each headless part may load of the heavy ones; a part not written yet is found by the walls anyway.
BELOW_DOMAIN = (
    "sla_tracker.domain",
    "sla_tracker.digests",
    "sla_tracker.errors",
    "sla_tracker.value_class",
)
# What `sla show` loads, by its imports.
OF_SHOW = (
    "sla_tracker.cli.main",
    "sla_tracker.cli.commands.duties.show",
    "sla_tracker.deployment.service",
    "sla_tracker.deployment.verification",
    "sla_tracker.storage.tinydb",
)
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
    # Metaphors that the first version used for its parts.
    | {
        "desk",
        "house",
        "door",
        "doors",
        "rooms",
        "bench",
        "deed",
        "deeds",
        "matter",
        "matters",
        "warm",
        "glance",
    }
    | {
        "glimpse",
        "wish",
        "wished",
        "brief",
        "briefs",
        "charter",
        "misfits",
        "surroundings",
        "masthead",
        "outlook",
    }
)
# Names that an interface of tinydb, click or syslog prescribes, a stored verb, and one that the store still has.
FOREIGN_NAMES = frozenset(
    {
        "sla_tracker/storage/journal/tinydb_tables.py: data",
        "sla_tracker/storage/postgres/parameters.py: item",
        "sla_tracker/storage/syslog.py: USER_INFO",  # of syslog's LOG_USER and LOG_INFO
        "sla_tracker/cli/main.py: info_name",
        "sla_tracker/domain/duties/complaint.py: RECORD",
    }
)
# What reads the day on which a person leaves, and why.
LEFT_ON_READERS = {
    "sla_tracker/domain/people.py": "says who is here",
    "sla_tracker/config/last_good.py": "reads settings",
    "sla_tracker/config/sections/people.py": "reads settings",
    "sla_tracker/quickstart/cache_writer.py": "keeps it",
    "sla_tracker/cli/commands/admin/person.py": "shows it",
    "sla_tracker/deployment/checks/people.py": "names the day on which the last administrator leaves",
}
Documented = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef


def sources(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


def shown(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def defined_names(module: ast.Module) -> Iterator[str]:
    """Yield the names of a module's own classes, functions, arguments, fields and variables."""
    for node in ast.walk(module):
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id
        elif isinstance(node, ast.Assign):
            found = (one for target in node.targets for one in ast.walk(target))
            yield from (one.id for one in found if isinstance(one, ast.Name))


def words(name: str) -> set[str]:
    return set(re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().split("_"))


def top_imports(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imported_modules(path: Path) -> set[str]:
    """Return the modules of the package that a file imports, anywhere in it; the public API counts for none."""
    found: set[str] = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            submodules = {f"{node.module}.{alias.name}" for alias in node.names}
            inside = {module for module in submodules if exists(module)}
            found.update(inside or {node.module})
    own = "" if module_name(path) == "sla_tracker" else "sla_tracker."
    return {module for module in found if own and module.startswith(own)} - {module_name(path)}


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
    """A module that no layer names could import anything; more than nine layers nobody keeps in mind."""
    contracts = ConfigParser()
    contracts.read(ROOT / ".importlinter", encoding="utf-8")
    layers = contracts["importlinter:contract:layers"]["layers"]
    package = ROOT / "sla_tracker"
    names = {path.parent.name for path in package.glob("*/__init__.py")}
    names |= {path.stem for path in package.glob("*.py")} - {"__init__"}
    # What stands above the layers and is imported by none of them.
    names -= {"testing"}
    assert {f"sla_tracker.{name}" for name in names} - set(re.findall(r"[\w.]+", layers)) == set()
    assert len(layers.strip().splitlines()) <= MAX_LAYERS


def test_no_folder_is_crowded() -> None:
    folders = {path.parent for path in sources("sla_tracker", "plugins")}
    crowded = {shown(folder): len(list(folder.glob("*.py"))) - 1 for folder in folders}
    assert {folder: files for folder, files in crowded.items() if files > MAX_FOLDER_FILES} == {}


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Imports for types count too: a reader of one module of a circle has to read them all."""
    graph = {module_name(path): imported_modules(path) for path in sources("sla_tracker")}
    while free := {module for module, targets in graph.items() if not targets & graph.keys()}:
        graph = {module: targets for module, targets in graph.items() if module not in free}
    in_circles = {module for module in graph if any(module in targets for targets in graph.values())}
    assert in_circles == set()


def test_the_domain_needs_only_the_standard_library_and_dateutil() -> None:
    allowed = sys.stdlib_module_names | {"dateutil"}
    foreign = {
        f"{shown(path)}: {name}"
        for path in sources("sla_tracker/domain")
        for name in top_imports(path)
        if name.split(".")[0] not in allowed and not name.startswith(BELOW_DOMAIN) and name != "sla_tracker"
    }
    assert foreign == set()


def test_what_shows_a_duty_loads_nothing_slow_that_it_does_not_use() -> None:
    """Each of these takes from a hundredth to a thirtieth of the time of `sla show`."""
    slow = {
        "base64",
        "fractions",
        "hashlib",
        "locale",
        "string",
        "sla_tracker.domain.imports.run",
        "sla_tracker.domain.measures.month",
        "sla_tracker.domain.reminders.reminder",
        "sla_tracker.wording.reminders",
        "sla_tracker.services.event_claims",
        "sla_tracker.services.undo",
        "sla_tracker.storage.journal.maintenance",
        "sla_tracker.storage.journal_messages",
    }
    script = f"import sys\nimport {', '.join(OF_SHOW)}\nprint(*sorted(set(sys.modules) & {slow!r}))"
    environ = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "plugins")])}
    outcome = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environ, check=False
    )
    assert outcome.returncode == 0, outcome.stderr
    assert outcome.stdout.split() == []


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


def documented(node: ast.AST) -> Iterator[Documented]:
    """Yield what can have a docstring: the module, its classes and functions."""
    if isinstance(node, Documented):
        yield node
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.expr):
            yield from documented(child)


def long_summaries(path: Path) -> Iterator[str]:
    """Yield file and line of each docstring whose first line is too long."""
    for node in documented(tree(path)):
        first, _, _ = (ast.get_docstring(node) or "").partition("\n")
        if len(first) > MAX_SUMMARY:
            yield f"{shown(path)}:{node.body[0].lineno} {len(first)} {first}"


def test_the_first_line_of_a_docstring_is_short() -> None:
    found = [one for path in sources("sla_tracker") for one in long_summaries(path)]
    assert not found, "\n".join(found)


def test_one_word_for_one_idea() -> None:
    """`design` calls a duty a duty: not task, ticket, item or record."""
    wrong = {
        f"{shown(path)}: {name}"
        for path in sources("sla_tracker", "plugins")
        for name in {*defined_names(tree(path)), path.stem}
        if words(name) & BANNED_WORDS
    }
    assert wrong - FOREIGN_NAMES == set()


def constants(path: Path) -> Iterator[tuple[str, str]]:
    """Yield name and value of each constant of a module, in the order of its lines."""
    for node in tree(path).body:
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            listed = [one for target in targets for one in getattr(target, "elts", [target])]
            names = [one.id for one in listed if isinstance(one, ast.Name)]
            yield from ((name, ast.unparse(node.value)) for name in names if name.strip("_").isupper())


def test_a_constant_is_defined_once() -> None:
    """Twice in a module the later one counts; where both may import one, it is written once."""
    twice = {
        f"{shown(path)}: {name}"
        for path in sources("sla_tracker", "plugins")
        for name, times in Counter(name for name, _value in constants(path)).items()
        if times > 1
    }
    assert twice == set()
    # Equal numbers and short texts may be so by chance.
    layers = [f"sla_tracker/{layer}" for layer in ("domain", "services", "wording")]
    found = Counter(
        (name.strip("_"), value)
        for path in sources(*layers)
        for name, value in constants(path)
        if len(value) > 8 and not value.replace("_", "").isdecimal() and not value.startswith("TypeVar(")
    )
    assert [name for name, times in found.items() if times > 1] == []


def test_only_a_person_says_whether_they_have_left() -> None:
    """`left_on` may lie ahead: `Person.is_here` says of a day what it means."""
    asking = {
        shown(path)
        for path in sources("sla_tracker", "plugins")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Attribute) and node.attr == "left_on"
    }
    assert asking - LEFT_ON_READERS.keys() == set()


def test_nothing_prints_past_the_output_module() -> None:
    printing = {
        f"{shown(path)}:{node.lineno}"
        for path in sources("sla_tracker", "plugins", "tools")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    }
    assert printing == set()


def test_only_the_clock_asks_what_time_it_is() -> None:
    """In domain and services `now` is an argument; one port supplies it."""
    asking = {
        f"{shown(path)}:{node.lineno} {node.func.attr}()"
        for path in sources("sla_tracker/domain", "sla_tracker/services")
        for node in ast.walk(tree(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in {"now", "utcnow", "today"}
        and isinstance(node.func.value, ast.Name)
        and node.func.value.id in {"datetime", "date", "dt"}
    }
    assert asking == set()


def test_instants_and_dates_carry_their_suffix() -> None:
    """A field of the domain that holds an instant ends in `_at`, one that holds a civil date in `_on`."""
    suffixes = {"datetime": ("_at", "_now", "_start", "_end"), "date": ("_on", "_start", "_end")}
    wrong = {
        f"{shown(path)}: {node.target.id}: {ast.unparse(node.annotation)}"
        for path in sources("sla_tracker/domain")
        for parent in ast.walk(tree(path))
        if isinstance(parent, ast.ClassDef) and not parent.name.startswith("_")
        for node in parent.body
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)
        for kind in [ast.unparse(node.annotation).replace(" | None", "")]
        if kind in suffixes and not f"_{node.target.id}".endswith(suffixes[kind])
    }
    assert wrong == set()
