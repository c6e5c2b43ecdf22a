"""`sla plugin` over a real deployment: begin, check, compare, take into use; what is on record; who may."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sla_tracker.cli.main import build
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.domain.agreements.roster import Roster
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.services.turns.rosters import roster_of

FRIDAY = "2026-11-20T14:00:00+08:00"
ADMIN = "lin.tao"


class Trial:
    """A trial deployment of the dealer, used through its real DeploymentService."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @property
    def plugins(self) -> Path:
        return self.folder / "plugins"

    def run(self, *words: str, code: int = 0, person: str = "", lang: str = "en", at: str = FRIDAY) -> Result:
        options = ["--deployment", str(self.folder), "--lang", lang, *(["--as", person] if person else [])]
        outcome = CliRunner().invoke(build(DeploymentService()), [*options, *words], env={"SLA_NOW": at})
        assert outcome.exit_code == code, f"{outcome.exit_code}: {outcome.output}"
        return outcome

    def begin(self) -> Path:
        said = self.run(
            "plugin", "new", "workshop", "--zh", "车间", "--en", "Workshop", "--consumer", "finance"
        )
        return Path(said.stdout.strip())

    def write(self, name: str, text: str) -> Path:
        path = self.plugins / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o644)
        return path

    def roster(self) -> Roster:
        deployment = DeploymentService().open(self.folder, plugins=False)
        found = deployment.context.store.read(roster_of)
        deployment.close()
        assert found is not None
        return found


@pytest.fixture
def trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Trial:
    monkeypatch.setenv("SLA_NOW", FRIDAY)
    DeploymentService().init(tmp_path / "trial", config="dealership", trial=True, in_force_from=None)
    return Trial(tmp_path / "trial")


def _owing(id: str, other: str) -> str:
    """Return the checklist of a department that owes another one a list."""
    return (
        f'[department]\nid = "{id}"\nname = {{ en = "{id.title()}" }}\n\n'
        f'[[obligation]]\nid = "{id}-list"\nconsumer = "{other}"\ntitle = {{ en = "List of {id}" }}\n'
        "recurring = { due = { day = 3 } }\n"
    )


def test_departments_that_owe_each_other_come_into_use_together(trial: Trial) -> None:
    first, second = (
        trial.write(f"_{id}.toml", _owing(id, other)) for id, other in (("it", "lab"), ("lab", "it"))
    )
    alone = trial.run("plugin", "use", "it", "--yes", code=9, person=ADMIN)
    assert "If another new file declares it, name both in one command." in alone.stderr
    said = trial.run("plugin", "check", "it", "lab")
    assert [line for line in said.stderr.splitlines() if "good" in line] == [
        "_it.toml is good.",
        "_lab.toml is good.",
    ]
    assert "_it.toml\n" in said.stdout
    assert "Two of the files" in trial.run("plugin", "use", "it", "it", "--yes", code=2, person=ADMIN).stderr
    documents = json.loads(trial.run("plugin", "check", "it", "lab", "--json").stdout)["plugins"]
    assert [(one["plugin"], one["problems"]) for one in documents] == [("it", []), ("lab", [])]
    assert "+ obligation lab-list: added" in trial.run("plugin", "diff", str(first), str(second)).stdout
    twice = trial.run("plugin", "use", "it", str(trial.write("it.py", "")), "--yes", code=2, person=ADMIN)
    assert "Two of the files would be the plugin “it”." in twice.stderr
    (trial.plugins / "it.py").unlink()
    placed = trial.run("plugin", "use", "it", "lab", "--yes", person=ADMIN).stdout.splitlines()[-2:]
    assert placed == [str(trial.plugins / "it.toml"), str(trial.plugins / "lab.toml")]
    due = json.loads(trial.run("due", "--all", "--until", "2027-01-10", "--json").stdout)
    assert {"it-list", "lab-list"} <= {one["obligation"] for one in due["duties"]}


def test_of_several_files_none_is_installed_where_one_is_wrong(trial: Trial) -> None:
    trial.write("_it.toml", _owing("it", "lab"))
    trial.write("_lab.toml", _owing("lab", "nobody"))
    said = trial.run("plugin", "use", "it", "lab", "--yes", code=9, person=ADMIN).stderr
    assert "The plugins _it.toml, _lab.toml cannot be used" in said
    assert "“nobody”" in said
    assert not (trial.plugins / "it.toml").exists()
    assert not (trial.plugins / "lab.toml").exists()


def test_a_new_department_is_begun_checked_compared_and_taken_into_use(trial: Trial) -> None:
    draft = trial.begin()
    assert draft.name == "_workshop.toml"
    assert "workshop" not in trial.run("plugins").stdout, "a draft is not in use"
    checked = trial.run("plugin", "check", "workshop").stdout
    assert "12-07 Mon 18:00" in checked
    assert "day 5 · moved on to Mon 7 Dec · by close of Mon 7 Dec, 18:00" in checked
    assert "Papers after it is finished ← Something was finished" in checked
    compared = trial.run("plugin", "diff").stdout
    assert "+ obligation workshop-papers: added" in compared
    asked = trial.run("plugin", "use", "workshop", "--no-input", code=4, person=ADMIN)
    assert "Nothing was done. To take it into use, give --yes." in asked.stderr
    placed = trial.run("plugin", "use", "workshop", "--yes", person=ADMIN)
    assert Path(placed.stdout.splitlines()[-1]) == trial.plugins / "workshop.toml"
    assert not draft.exists()
    due = json.loads(trial.run("due", "--all", "--until", "2027-01-10", "--json").stdout)
    assert "workshop-monthly-report" in {one["obligation"] for one in due["duties"]}


def test_a_department_is_begun_from_its_own_list(trial: Trial) -> None:
    source = trial.folder / "list.csv"
    source.write_text("事项;接收部门;时限\n月报;财务部;每月5日前\n应急;财务部;尽快\n", encoding="gbk")
    words = ("plugin", "new", "yard", "--zh", "库房", "--from", str(source))
    said = trial.run(*words)
    draft = Path(said.stdout.strip())
    assert (draft.name, "list, cell C3, “尽快”" in said.stderr) == ("_yard.toml", True)
    assert "nothing opens it" in trial.run("plugin", "check", "yard", code=9).stderr
    text = draft.read_text(encoding="utf-8").replace(
        'title = "应急"', 'title = "应急"\nrecurring = { due = { weekdays = ["fri"] } }'
    )
    draft.write_text(text, encoding="utf-8")
    trial.run("plugin", "use", "yard", "--yes", person=ADMIN)
    due = json.loads(trial.run("due", "--all", "--until", "2026-12-10", "--json").stdout)
    assert {"yard-yuebao", "yard-yingji"} <= {one["obligation"] for one in due["duties"]}
    assert (
        "_yard.toml"
        not in trial.run("plugin", "new", "yard", "--zh", "x", "--from", "none.csv", code=4).stdout
    )


@pytest.mark.parametrize(
    ("words", "sentence", "code"),
    [
        (("--from", "none.csv"), "none.csv cannot be read", 2),
        (("--from", "none.csv", "--consumer", "finace"), "Did you mean “finance”", 2),
        (("--from", "none.csv", "--python", "x"), "not both", 2),
    ],
)
def test_a_list_that_cannot_be_taken_says_why(
    trial: Trial, words: tuple[str, ...], sentence: str, code: int
) -> None:
    assert sentence in trial.run("plugin", "new", "yard", "--zh", "x", *words, code=code).stderr


@pytest.mark.timeout(60)
def test_a_pipe_in_the_place_of_a_list_keeps_nobody_waiting(trial: Trial) -> None:
    pipe = trial.folder / "list.csv"
    os.mkfifo(pipe)
    said = trial.run("plugin", "new", "yard", "--zh", "x", "--from", str(pipe), code=2).stderr
    assert "list.csv cannot be read" in said


def test_what_waits_for_what_is_listed_with_departments_together(trial: Trial) -> None:
    draft = trial.begin()
    draft.write_text(WAITING, encoding="utf-8")
    said = trial.run("plugin", "check", "workshop").stdout
    lines = said.partition("What waits for what until")[2].splitlines()
    assert "Attendance (6 departments) 2026-11 12-07 Mon 18:00" in lines[2]
    assert [line.split()[0] for line in lines[2:4]] == ["12-08", "–"]


WAITING = """
[department]
id = "workshop"
name = { zh = "车间", en = "Workshop" }

[[obligation]]
id = "attendance"
title = { zh = "考勤", en = "Attendance" }
provider = "*"
consumer = "finance"
recurring = { due = { day = 5 } }

[[obligation]]
id = "hours"
title = { zh = "工时", en = "Hours" }
consumer = "finance"
depends_on = ["attendance"]
recurring = { due = { day = 8 } }

[[obligation]]
id = "slip"
title = { zh = "回执", en = "Slip" }
consumer = "finance"
depends_on = ["attendance"]
recurring = { due = { after = "hours", of = "delivery", workdays = 1 } }
"""


def test_a_changed_plugin_is_compared_with_the_one_in_use(trial: Trial) -> None:
    trial.begin()
    trial.run("plugin", "use", "workshop", "--yes", person=ADMIN)
    text = (trial.plugins / "workshop.toml").read_text(encoding="utf-8")
    trial.write("_workshop.toml", text.replace("due = { day = 5 }", "due = { day = 8 }"))
    said = trial.run("plugin", "diff").stdout
    assert "~ workshop: changed" in said
    assert "opens and is due: by the calendar: day = 5 → by the calendar: day = 8" in said
    assert "12-07 Mon 18:00 → 12-08 Tue 18:00" in said
    changes = json.loads(trial.run("plugin", "diff", "workshop", "--json").stdout)
    assert changes["plugins"] == {"workshop": "changed"}
    assert {one["kind"] for one in changes["duties"]} == {"changed"}
    trial.run("plugin", "use", "workshop", "--yes", person=ADMIN)
    assert (trial.plugins / ".workshop.toml.before").read_text(encoding="utf-8") == text
    assert "There is no draft" in trial.run("plugin", "diff").stderr
    assert "Nothing would be different" in trial.run("plugin", "diff", "workshop").stderr


@pytest.mark.parametrize(("lang", "sentence"), [("en", "Did you mean “title”?"), ("zh", "title")])
def test_everything_that_is_wrong_is_said_at_once(trial: Trial, lang: str, sentence: str) -> None:
    draft = trial.begin()
    text = draft.read_text(encoding="utf-8").replace("title", "titel").replace("day = 5", "day = 50")
    draft.write_text(text, encoding="utf-8")
    said = trial.run("plugin", "check", "workshop", code=9, lang=lang)
    assert said.stderr.count(".titel") == 4
    assert said.stderr.count(sentence) >= 4
    assert "50" in said.stderr
    report = json.loads(trial.run("plugin", "check", "workshop", "--json", code=9, lang=lang).stdout)
    assert report["good"] is False
    assert len(report["problems"]) >= 5
    refused = trial.run("plugin", "use", "workshop", "--yes", code=9, person=ADMIN, lang=lang)
    assert "titel" in refused.stderr
    assert draft.exists()
    assert not (trial.plugins / "workshop.toml").exists()


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        (("new", "Workshop", "--consumer", "finance"), 2, "is no id"),
        (("new", "车间", "--consumer", "finance"), 2, "“车间” is no id"),
        (("new", "workshop"), 2, "--consumer is missing: Who is owed"),
        (("new", "workshop", "--consumer", "finanse"), 2, "Did you mean “finance”?"),
        (("check", "workshop"), 3, "There is no plugin file “workshop”"),
        (("check", "sla_tracker.toml"), 3, "There is no plugin file"),
        (("use", "nowhere.toml", "--yes"), 5, "administrator"),
        (("diff", "/dev/null"), 3, "There is no plugin file"),
    ],
)
def test_what_cannot_be_done_is_refused_in_a_sentence(
    trial: Trial, words: tuple[str, ...], code: int, sentence: str
) -> None:
    assert sentence in trial.run("plugin", *words, code=code).stderr


def test_nothing_is_overwritten(trial: Trial) -> None:
    draft = trial.begin()
    before = draft.read_bytes()
    said = trial.run("plugin", "new", "workshop", "--consumer", "finance", code=4)
    assert "_workshop.toml already" in said.stderr
    assert draft.read_bytes() == before


def test_a_department_that_nobody_brings_yet_can_be_owed(trial: Trial) -> None:
    trial.run("plugin", "new", "yard", "--consumer", "harbour", "--consumer-name", "港口")
    assert "It is good." in trial.run("plugin", "check", "yard").stderr


def test_a_python_package_with_tests_is_written(trial: Trial, tmp_path: Path) -> None:
    target = tmp_path / "package"
    words = ("plugin", "new", "workshop", "--consumer", "finance", "--python", str(target))
    files = trial.run(*words).stdout.split()
    assert str(target / "tests" / "test_plugin.py") in files
    assert all(Path(file).is_file() for file in files)
    assert "already" in trial.run(*words, code=4).stderr


def test_python_needs_leave_before_it_is_used(trial: Trial) -> None:
    code = "from sla_tracker import *\n@hookimpl\ndef sla_register_departments():\n    return []\n"
    path = trial.write("_own.py", code)
    assert (
        'python = ["own.py"]' in trial.run("plugin", "use", str(path), "--yes", code=4, person=ADMIN).stderr
    )


def test_the_schema_is_json(trial: Trial) -> None:
    schema = json.loads(trial.run("plugin", "schema").stdout)
    assert schema["title"] == "sla_tracker checklist"


def test_the_plugin_set_is_on_record(trial: Trial) -> None:
    trial.run("due")
    first = trial.roster().plugins
    assert set(first) > {"china", "dealership-sales"}
    assert all(len(digest) == 64 for digest in first.values())
    trial.begin()
    trial.run("plugin", "use", "workshop", "--yes", person=ADMIN)
    trial.run("due")
    (trial.plugins / "workshop.toml").unlink()
    trial.run("due")
    changes = [
        one["reason"]
        for one in json.loads(trial.run("log", "--json").stdout)["changes"]
        if one["what"] == "plugins_changed"
    ]
    assert [reason.split()[0] for reason in changes[1:]] == ["+workshop", "-workshop"]
    assert "plugins changed" in trial.run("log").stdout
    assert "插件有变化" in trial.run("log", lang="zh").stdout
    assert trial.roster().plugins == first


def test_a_broken_plugin_stays_on_record_and_is_named(trial: Trial) -> None:
    trial.begin()
    trial.run("plugin", "use", "workshop", "--yes", person=ADMIN)
    trial.run("due")
    known = trial.roster().plugins
    trial.write("workshop.toml", "department = 5\n")
    trial.run("due")
    assert trial.roster().plugins == known
    assert "workshop" in trial.run("doctor", code=9).stdout


def test_no_calendar_is_followed_while_a_plugin_is_missing(trial: Trial) -> None:
    """The holidays' own plugin may be the missing one: deadlines must not move because it does not load."""
    trial.run("event", "add", "vehicle-delivered", "鄂F·12345", "--at", "2026-11-20 10:00", "-f", "cash=no")
    before = dues(trial)
    versions = trial.roster().calendar_versions
    settings = trial.folder / "sla_tracker.toml"
    text = settings.read_text(encoding="utf-8")
    assert before
    settings.write_text(text.replace('  "china",', '  "gone",', 1), encoding="utf-8")
    assert '"gone"' in settings.read_text(encoding="utf-8")
    trial.run("due", "--all")
    assert dues(trial) == before
    assert trial.roster().calendar_versions == versions
    settings.write_text(text, encoding="utf-8")
    trial.run("due", "--all")
    assert dues(trial) == before


def dues(trial: Trial) -> dict[str, str]:
    deployment = DeploymentService().open(trial.folder, plugins=False)
    found = deployment.context.store.read(lambda tx: tx.find(Duty))
    deployment.close()
    return {duty.id: duty.due_at.isoformat() for duty in found}


def test_slow_and_warned_plugins_are_shown(trial: Trial) -> None:
    trial.write(
        "own.py",
        "import time, warnings\nfrom sla_tracker import hookimpl\n"
        "@hookimpl\ndef sla_register_departments():\n"
        "    warnings.warn('the list is old')\n    time.sleep(1.2)\n    return []\n",
    )
    settings = trial.folder / "sla_tracker.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("python = []", 'python = ["own.py"]', 1), encoding="utf-8")
    said = trial.run("plugins").stderr
    assert "own: the list is old" in said
    assert "own: it keeps everybody waiting: sla_register_departments" in said
    (row,) = [
        one for one in json.loads(trial.run("plugins", "--json").stdout)["plugins"] if one["name"] == "own"
    ]
    assert row["warnings"] == ["the list is old"]
    assert row["slow"] == ["sla_register_departments"]
    # Waiting for a processor is taken off, so that on a busy machine less than the whole sleep may be left.
    assert row["slow_seconds"]["sla_register_departments"] >= 0.6
    doctor = trial.run("doctor", code=1).stdout
    assert "the list is old" in doctor
    assert "It keeps everybody waiting: sla_register_departments" in doctor


def test_an_empty_checklist_is_warned_of(trial: Trial) -> None:
    trial.write("_empty.toml", "")
    assert "It declares nothing" in trial.run("plugin", "check", "empty").stderr


def test_what_the_calendar_opens_is_listed_until_a_day(trial: Trial) -> None:
    trial.begin()
    assert (
        "Opened by the calendar until 2026-12-31"
        in trial.run("plugin", "check", "workshop", "--until", "2026-12-31").stdout
    )
    trial.run("plugin", "check", "workshop", "--until", "2026-01-01", code=2)
    trial.run("plugin", "check", "workshop", "--until", "2099-01-01", code=2)


def test_a_changed_field_of_the_evidence_is_named(trial: Trial) -> None:
    text = (
        '[department]\nid = "yard"\nname = "车场"\n[[obligation]]\nid = "parked"\ntitle = "停好"\n'
        'consumer = "finance"\non_request = {{ due = {{ workdays = 1 }} }}\n'
        'evidence = [{{ id = "slip", label = "单据", kind = "tick"{more} }}, {{ id = "same", label = "不变" }}]\n'
    )
    trial.write("yard.toml", text.format(more=""))
    trial.write("_yard.toml", text.format(more=", required = false"))
    said = trial.run("plugin", "diff", "yard").stdout
    assert "evidence: 单据 (slip, tick) → 单据 (slip, tick, optional)" in said
    assert "不变" not in said
