"""What every test starts from: no login's settings, English, a fixed effort for hypothesis."""

import gc
import os
import signal
import sys
import zlib
from collections.abc import Callable, Iterator
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from sla_tracker import errors, i18n
from sla_tracker.storage.journal.journal import Journal
from tests.requirements import is_required
from tests.storage.factories import (  # noqa: F401 - fixtures; one server for the whole session
    database,
    databases,
    open_any_store,
)

TESTS = Path(__file__).resolve().parent
FULL = os.environ.get("SLA_EFFORT") == "full"

settings.register_profile(
    "sample", max_examples=50, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile("full", settings.get_profile("sample"), max_examples=2_000, derandomize=False)
settings.load_profile("full" if FULL else "sample")


# A shell has what it begins with `&` ignore Ctrl+C, and so would every program that a test interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--twentieth`."""
    parser.addoption(
        "--twentieth",
        action="store_true",
        help="a twentieth of the tests, another one on each Python, those that are marked every_python, and those of"
        " the service where other logins are required",
    )


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark what lies in tests/faults/, so that `make faults` finds it; leave most out if asked."""
    for item in items:
        if TESTS / "faults" in item.path.parents:
            item.add_marker(pytest.mark.faults)
    if config.getoption("twentieth"):
        left_out = [item for item in items if not is_chosen(item)]
        items[:] = [item for item in items if is_chosen(item)]
        config.hook.pytest_deselected(items=left_out)


def pytest_collection_finish() -> None:
    """Let the collector look at what tests make only: thousands of collected tests are never garbage."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 10, 10)


def is_chosen(item: pytest.Item) -> bool:
    """Say whether `--twentieth` runs the test."""
    if item.get_closest_marker("every_python") is not None:
        return True
    if TESTS / "serve" in item.path.parents and is_required("logins"):
        return True
    return in_twentieth(item.nodeid)


def in_twentieth(test: str, number: int = sys.version_info.minor) -> bool:
    """Say whether a test is in the twentieth of that number; the same on every machine."""
    return zlib.crc32(test.encode()) % 20 == number % 20


@pytest.fixture
def effort() -> Callable[[int, int], int]:
    """Choose between a sample's size and the full one of `make faults`."""
    return lambda sample, full: full if FULL else sample


@pytest.fixture(autouse=True)
def plain_surroundings(
    monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """Hide the login's own home, locale and `SLA_` settings, and speak English."""
    for name in [name for name in os.environ if name.startswith("SLA_") and name not in KEPT]:
        monkeypatch.delenv(name)
    home = tmp_path_factory.getbasetemp() / "home"
    home.mkdir(exist_ok=True)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
        monkeypatch.setenv(name, str(home))
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    _speak_plainly()
    yield
    _speak_plainly()


@pytest.fixture(autouse=True)
def journals_are_closed(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Close the journals that a test opened and left, so that no test runs out of descriptors for another."""
    opened: list[Journal] = []
    begin = Journal.__init__

    def begin_and_note(journal: Journal, *parts: Any, **options: Any) -> None:
        begin(journal, *parts, **options)
        opened.append(journal)

    monkeypatch.setattr(Journal, "__init__", begin_and_note)
    yield
    for journal in opened:
        journal.close()


def _speak_plainly() -> None:
    i18n.use("en")
    errors.show_times_in(UTC)
    errors.show_people_as({})


KEPT = frozenset({"SLA_EFFORT", "SLA_REQUIRE"})
