"""A kill while plugins are loaded does not count against them; a plugin that ends the program does."""

from __future__ import annotations

import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sla_tracker.plugin_host.host import PluginHost
from sla_tracker.plugin_host.isolation.own_process import can_fork
from sla_tracker.plugin_host.loading import load_plugins
from sla_tracker.plugin_host.quarantine import Quarantine
from sla_tracker.services.deployment import PluginState
from sla_tracker.services.ports import Act, Change
from tests.plugin_host.samples import status

pytestmark = pytest.mark.skipif(not can_fork(), reason="this system cannot fork")

CHANGE = Change(
    sequence=1, act=Act(what="delivered", by="wang.fang", at=datetime(2026, 11, 20, tzinfo=UTC)), touched=()
)
DEADLY = """
import os, signal
from pathlib import Path
from sla_tracker import hookimpl
@hookimpl
def sla_register_departments():
    if Path("FOLDER/deadly").exists():
        os._exit(7)
    if Path("FOLDER/killed").exists():
        Path("FOLDER/killed").unlink()
        os.kill(os.getpid(), signal.SIGKILL)
    return []
@hookimpl
def sla_after_change(change):
    pass
"""


def loaded_elsewhere(folder: Path) -> int:
    """Load the plugins of a folder in a process of their own; return how it ended."""
    process = os.fork()
    if process == 0:
        load_guarded(folder)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])


def load_guarded(folder: Path) -> PluginHost:
    guard = Quarantine(file=folder / "state" / "plugins.json")
    guard.read()
    return load_plugins(offered=[], folder=folder, python_allowed=["observer.py"], guard=guard)


def test_a_kill_while_a_plugin_is_loaded_does_not_count_against_the_plugin(tmp_path: Path) -> None:
    (tmp_path / "observer.py").write_text(DEADLY.replace("FOLDER", str(tmp_path)), encoding="utf-8")
    (tmp_path / "observer.py").chmod(0o644)
    opened = load_guarded(tmp_path)
    (tmp_path / "killed").touch()
    assert loaded_elsewhere(tmp_path) == -signal.SIGKILL
    opened.observe(CHANGE)  # a program that is open goes on with what it has loaded
    assert status(opened, "observer").state is PluginState.ACTIVE
    assert status(load_guarded(tmp_path), "observer").state is PluginState.ACTIVE
    (tmp_path / "deadly").touch()
    assert loaded_elsewhere(tmp_path) == 7
    for _ in range(2):  # from now on it is known, and not tried again
        assert "It ended the program in loading" in status(load_guarded(tmp_path), "observer").reason
        (tmp_path / "deadly").unlink(missing_ok=True)
