"""What a plugin leaves behind in the service's process keeps that plugin away, and no other."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from sla_tracker.deployment.direct import open_deployment
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.i18n import speaking
from sla_tracker.plugin_host.loading import load_plugins
from sla_tracker.plugin_host.quarantine import Quarantine
from sla_tracker.services.deployment import PluginState
from tests.plugin_host.samples import GOOD_PYTHON, status

# What each leaves behind on being imported, and how its reason begins.
LEAVING = {
    "thread": (
        "import threading\nthreading.Thread(target=threading.Event().wait, name='poll', daemon=True).start()",
        "a thread (poll)",
    ),
    "connection": ("import socket\nLINE = socket.socket()", "an open connection (socket)"),
    "pipe": ("import os\nENDS = os.pipe()", "an open connection (pipe)"),
    "file": ("FILE = open('/etc/passwd')", "an open file (/etc/passwd)"),
    "ending": ("import atexit\ndef say(): print('bye')\natexit.register(say)", "end of the program (say)"),
    "reaction": (
        "import signal\nsignal.signal(signal.SIGTERM, lambda number, frame: None)",
        "its own reaction to a signal (SIGTERM)",
    ),
    "process": (
        "import subprocess\nCHILD = subprocess.Popen(['sleep', '600'])",
        "a process that goes on running (sleep)",
    ),
}
# What is put in order again, or belongs to a library, is left behind by nobody.
CLEAN = {
    "joined": "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(2) as pool: pool.submit(int)",
    "closed": "import socket\nsocket.socket().close()\nloop = [open('/etc/passwd')]\nloop.append(loop)\ndel loop",
    "library": "import logging.handlers, tempfile, multiprocessing.util, asyncio, weakref\n"
    "class Kept: pass\nkept = Kept()\nweakref.finalize(kept, print)",
    "waited": "import subprocess\nsubprocess.run(['true'])",
}
IN_A_HOOK = """
import threading
from sla_tracker import hookimpl
@hookimpl
def sla_register_departments():
    threading.Timer(600, print).start()
    return []
"""
LOADING = """
import json, os, sys
from pathlib import Path
from sla_tracker.plugin_host.loading import load_plugins
from sla_tracker.plugin_host.isolation import leftovers
from sla_tracker.plugin_host.isolation.leftovers import _state
from sla_tracker.plugin_host.quarantine import Quarantine
leftovers.ENDING_SECONDS = 0.2
folder = Path(sys.argv[1])
names = sorted(file.name for file in folder.glob("*.py"))
before = _state()
guard = Quarantine(file=folder / "state" / "plugins.json", keeps_clean=True)
host = load_plugins(offered=[], folder=folder, python_allowed=names, guard=guard)
after = _state()
found = {
    "plugins": {one.name: [one.state, one.reason] for one in host.plugins},
    "left": sorted(host.left_behind),
    "is_put_back": after.reactions == before.reactions and after.children == before.children,
}
print(json.dumps(found), flush=True)
os._exit(0)
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder of plugins: those that leave something behind, and some that do not."""
    place = tmp_path_factory.mktemp("plugins")
    files = {name: f"{GOOD_PYTHON}\n{code}\n" for name, (code, _reason) in LEAVING.items()}
    files |= {name: f"{GOOD_PYTHON}\n{code}\n" for name, code in CLEAN.items()}
    for name, code in (files | {"hook": IN_A_HOOK}).items():
        file = place / f"{name}.py"
        file.write_text(code.replace("workshop", f"workshop-{name}"), encoding="utf-8")
        file.chmod(0o644)
    return place


def test_whatever_a_plugin_leaves_behind_keeps_it_alone_away(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADING, str(folder)], capture_output=True, text=True, check=True, timeout=60
    )
    found = json.loads(done.stdout)
    quarantined = {name for name, (state, _reason) in found["plugins"].items() if state == "quarantined"}
    assert quarantined == set(found["left"]) == {*LEAVING, "hook"}
    for name, (_code, reason) in LEAVING.items():
        assert reason in found["plugins"][name][1]
        assert f"sla plugin retry {name}" in found["plugins"][name][1]
    assert "a thread (Thread-" in found["plugins"]["hook"][1]
    assert found["is_put_back"]
    _the_next_process_leaves_them_out(folder)


def _the_next_process_leaves_them_out(folder: Path) -> None:
    """They are not even imported: this process, which stands for the next, stays as it was."""
    guard = Quarantine(file=folder / "state" / "plugins.json", keeps_clean=True)
    guard.read()
    assert guard.forget("pipe")
    names = [f"{name}.py" for name in (*LEAVING, "waited")]
    host = load_plugins(offered=[], folder=folder, python_allowed=names, guard=guard)
    assert status(host, "waited").state is PluginState.ACTIVE
    assert host.left_behind == ("pipe",)  # it was let in again, and is the same
    for end in sys.modules["sla_plugin_pipe"].ENDS:
        os.close(end)
    assert status(host, "thread").is_kept_out
    with speaking("zh"):
        assert "线程（poll）" in status(host, "thread").reason
    (folder / "thread.py").write_text("# mended\n", encoding="utf-8")
    assert guard.refusal(next(one for one in host._found.values() if one.name == "thread")) is None


def test_without_a_service_such_a_plugin_works_and_a_check_says_what_a_service_would_do(folder: Path) -> None:
    before = signal.getsignal(signal.SIGTERM)
    guard = Quarantine(file=folder / "other" / "plugins.json")
    try:
        host = load_plugins(offered=[], folder=folder, python_allowed=["reaction.py"], guard=guard)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert status(host, "reaction").state is PluginState.ACTIVE
    assert status(host, "reaction").warnings == ()
    tried = load_plugins(offered=[], given={"reaction": folder / "reaction.py"}, guard=guard)
    assert status(tried, "reaction").state is PluginState.ACTIVE
    assert "its own reaction to a signal (SIGTERM)" in status(tried, "reaction").warnings[0]
    assert signal.getsignal(signal.SIGTERM) == before


@pytest.mark.parametrize(("serve", "is_warned"), [("", False), ("[serve]", True)])
def test_before_the_first_start_the_check_up_names_what_a_service_would_leave_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, serve: str, is_warned: bool
) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    settings = DeploymentService().init(tmp_path / "x", config="minimal", trial=False, in_force_from=None)
    text = settings.read_text(encoding="utf-8").replace("[plugins]", '[plugins]\npython = ["ending.py"]')
    settings.write_text(f"{text}\n{serve}\n", encoding="utf-8")
    (settings.parent / "plugins" / "ending.py").write_text(
        f"{GOOD_PYTHON}\nimport atexit\ndef end(): pass\natexit.register(end)\n", encoding="utf-8"
    )
    opened = open_deployment(settings.parent)
    try:
        found = [one.sentence for one in opened.check_up() if "it leaves behind" in one.sentence]
        assert {row.name: row.state for row in opened.plugins()}["ending"] is PluginState.ACTIVE
    finally:
        opened.close()
    assert bool(found) is is_warned
    assert all("the end of the program (end)" in sentence for sentence in found)
