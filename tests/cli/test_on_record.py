"""Each commit keeps who acted by the system's word, and a store that went back takes no act until that is accepted."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from sla_tracker.domain.people import Actor
from sla_tracker.domain.verbs import Verb
from sla_tracker.os_login import login_name, process_login
from sla_tracker.services.ports import Act
from sla_tracker.testing.company import a_context, an_actor, local
from tests.cli.dealership import an_event, sla


def test_every_commit_names_uid_and_login(folder: Path) -> None:
    changes = json.loads(sla(folder, "log", "--last", "0", "--json").stdout)["changes"]
    assert {change["by"] for change in changes} > {"system"}
    assert {(change["uid"], change["login"]) for change in changes} == {(os.getuid(), login_name())}
    assert {change["via"] for change in changes} == {process_login("trial")}


def test_in_a_real_deployment_it_is_the_login_of_the_system(tmp_path: Path) -> None:
    place = tmp_path / "real"
    sla(place, "init", str(place), "--config", "dealership", "--in-force-from", "2026-10-01")
    sla(place, "due")
    (change, *_) = json.loads(sla(place, "log", "--json").stdout)["changes"]
    assert change["via"] == f"unix:{os.getuid()}:{login_name()}"


def test_a_foreign_login_is_shown_beside_the_person(folder: Path) -> None:
    assert f"({login_name()})" in sla(folder, "log").stdout


@pytest.mark.parametrize(
    ("via", "uid", "login"),
    [
        ("unix:1001:wangfang", 1001, "wangfang"),
        ("unix:1001:wang:fang", 1001, "wang:fang"),
        ("unix::wangfang", None, "wangfang"),
        ("trial:wangfang", None, "wangfang"),
        ("terminal", None, ""),
        ("", None, ""),
    ],
)
def test_what_older_versions_wrote_is_read_too(via: str, uid: int | None, login: str) -> None:
    act = Act(what="x", by="y", at=local("2026-11-20 12:00"), via=via)
    assert (act.uid, act.login) == (uid, login)


def test_an_erasure_names_the_login_as_every_act_does() -> None:
    context = a_context()
    actor = an_actor(context, "root", via="trial")
    actor = Actor(person=actor.person, via="trial", as_login="root")
    assert context.act(actor, Verb.ERASED).via == "trial:root"
    assert context.act(None, Verb.ROLLED_OVER).by == "system"


def test_a_store_that_went_back_takes_no_act_until_that_is_accepted(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "store", tmp_path / "older")
    an_event(folder, "鄂F·99999")
    shutil.rmtree(folder / "store")
    shutil.copytree(tmp_path / "older", folder / "store")
    words = ("event", "add", "vehicle-delivered", "鄂F·70007", "--at", "11-19 16:40", "-f", "cash=no")
    assert "went back" in sla(folder, *words, code=7).stderr
    before = (folder / "store" / "segments" / "00000001.journal").read_bytes()
    tomorrow = {"SLA_NOW": "2026-12-21T09:00:00+08:00"}
    assert "went back" in sla(folder, "due", env=tomorrow).stderr  # reads, and opens nothing
    sla(folder, "--as", "lin.tao", "erase", "鄂F·12345", "--reason", "x", "--yes", code=7)
    assert (folder / "store" / "segments" / "00000001.journal").read_bytes() == before
    sla(folder, "verify", "--accept")
    sla(folder, *words)


def test_a_store_written_anew_takes_no_act_either(folder: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    sla(other, "init", "--trial", str(other), "--config", "dealership", "--in-force-from", "2026-10-01")
    for subject in ("鄂F·10001", "鄂F·10002", "鄂F·10003"):
        an_event(other, subject)
    shutil.rmtree(folder / "store")
    shutil.copytree(other / "store", folder / "store")
    words = ("event", "add", "vehicle-delivered", "鄂F·70007", "--at", "11-19 16:40", "-f", "cash=no")
    assert "written anew" in sla(folder, *words, code=7).stderr
