"""The cache of settings and plugins: what it says is what they say, and whatever changes is seen at once."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path

import pytest

from sla_tracker.cli.main import build
from sla_tracker.deployment.direct import DirectDeployment, open_deployment
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.deployment.settings import settings_cache
from sla_tracker.deployment.settings.settings_cache import read_settings
from sla_tracker.deployment.settings.stored_values import ValueReader, ValueWriter
from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.errors import ConfigError
from sla_tracker.services.context import COMPANY
from sla_tracker.trusted_files import OWNER
from tests.dealer import a_dealer

NOW = "2026-11-20T17:30:00+08:00"
ROOT = Path(__file__).resolve().parents[2]
REVIEWER = """
from sla_tracker import hookimpl

@hookimpl
def sla_review_delivery(duty, evidence):
    return ("Not like this.",)
"""


@pytest.fixture(autouse=True)
def fixed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stop the clock, and let files be cached that were written a moment ago."""
    monkeypatch.setenv("SLA_NOW", NOW)
    monkeypatch.setenv("SLA_LANG", "en")
    monkeypatch.setattr(settings_cache, "YOUNG_NS", -(10**15))


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a dealer's trial with a reviewer of its own."""
    place = tmp_path_factory.mktemp("made") / "dealer"
    with pytest.MonkeyPatch.context() as fixed:
        fixed.setenv("SLA_NOW", NOW)
        a_dealer(place).close()
    settings = place / "sla_tracker.toml"
    text = settings.read_text("utf-8")
    assert "python = []" in text
    settings.write_text(text.replace("python = []", 'python = ["reviewer.py"]'), "utf-8")
    for name in ("plugins", "calendars"):
        (place / name).mkdir(exist_ok=True)
    (place / "plugins/reviewer.py").write_text(REVIEWER, "utf-8")
    (place / "plugins/reviewer.py").chmod(0o644)
    return place


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    """Return a copy of the trial, with its cache."""
    place = Path(shutil.copytree(made, tmp_path / "dealer"))
    with opened(place):
        pass
    assert read_settings(place)
    return place


@contextmanager
def opened(place: Path) -> Iterator[DirectDeployment]:
    deployment = open_deployment(place, keeps_settings=True)
    try:
        yield deployment
    finally:
        deployment.close()


def test_cached_settings_are_those_that_are_loaded(folder: Path) -> None:
    with opened(folder) as cached, open_deployment_whole(folder) as whole:
        assert cached._cached is not None
        one, other = cached.context, whole.context
        assert one.declared == other.declared
        assert one.people == other.people
        assert one.settings == other.settings
        assert one.plugins == other.plugins
        assert one.calendars.keys() == other.calendars.keys()
        assert cached.actor == whole.actor
        assert cached.deployment.basics == whole.deployment.basics
        assert list(cached.watched()) == list(whole.watched())
        assert (cached.missing_plugins(), cached.has_all_plugins) == ((), True)
        for name, calendar in one.calendars.items():
            real = other.calendars[name]
            assert calendar.version_of(2024, 2028) == real.version_of(2024, 2028)
            days = [date(2025, 1, 1) + timedelta(days=day) for day in range(3 * 365)]
            assert [calendar.rule_on(day) for day in days] == [real.rule_on(day) for day in days]
            assert [calendar.segments_on(day) for day in days] == [real.segments_on(day) for day in days]
        assert cached._loaded is None, "nothing of that needs a plugin"


@contextmanager
def open_deployment_whole(place: Path) -> Iterator[DirectDeployment]:
    deployment = open_deployment(place)
    try:
        yield deployment
    finally:
        deployment.close()


def test_a_year_that_is_not_kept_is_asked_of_the_plugin(folder: Path) -> None:
    with opened(folder) as cached, open_deployment_whole(folder) as whole:
        for year in (2012, 2035):
            ours, theirs = (one.context.calendars[COMPANY] for one in (cached, whole))
            assert ours.version_of(year, year) == theirs.version_of(year, year)
        assert cached._loaded is not None


def test_commands_say_the_same_with_and_without_the_cache(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with open_deployment_whole(folder) as whole:
        duty = whole.context.store.read(lambda tx: tx.find(Duty))[0].reference

    def said(*words: str) -> tuple[str, str]:
        with pytest.raises(SystemExit) as ended:
            build(DeploymentService())(["--deployment", str(folder), *words])
        assert not ended.value.code
        return capfd.readouterr()

    for words in (("show", duty), ("why", duty), ("score",), ("calendar",), ("log",), ("plugins",)):
        assert read_settings(folder)
        cached = said(*words)
        (folder / ".seen" / settings_cache.NAME).unlink()
        assert cached == said(*words)


def test_an_everyday_command_loads_neither_plugins_nor_validation(folder: Path) -> None:
    with open_deployment_whole(folder) as whole:
        duties = whole.context.store.read(lambda tx: tx.find(Duty))
    duty = next(one.reference for one in duties if one.provider == "sales")  # who asks is of Sales
    script = (
        "import sys\n"
        "from sla_tracker.__main__ import main\n"
        "try:\n    main()\nexcept SystemExit as ended:\n    assert not ended.code\n"
        "print(*sorted({name.split('.')[0] for name in sys.modules}), 'sla_tracker.plugin_host.host' in sys.modules)\n"
    )
    environ = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "plugins")])}
    command = [sys.executable, "-c", script, "--deployment", str(folder), "note", duty, "seen"]
    # The first writes the cache: another process has another environment than this one.
    loaded: list[str] = []
    for _run in range(2):
        outcome = subprocess.run(command, capture_output=True, text=True, env=environ, check=False)
        assert not outcome.returncode, outcome.stderr
        loaded = outcome.stdout.splitlines()[-1].split()
    assert not {"pydantic", "pluggy", "sla_dealership", "sla_china", "chinese_calendar", "True"} & {*loaded}


def test_a_plugin_that_reviews_is_asked(folder: Path) -> None:
    with opened(folder) as cached:
        duty = cached.context.store.read(lambda tx: tx.find(Duty))[0]
        assert cached._loaded is None
        assert cached.context.review(duty, {}).objections == ("Not like this.",)


def _rewritten(path: Path, old: str, new: str) -> None:
    """Change a file in place, with the size and the time that it had."""
    before, text = path.stat(), path.read_text("utf-8")
    assert old in text
    assert len(old) == len(new)
    path.write_text(text.replace(old, new), "utf-8")
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def _link_elsewhere(folder: Path) -> None:
    target = folder.parent / "settings.toml"
    (folder / "sla_tracker.toml").rename(target)
    (folder / "sla_tracker.toml").symlink_to(target)


CHANGES: dict[str, Callable[[Path], object]] = {
    "settings": lambda folder: _rewritten(folder / "sla_tracker.toml", "people", "peopel"),
    "rights of the settings": lambda folder: (folder / "sla_tracker.toml").chmod(0o666),
    "rights of the folder": lambda folder: folder.chmod(0o777),
    "settings elsewhere": _link_elsewhere,
    "a plugin": lambda folder: _rewritten(folder / "plugins/reviewer.py", "Not like this", "Exactly like "),
    "rights of a plugin": lambda folder: (folder / "plugins/reviewer.py").chmod(0o666),
    "rights of the plugins' folder": lambda folder: (folder / "plugins").chmod(0o777),
    "a new plugin": lambda folder: (folder / "plugins/new.toml").write_text("", "utf-8"),
    "a plugin that is gone": lambda folder: (folder / "plugins/reviewer.py").unlink(),
    "a calendar": lambda folder: (folder / "calendars/china-2027.toml").write_text("", "utf-8"),
    "a plugin that ended a process": lambda folder: (folder / ".seen/plugins.running-1-1").touch(),
    "a plugin in quarantine": lambda folder: (folder / ".seen/plugins.json").write_text("[]", "utf-8"),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_whatever_changes_is_seen_at_once(folder: Path, change: Callable[[Path], object]) -> None:
    change(folder)
    assert read_settings(folder) is None


def test_another_environment_is_seen_at_once(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (OWNER, "PYTHONPATH", "PYTHONTZPATH"):
        with monkeypatch.context() as changed:
            changed.setenv(name, "somebody")
            assert read_settings(folder) is None
    with monkeypatch.context() as changed:
        changed.setattr(settings_cache, "VERSION", "9.9")
        assert read_settings(folder) is None
    assert read_settings(folder)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda place: place.chmod(0o604),
        lambda place: place.write_bytes(place.read_bytes()[:-20]),
        lambda place: place.write_bytes(b""),
        lambda place: place.write_bytes(place.read_bytes().replace(b'"Catalogue"', b'"Duplicate"')),
        lambda place: place.write_bytes(place.read_bytes().replace(b'"departments"', b'"divisions"', 1)),
        lambda place: place.write_bytes(place.read_bytes().replace(b"sla_tracker.domain", b"subprocess")),
        lambda place: (place.rename(place.with_name("x")), place.symlink_to(place.with_name("x"))),
    ],
    ids=["readable", "cut", "empty", "other class", "other fields", "other package", "link"],
)
def test_a_cache_that_is_not_right_is_not_used(folder: Path, spoil: Callable[[Path], object]) -> None:
    place = folder / ".seen" / settings_cache.NAME
    spoil(place)
    assert read_settings(folder) is None
    with opened(folder) as deployment:
        assert deployment.context.declared.departments


def test_a_file_that_changed_while_it_was_read_is_not_cached(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings_cache, "YOUNG_NS", 0)
    (folder / ".seen" / settings_cache.NAME).unlink()
    with opened(folder):
        (folder / "sla_tracker.toml").touch()
    assert read_settings(folder) is None
    with opened(folder):
        pass
    assert read_settings(folder)


def test_nothing_is_cached_while_something_is_wrong(folder: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (folder / "plugins/reviewer.py").write_text("raise ValueError\n", "utf-8")
    for _call in range(2):
        with opened(folder) as deployment:
            assert deployment._cached is None
            assert any("reviewer" in said for said in deployment.missing_plugins())
    (folder / "plugins/reviewer.py").write_text(REVIEWER, "utf-8")
    settings = folder / "sla_tracker.toml"
    right = settings.read_text("utf-8")
    with opened(folder):  # and keeps them as the last good
        pass
    settings.write_text(right + "\n[wrong]\n", "utf-8")
    for _call in range(2):
        with opened(folder) as deployment:
            assert isinstance(deployment.settings_problem, ConfigError)
            assert deployment._cached is None


def test_values_come_back_as_they_were_and_equal_ones_are_written_once(folder: Path) -> None:
    with open_deployment_whole(folder) as whole:
        declared = whole.context.declared
    document = json.loads(json.dumps(ValueWriter().document(declared)))
    read = ValueReader(document).value()
    assert isinstance(read, Catalogue)
    assert read == declared
    assert repr(read) == repr(declared)
    assert len({json.dumps(part) for part in document["shared"]}) == len(document["shared"])
    assert read.dependents("") == ()
