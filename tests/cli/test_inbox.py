"""`sla inbox` on a real deployment: settings, exit codes, the document, doctor and erase."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sla_tracker.deployment.inbox_folder import folder as folders
from tests.cli.test_checkpoints import sla
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
