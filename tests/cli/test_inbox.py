"""`sla inbox` on a real deployment: settings, exit codes, the document, doctor and erase."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sla_tracker.deployment.inbox_folder import folder as folders
from tests.cli.dealership import sla
from tests.cli.test_subject import files_with

GOOD = "车牌号,交车日期,客户姓名\n鄂F·12345,2026-11-19 16:40,张三\n"
BAD = "车牌号,交车日期\n鄂F·12346,03/04/2026\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(folders, "QUIET_SECONDS", 0.0)
    place = tmp_path / "dealer"
    sla(place, "init", "--trial", str(place), "--config", "dealership", "--in-force-from", "2026-10-01")
    settings = place / "sla_tracker.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f"{text}\n{section('wang.fang')}", encoding="utf-8")
    (place / "inbox").mkdir(mode=0o755)
    return place


TAKES = 'takes = ["events", "requests", "past", "people", "dates"]\n'


def section(account: str) -> str:
    return f'[inbox]\nfolder = "inbox"\naccount = "{account}"\nkind = "vehicle-delivered"\n'


def admin(folder: Path) -> str:
    people = json.loads(sla(folder, "person", "list", "--json").stdout)["people"]
    return str(next(one["id"] for one in people if one["role"] == "admin"))


def test_the_inbox_is_taken_told_about_and_erased(folder: Path) -> None:
    who = admin(folder)
    assert "No file lies ready" in sla(folder, "--as", who, "inbox").stderr
    sla(folder, "inbox", code=5)
    (folder / "inbox/day.csv").write_text(GOOD, encoding="utf-8")
    said = sla(folder, "--as", who, "inbox").stdout
    assert str(folder / "inbox/done/day.csv") in said
    assert "new 1" in said
    assert (
        json.loads(sla(folder, "event", "list", "--json").stdout)["events"][0]["registered_by"] == "wang.fang"
    )
    assert "鄂F·12345" in sla(folder, "subject", "张三").stdout
    (folder / "inbox/wrong.csv").write_text(BAD, encoding="utf-8")
    [document] = json.loads(sla(folder, "--as", who, "inbox", "--json", code=4).stdout)["files"]
    assert (document["fate"], document["import"], document["added"]) == ("refused", None, 0)
    assert "B2" in document["problems"][0]
    assert "0 waiting, 1 refused" in sla(folder, "doctor", code=1).output
    erased = sla(folder, "--as", who, "erase", "张三", "--reason", "asked for", "--yes").stdout
    assert "1 kept file of the inbox" in erased
    assert not files_with(folder, "张三")


STAFF = "姓名,部门,人员编号,角色\n郑小红,财务部,zheng.xiaohong,员工\n"
DAYS = "日期,类型,名称\n2027-01-01,休息,元旦\n2027-02-06,休息,春节\n2027-02-07,休息,春节\n"


def test_people_and_dates_are_an_administrators(folder: Path) -> None:
    settings = folder / "sla_tracker.toml"
    who = admin(folder)
    text = settings.read_text(encoding="utf-8").replace(section("wang.fang"), section("wang.fang") + TAKES)
    settings.write_text(text, encoding="utf-8")
    assert "wang.fang is no administrator" in sla(folder, "config", "check", code=6).output
    boss = '\n[[people]]\nid = "hr.system"\nname = "HR"\ndepartment = "finance"\nrole = "admin"\n'
    settings.write_text(text.replace('"wang.fang"\nkind', '"hr.system"\nkind') + boss, encoding="utf-8")
    for place, name, content in (
        ("people", "staff.csv", STAFF),
        (
            "people",
            "wrong.csv",
            STAFF.replace("郑小红,财务部,zheng.xiaohong,员工", "何欣,财务部,he.xin,管理员"),
        ),
        ("dates", "works-2027.csv", DAYS),
        ("dates", "other-2027.csv", DAYS + "2027-13-01,休息,?\n"),
    ):
        (folder / "inbox" / place).mkdir(exist_ok=True)
        (folder / "inbox" / place / name).write_text(content, encoding="utf-8")
    found = json.loads(sla(folder, "--as", who, "inbox", "--json", code=4).stdout)["files"]
    assert [(one["kind"], one["name"], one["fate"], one["added"]) for one in found] == [
        ("people", "staff.csv", "done", 1),
        ("people", "wrong.csv", "refused", 0),
        ("dates", "other-2027.csv", "refused", 0),
        ("dates", "works-2027.csv", "done", 3),
    ]
    assert "makes somebody an administrator" in found[1]["problems"][0]
    people = json.loads(sla(folder, "person", "list", "--json").stdout)["people"]
    assert [one["department"] for one in people if one["id"] == "zheng.xiaohong"] == ["finance"]
    assert "works" in sla(folder, "calendar", "sources").stdout
    changes = json.loads(sla(folder, "log", "--person", "hr.system", "--json").stdout)["changes"]
    assert {one["via"].partition(":")[0] for one in changes} == {"inbox"}
    assert len(changes) == 2

    for place, name, content in (("people", "staff.csv", STAFF), ("dates", "works-2027.csv", DAYS)):
        (folder / "inbox" / place / name).write_text(content, encoding="utf-8")
    found = json.loads(sla(folder, "--as", who, "inbox", "--json").stdout)["files"]
    assert [(one["fate"], one["added"], one["same"]) for one in found] == [("done", 0, 1), ("done", 0, 3)]


@pytest.mark.parametrize(
    ("account", "said"), [("nobody", "nobody"), ("", ""), ("guest", "needs a department and a role")]
)
def test_an_account_that_may_not_register_is_refused(folder: Path, account: str, said: str) -> None:
    settings = folder / "sla_tracker.toml"
    text = settings.read_text(encoding="utf-8").replace(section("wang.fang"), section(account))
    guest = '\n[[people]]\nid = "guest"\nname = "来访"\ndepartment = "finance"\nrole = "reader"\n'
    settings.write_text(text + guest, encoding="utf-8")
    outcome = sla(folder, "config", "check", code=6)
    assert "inbox.account" in outcome.output
    assert said in outcome.output
