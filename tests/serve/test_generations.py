"""Changed settings, broken plugins, kills: what goes on, and whose rights count when."""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import subprocess
import threading
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.serve.host import ADMIN, LI, SERVICE, STRANGER, WANG, Host, a_host, as_login, descendants
from tests.serve.terminal import Terminal

pytestmark = pytest.mark.timeout(300)

TAKES = '["events", "requests", "people"]'
WANG_TABLE = f'id = "wang.fang"\nlogins = ["{WANG}"]\n'

WORKS = """
from sla_tracker import hookimpl
@hookimpl
def sla_register_departments():
    return []
"""
HARMFUL = {
    "ends": f"{WORKS}\nimport os\nif os.path.exists('MARK'): os._exit(3)\n",
    "polls": f"{WORKS}\nimport threading\n"
    "threading.Thread(target=threading.Event().wait, name='poll', daemon=True).start()\n",
    "works": WORKS,
}


def test_a_person_who_is_entered_works_without_a_restart(host: Host) -> None:
    host.call(STRANGER, "due", code=5)
    host.change_settings('id = "chen.gang"\n', f'id = "chen.gang"\nlogins = ["{STRANGER}"]\n')
    host.wait_for(lambda: host.call(STRANGER, "access", "--json", code=None).returncode == 0, 20)
    assert host.json(STRANGER, "access")["person"] == "chen.gang"


def test_wrong_settings_leave_the_last_good_ones_in_use(host: Host) -> None:
    good = host.settings.read_text(encoding="utf-8")
    host.change_settings("[serve]", "[serve]\nno_such_key = 1")
    host.wait_for(lambda: any("no_such_key" in line.get("problem", "") for line in host.lines()), 20)
    assert host.json(WANG, "access")["person"] == "wang.fang"
    host.wait_for(lambda: "no_such_key" in host.call(WANG, "due").stderr, 20)
    host.change_settings("no_such_key = 1\n", "")
    host.wait_for(lambda: "no_such_key" not in host.call(WANG, "due").stderr, 20)
    assert host.settings.read_text(encoding="utf-8").split() == good.split()


@pytest.mark.parametrize("rest", ["[serve]\nno_such_key = 1", "[no_such_section]\n\n[serve]"])
def test_nothing_is_recorded_where_the_settings_may_name_another_store(host: Host, rest: str) -> None:
    event = ("event", "add", "vehicle-delivered", "鄂F·90001", "--at", "2026-01-05 10:00")
    host.change_settings("[serve]", f'[store]\nfolder = "elsewhere"\n\n{rest}')
    try:
        said = host.call(WANG, *event, code=6).stderr
        assert "Nothing is recorded" in said
        assert "another store than" in said
        assert "Nothing is recorded" in host.call(WANG, "due").stderr
    finally:
        host.change_settings(f'[store]\nfolder = "elsewhere"\n\n{rest}', "[serve]")
    assert not (host.deployment / "elsewhere").exists()


def test_a_running_generation_that_is_killed_is_replaced(host: Host) -> None:
    assert host.service is not None
    ready = host.count("generation", ready=True)
    for pid in descendants(host.service.pid):
        os.kill(pid, signal.SIGKILL)
    host.wait_for(lambda: host.count("generation", ready=True) > ready, 30)
    assert host.json(WANG, "access")["person"] == "wang.fang"


def test_a_host_without_room_for_processes_costs_neither_service_nor_sessions(own_host: Host) -> None:
    service = own_host.service
    assert service is not None
    with Terminal(own_host, WANG) as terminal:
        terminal.wait_for("王芳")
        own_host.wait_for(lambda: len(descendants(service.pid)) == 2)
        generation, session = descendants(service.pid)
        for pid in (service.pid, generation):
            allow_processes(pid, 0)
        assert "no room for another process" in own_host.call(WANG, "due", code=10).stderr
        assert descendants(service.pid) == [generation, session]
        os.kill(generation, signal.SIGKILL)
        own_host.wait_for(
            lambda: any("cannot be started" in line.get("problem", "") for line in of_service(own_host))
        )
        allow_processes(service.pid, resource.getrlimit(resource.RLIMIT_NPROC)[1])
        own_host.wait_for(lambda: own_host.call(WANG, "access", code=None).returncode == 0, 30)
        assert Path(f"/proc/{session}").exists()


def allow_processes(pid: int, most: int) -> None:
    """Limit from now on how many processes the service's login may have where one process starts another."""
    value = "unlimited" if most == resource.RLIM_INFINITY else f"{most}"
    subprocess.run([*as_login(SERVICE), "prlimit", f"--pid={pid}", f"--nproc={value}:"], check=True)


def of_service(host: Host) -> list[dict[str, Any]]:
    """Return what the first process logged of its generations."""
    return [line for line in host.lines() if line["what"] == "generation"]


def test_sessions_of_a_killed_generation_are_ended_at_stop(own_host: Host) -> None:
    assert own_host.service is not None
    with Terminal(own_host, WANG) as terminal:
        terminal.wait_for("王芳")
        own_host.wait_for(lambda: len(descendants(own_host.service.pid)) == 2)
        generation, session = descendants(own_host.service.pid)
        os.kill(generation, signal.SIGKILL)
        own_host.wait_for(lambda: own_host.count("generation", ready=True) >= own_host.starts + 1)
        assert Path(f"/proc/{session}").exists()
        own_host.service.send_signal(signal.SIGTERM)
        terminal.wait_for("stopped or renewed")
        assert terminal.end() == 0
        assert own_host.service.wait(40) == 0
        assert not Path(f"/proc/{session}").exists()
        own_host.service = None


def test_a_plugin_that_does_harm_costs_itself_only(own_host: Host) -> None:
    """One leaves a thread in the process that all sessions are copied from, another ends it; the rest goes on."""
    mark = own_host.deployment / "harm"
    mark.touch()
    for name, code in HARMFUL.items():
        _install(own_host, name, code.replace("MARK", str(mark)))
    own_host.change_settings("python = []", f"python = {[f'{name}.py' for name in HARMFUL]}")
    wanted = {"polls": "quarantined", "ends": "quarantined", "works": "active"}
    own_host.wait_for(lambda: _plugin_states(own_host).items() >= wanted.items())
    assert "leaves behind: a thread (poll)" in own_host.call(ADMIN, "doctor", code=9).stdout
    assert "Plugins ends, polls do not work" in own_host.call(WANG, "due").stderr
    own_host.wait_for(lambda: own_host.count("plugin", name="polls") >= 1)
    assert own_host.event(WANG)["opened"]
    _install(own_host, "polls", WORKS)  # mended: it is tried again by itself
    own_host.call(LI, "plugin", "retry", "ends", code=5)
    mark.unlink()
    own_host.call(ADMIN, "plugin", "retry", "ends")
    own_host.wait_for(lambda: "do not work" not in own_host.call(WANG, "due").stderr)


def _plugin_states(host: Host) -> dict[str, str]:
    """Return the state of each plugin; none while a plugin ends the session that asks."""
    shown = host.call(ADMIN, "plugins", "--json", code=None)
    return {one["name"]: one["state"] for one in json.loads(shown.stdout or "{}").get("plugins", ())}


def _install(host: Host, name: str, code: str) -> None:
    file = host.deployment / "plugins" / f"{name}.py"
    file.parent.mkdir(exist_ok=True)
    file.write_text(code, encoding="utf-8")
    file.chmod(0o644)
    for place in (file.parent, file):
        shutil.chown(place, SERVICE, SERVICE)


def test_who_loses_the_login_loses_the_open_terminal_within_seconds(own_host: Host) -> None:
    with Terminal(own_host, WANG) as terminal:
        terminal.wait_for("王芳")
        own_host.change_settings(WANG_TABLE, 'id = "wang.fang"\n')
        began = time.monotonic()
        terminal.end(10)
        assert time.monotonic() - began < 5
        terminal.wait_for("belongs to nobody")
    assert own_host.call(WANG, "due", code=5).stdout == ""


def test_an_act_counts_the_rights_of_that_moment(own_host: Host) -> None:
    """The session began while she was staff; when she confirms, she is a reader."""
    opened = own_host.event(WANG)["opened"]
    reference = next(one["reference"] for one in opened if one["obligation"] == "order-and-delivery-forms")
    with Terminal(own_host, WANG, "deliver", reference) as terminal:
        terminal.wait_for("[y/N]")
        own_host.change_settings(WANG_TABLE, WANG_TABLE + 'role = "reader"\n')
        time.sleep(1.5)
        terminal.type("y\ry\r")
        assert terminal.end() == 5
    assert own_host.json(LI, "show", reference)["duty"]["state"] == "open"


def test_the_service_tells_terminals_that_it_stops(own_host: Host) -> None:
    with Terminal(own_host, WANG) as terminal:
        terminal.wait_for("王芳")
        assert own_host.service is not None
        own_host.service.send_signal(signal.SIGTERM)
        # The screen is read meanwhile: whose terminal takes nothing more cannot be told anything.
        terminal.end()
        terminal.wait_for("being stopped")
        assert own_host.service.wait(60) == 0
        own_host.service = None


def test_nothing_acknowledged_is_lost_when_everything_is_killed(own_host: Host) -> None:
    opened = own_host.event(WANG)["opened"][0]["reference"]
    done: list[str] = []
    others: list[int] = []
    stop = threading.Event()

    def work(login: str) -> None:
        number = 0
        while not stop.is_set():
            number += 1
            text = f"{login} {number}"
            outcome = own_host.call(login, "note", opened, text, code=None)
            if outcome.returncode == 0:
                done.append(text)
            else:
                others.append(outcome.returncode)
                assert outcome.stderr.strip()
            time.sleep(0.02)

    workers = [threading.Thread(target=work, args=(login,)) for login in (WANG, LI)]
    for worker in workers:
        worker.start()
    for _round in range(3):
        time.sleep(1.0)
        assert own_host.service is not None
        below = descendants(own_host.service.pid)
        own_host.stop(signal.SIGKILL)
        own_host.wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in below), 30)  # noqa: B023
        own_host.start()
    stop.set()
    for worker in workers:
        worker.join()
    shown = own_host.call(WANG, "show", opened).stdout
    assert done
    assert [text for text in done if text not in shown] == []
    assert set(others) <= {7, 8, 1, 10}
    assert "as it was written" in own_host.call(ADMIN, "verify").stdout


# Due on whatever day the test runs; of the dealership's own obligations none may open.
DAILY = """
[department]
id = "yard"
name = { zh = "停车场", en = "Yard" }

[[obligation]]
id = "daily"
title = { zh = "日报", en = "Daily report" }
provider = "sales"
consumer = "finance"
recurring = { due = { rrule = "FREQ=DAILY", start = "2026-10-13" } }
"""


def test_what_comes_due_is_opened_by_itself() -> None:
    with a_host(running=False) as host:
        checklist = host.deployment / "plugins" / "yard.toml"
        checklist.write_text(DAILY, encoding="utf-8")
        shutil.chown(checklist, SERVICE, SERVICE)
        host.start()
        # Nobody calls: a command would open what is due, too.
        segments = host.deployment / "store" / "segments"
        host.wait_for(lambda: any(b'"opened"' in one.read_bytes() for one in segments.iterdir()))


def test_a_regular_backup_is_made_once_and_old_ones_go(own_host: Host) -> None:
    """By [backup], as without a service: nobody has to set it up twice."""
    own_host.stop()
    own_host.change_settings("[serve]", '[backup]\nfolder = "backups"\nat = 00:00:00\nkeep = 2\n\n[serve]')
    folder = own_host.deployment / "backups"
    folder.mkdir()
    for day in ("20260101", "20260102", "20260103"):
        (folder / f"sla-{day}T020000Z.bak").touch()
    (folder / "mine.bak").touch()
    subprocess.run(["chown", "-R", "proxy", str(folder)], check=True)
    own_host.start()
    own_host.wait_for(lambda: own_host.count("backup") == 1, 30)
    left = {file.name for file in folder.iterdir()}
    assert len(left) == 3
    assert {"mine.bak", "sla-20260103T020000Z.bak"} < left


def test_the_service_takes_the_inbox_by_itself(own_host: Host) -> None:
    """Its first turn is at its start; the file has to lie still for five seconds before."""
    own_host.stop()
    place = own_host.deployment / "inbox"
    (place / "requests").mkdir(parents=True)
    (place / "people").mkdir()
    (place / "people" / "staff.csv").write_text(
        "姓名,部门,人员编号\n郑小红,财务部,zheng.xh\n", encoding="utf-8"
    )
    (place / "requests" / "ask.csv").write_text("没有这一列\nx\n", encoding="utf-8")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    line = f"车牌号,交车日期\n鄂F·88888,{yesterday:%Y-%m-%d} 09:00\n"
    (place / "day.csv").write_text(line, encoding="utf-8")
    subprocess.run(["chown", "-R", SERVICE, str(place)], check=True)
    account = '[[people]]\nid = "hr.system"\nname = "HR"\ndepartment = "finance"\nrole = "admin"\n\n'
    section = (
        f'[inbox]\nfolder = "inbox"\naccount = "hr.system"\ntakes = {TAKES}\nkind = "vehicle-delivered"\n\n'
    )
    own_host.change_settings("[serve]", f"{section}{account}[serve]")
    time.sleep(5.2)
    own_host.start()
    own_host.wait_for((place / "done" / "day.csv.report.txt").exists, 30)
    own_host.wait_for((place / "requests" / "refused" / "ask.csv.report.txt").exists, 30)
    own_host.wait_for((place / "people" / "done" / "staff.csv.report.txt").exists, 30)
    own_host.wait_for(lambda: "zheng.xh" in own_host.call(WANG, "person", "list").stdout, 30)
    assert "鄂F·88888" in [one["subject"] for one in own_host.json(WANG, "event", "list")["events"]]


def test_the_inbox_is_taken_through_the_service(host: Host) -> None:
    place = host.deployment / "inbox"
    place.mkdir()
    shutil.chown(place, SERVICE, SERVICE)
    section = '[inbox]\nfolder = "inbox"\naccount = "wang.fang"\nkind = "vehicle-delivered"\n\n'
    host.change_settings("[serve]", f"{section}[serve]")
    yesterday = datetime.now(UTC) - timedelta(days=1)
    (place / "day.csv").write_text(
        f"车牌号,交车日期\n鄂F·77777,{yesterday:%Y-%m-%d} 09:00\n", encoding="utf-8"
    )

    def is_taken() -> bool:
        host.call(ADMIN, "inbox", code=None)  # until the file lay still for five seconds
        return (place / "done" / "day.csv.report.txt").exists()

    host.wait_for(is_taken, 60)
    host.call(LI, "inbox", code=5)
    assert "鄂F·77777" in [one["subject"] for one in host.json(WANG, "event", "list")["events"]]
    changes = host.json(ADMIN, "log", "--person", "wang.fang")["changes"]
    assert changes[-1]["via"].startswith("inbox:")
    host.call(ADMIN, "erase", "鄂F·77777", "--reason", "asked for", "--yes")
    assert list((place / "done").iterdir()) == []
    host.change_settings(section, "")
