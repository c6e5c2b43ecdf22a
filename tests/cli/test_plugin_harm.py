"""Plugins that end, freeze or talk over the program, or take what belongs to others, cost themselves only."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sla_tracker.deployment.service import DeploymentService
from sla_tracker.domain.duties.duty import Duty, State

FRIDAY = "2026-11-20T14:00:00+08:00"
HOOKS = "from sla_tracker import *\n@hookimpl\n"
NO_DEPARTMENTS = HOOKS + "def sla_register_departments():\n    return []\n"
DEADLY = {
    "exit": "import os\nos._exit(0)\n",
    "killed": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n",
    "segfault": "import ctypes\nctypes.string_at(0)\n",
    "in a hook": HOOKS + "def sla_register_departments():\n    import os\n    os._exit(3)\n",
}
YARD = """
[department]
id = "yard"
name = "车场"

[[obligation]]
id = "yard-list"
title = "车场清单"
consumer = "finance"
recurring = { due = { day = 25 } }
"""


class Trial:
    """A trial deployment of the dealer, each command in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        DeploymentService().init(folder, config="dealership", trial=True, in_force_from=None)
        settings = folder / "sla_tracker.toml"
        text = settings.read_text(encoding="utf-8")
        names = ", ".join(f'"{name}.py"' for name in ("bad", "worse", "reviewer"))
        settings.write_text(re.sub(r"(?m)^python = .*$", f"python = [{names}]", text), encoding="utf-8")
        for name in ("bad", "worse", "reviewer"):
            self.write(f"{name}.py", NO_DEPARTMENTS)

    def write(self, name: str, text: str) -> Path:
        path = self.folder / "plugins" / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)
        return path

    def run(
        self, *words: str, code: int | None = 0, person: str = "lin.tao"
    ) -> subprocess.CompletedProcess[str]:
        done = subprocess.run(
            [sys.executable, "-m", "sla_tracker", "--deployment", str(self.folder), "--as", person, *words],
            env={**os.environ, "SLA_NOW": FRIDAY, "SLA_LANG": "en"},
            capture_output=True,
            text=True,
            timeout=90,
            check=False,
        )
        assert code in (None, done.returncode), (done.returncode, done.stdout, done.stderr)
        return done


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trial:
    monkeypatch.setenv("SLA_NOW", FRIDAY)
    return Trial(tmp_path / "trial")


@pytest.mark.parametrize("way", list(DEADLY))
def test_a_deadly_plugin_is_named_at_the_next_start_and_kept_away(trial: Trial, way: str) -> None:
    trial.write("bad.py", DEADLY[way])
    assert "bad" not in trial.run("due", "--all", code=None).stderr
    assert "Plugin bad does not work" in trial.run("due", "--all").stderr
    assert "It ended the program in loading" in trial.run("plugins").stdout  # nor does it end the next start
    if way != "exit":
        return
    assert "Plugin bad does not work" in trial.run("due", "--all").stderr
    trial.write("bad.py", NO_DEPARTMENTS)
    assert "bad" not in trial.run("due", "--all").stderr


def test_doctor_and_plugins_work_with_deadly_plugins_at_the_first_start(trial: Trial) -> None:
    trial.write("bad.py", DEADLY["exit"])
    trial.write("worse.py", DEADLY["segfault"])
    said = trial.run("doctor", code=9).stdout
    assert "Plugin bad: It ended the program" in said
    assert "Plugin worse: It ended the program" in said
    trial.run("--no-plugins", "plugins")


def test_a_plugin_can_be_tried_again(trial: Trial) -> None:
    trial.write("bad.py", "import os\nif 'DEADLY' in os.environ:\n    os._exit(1)\n" + NO_DEPARTMENTS)
    os.environ["DEADLY"] = "1"
    try:
        trial.run("plugins")
    finally:
        del os.environ["DEADLY"]
    assert "Plugin bad does not work" in trial.run("due", "--all").stderr
    trial.run("plugin", "retry", "bad")
    assert "bad" not in trial.run("due", "--all").stderr
    trial.run("plugin", "retry", "bad", code=3)


def test_an_endless_import_is_interrupted_once_and_not_waited_for_again(trial: Trial) -> None:
    trial.write("bad.py", "while True:\n    pass\n")
    assert "Plugin bad does not work" in trial.run("due", "--all").stderr
    reasons = [one["reason"] or "" for one in json.loads(trial.run("plugins", "--json").stdout)["plugins"]]
    assert any("It did not return from loading" in reason for reason in reasons)


def test_what_a_plugin_prints_reaches_no_stdout(trial: Trial) -> None:
    trial.write(
        "bad.py",
        "import os\nprint('loud')\nos.system('echo louder')\nos.write(1, b'loudest')\n" + NO_DEPARTMENTS,
    )
    done = trial.run("due", "--all", "--json")
    assert json.loads(done.stdout)
    assert "loud" not in done.stdout
    assert "It prints, and what plugins print is not shown: loud" in trial.run("plugins").stderr


@pytest.mark.parametrize("body", ["raise KeyError('x')", "return 7", "import os; os._exit(0)"])
def test_a_delivery_whose_review_fails_is_recorded_and_marked(trial: Trial, body: str) -> None:
    trial.write("reviewer.py", HOOKS + f"def sla_review_delivery(duty, evidence):\n    {body}\n")
    trial.run("due", "--all")
    opened = DeploymentService().open(trial.folder, as_person="lin.tao")
    duty = opened.context.store.read(lambda tx: tx.find(Duty, state=State.OPEN))[0]
    people = opened.context.people.values()
    ours = next(one.id for one in people if one.department == duty.provider)
    theirs = next(one.id for one in people if one.department == duty.consumer)
    opened.close()
    answers = [
        f"-e{field.id}" if field.kind == "tick" else f"-e{field.id}=1" for field in duty.terms.evidence
    ]
    words = ("deliver", duty.reference, *answers)
    if "_exit" in body:  # the first delivery ends with the process, the next one knows
        trial.run(*words, person=ours, code=None)
    assert "Not reviewed: plugin reviewer failed." in trial.run(*words, person=ours).stderr
    assert "Not reviewed: plugin reviewer failed." in trial.run("show", duty.reference, person=theirs).stdout
    if "return 7" in body:
        assert "Not reviewed: plugin reviewer failed." in trial.run("doctor", code=1).stdout
        assert "Not reviewed" in trial.run("accept", duty.reference, person=theirs).stderr


FINANCE_THIEF = '[[department]]\nid = "finance"\nname = "贼"\n'


def test_an_id_stays_with_the_plugin_in_use(trial: Trial, tmp_path: Path) -> None:
    trial.run("due", "--all")
    thief = tmp_path / "aaa.toml"
    thief.write_text(FINANCE_THIEF, encoding="utf-8")
    thief.chmod(0o644)
    for words in (("check",), ("use", "--yes")):
        said = trial.run("plugin", words[0], str(thief), *words[1:], code=9).stderr
        assert "“finance” of plugin “aaa” is already declared by plugin “dealership" in said
    trial.write("aaa.toml", FINANCE_THIEF)
    assert "Plugin aaa does not work" in trial.run("due", "--all").stderr


def test_the_plugin_in_use_wins_over_one_that_sorts_before_it(trial: Trial) -> None:
    trial.write("yard.toml", '[[department]]\nid = "yard"\nname = "车场"\n')
    trial.run("due", "--all")
    trial.write("aaa.toml", '[[department]]\nid = "yard"\nname = "贼"\n')
    assert "Plugin aaa does not work" in trial.run("due", "--all").stderr
    reasons = {
        one["name"]: one["reason"] for one in json.loads(trial.run("plugins", "--json").stdout)["plugins"]
    }
    assert "“aaa” is already declared by plugin “yard”" in reasons["aaa"]
    assert reasons["yard"] is None


def test_a_department_with_people_can_be_renamed(trial: Trial, tmp_path: Path) -> None:
    trial.write("yard.toml", YARD)
    settings = trial.folder / "sla_tracker.toml"
    person = '\n[[people]]\nid = "qian.jin"\nname = "钱进"\ndepartment = "yard"\nrole = "staff"\n'
    settings.write_text(settings.read_text(encoding="utf-8") + person, encoding="utf-8")
    trial.run("due", "--all")
    (before,) = _owed_by(trial, "yard")
    changed = tmp_path / "yard.toml"
    changed.write_text(YARD.replace('id = "yard"', 'id = "garden"\nrenamed_from = "yard"'), encoding="utf-8")
    changed.chmod(0o644)
    trial.run("plugin", "check", str(changed))
    trial.run("plugin", "use", str(changed), "--yes")
    (after,) = _owed_by(trial, "garden")
    assert (after["id"], after["provider"]) == (before["id"], "garden")
    assert _owed_by(trial, "yard") == [after]
    for _again in range(2):  # the second time a start-up cache would answer
        assert "车场清单" in trial.run("due", person="qian.jin").stdout
    trial.run("deliver", after["id"][-6:], person="qian.jin")
    assert [one["state"] for one in _owed_by(trial, "garden")] == ["delivered"]
    for command in ("show", "why"):
        assert "车场清单" in trial.run(command, after["id"][-6:], person="qian.jin").stdout


def _owed_by(trial: Trial, department: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = json.loads(trial.run("due", "--department", department, "--json").stdout)[
        "duties"
    ]
    return found


def test_a_department_with_people_cannot_be_taken_out_of_a_plugin(trial: Trial, tmp_path: Path) -> None:
    trial.write("yard.toml", '[[department]]\nid = "yard"\nname = "车场"\n')
    settings = trial.folder / "sla_tracker.toml"
    person = '\n[[people]]\nid = "qian.jin"\nname = "钱进"\ndepartment = "yard"\nrole = "staff"\n'
    settings.write_text(settings.read_text(encoding="utf-8") + person, encoding="utf-8")
    trial.run("due", "--all")
    changed = tmp_path / "yard.toml"
    changed.write_text('[[department]]\nid = "garden"\nname = "花园"\n', encoding="utf-8")
    changed.chmod(0o644)
    for words in (("check",), ("diff",), ("use", "--yes")):
        said = trial.run("plugin", words[0], str(changed), *words[1:], code=9).stderr
        assert (
            "The department “yard”, which plugin “yard” declares, would vanish, and 钱进 belong to it" in said
        )


@pytest.mark.parametrize("way", ["exit", "in a hook"])
def test_a_plugin_is_checked_in_a_process_of_its_own(trial: Trial, tmp_path: Path, way: str) -> None:
    file = tmp_path / "own.py"
    file.write_text(DEADLY[way], encoding="utf-8")
    file.chmod(0o644)
    for word in ("check", "diff"):
        said = trial.run("plugin", word, str(file), code=9).stderr
        assert "It ended the process in which it ran" in said
    file.write_text("print('loud')\n" + NO_DEPARTMENTS, encoding="utf-8")
    done = trial.run("plugin", "check", str(file))
    assert "own.py is code: to check it, it was run with your rights, in a process of its own." in done.stderr
    assert "loud" not in done.stdout
