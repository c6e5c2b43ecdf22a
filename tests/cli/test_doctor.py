"""`sla doctor` on real deployments with something wrong in each: it says what, and looks at all the rest."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from sla_tracker.cli.main import build
from sla_tracker.deployment.checks import host as host_checks
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.storage.journal.files.paths import filesystem_of
from sla_tracker.version import version_text
from tests.cli.doctor import NOW, an_empty_dealership, sla, wrong

EARLIER = "2026-11-01T09:00:00+08:00"
ROOT = os.geteuid() == 0 if os.name == "posix" else False


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return an_empty_dealership(tmp_path / "dealer")


def keep_in(folder: Path, kind: str) -> None:
    settings = folder / "sla_tracker.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('kind = "tinydb"', f'kind = "{kind}"'), encoding="utf-8")


ALL = ("Settings", "Plugins", "Calendar company", "Store", "Free space", "Clock", "Language")


def test_a_new_deployment_is_well(folder: Path) -> None:
    code, said = sla(folder, "doctor")
    assert (code, wrong(said)) == (0, [])
    assert all(f"well  {about}:" in said for about in (*ALL, "Durability"))


def test_files_of_the_plugin_folder_that_nothing_reads_are_named(folder: Path) -> None:
    plugins = folder / "plugins"
    plugins.mkdir(exist_ok=True)
    for name in ("yard.TOML", "gate.toml.txt", "_draft.toml", ".hidden", "kept.toml~"):
        (plugins / name).write_text("", encoding="utf-8")
    code, said = sla(folder, "doctor")
    assert (code, wrong(said)) == (1, ["Plugin file gate.toml.txt", "Plugin file yard.TOML"])
    assert "well  Plugin file _draft.toml: It is a draft" in said
    assert "hidden" not in said
    assert "kept" not in said


def test_where_the_deployment_is_and_which_program_looks_at_it_is_said(folder: Path) -> None:
    said = sla(folder, "doctor")[1]
    assert f"well  Deployment: {folder.resolve()}\n" in said
    assert f"sla_tracker {version_text()} in " in said


@pytest.mark.parametrize(
    ("address", "because"),
    [
        ("", "SLA_DATABASE_URL, which holds the address of the database, is not set"),
        ("nonsense", "cannot be understood"),
        ("postgresql://nobody@127.0.0.1:1/sla", "does not answer"),
    ],
)
@pytest.mark.parametrize("option", [(), ("--no-plugins",)])
def test_a_server_that_is_away_is_one_finding(
    folder: Path, address: str, because: str, option: tuple[str, ...]
) -> None:
    keep_in(folder, "postgres")
    code, said = sla(folder, *option, "doctor", env={"SLA_DATABASE_URL": address})
    assert code == 1
    assert because in said
    assert ("Everything goes on as soon as the database" in said) is (because == "does not answer")
    assert "Store" in wrong(said)
    assert all(f"  {about}:" in said for about in ALL)
    if not option:
        assert wrong(said) == ["Store"]


def test_a_store_in_memory_keeps_nothing(folder: Path) -> None:
    keep_in(folder, "memory")
    code, said = sla(folder, "doctor")
    assert (code, wrong(said)) == (1, ["Durability"])
    assert 'Set kind = "tinydb"' in said


def test_a_damaged_store_does_not_hide_the_rest(folder: Path) -> None:
    (folder / "store" / "journal.json").write_text("{")
    code, said = sla(folder, "doctor")
    assert (code, wrong(said)) == (1, ["Store"])
    assert all(f"  {about}:" in said for about in ALL)


def test_a_folder_in_which_everybody_may_write_is_refused(folder: Path) -> None:
    folder.chmod(0o757)
    assert sla(folder, "doctor")[0] == 6


@pytest.mark.parametrize("place", ["plugins", "calendars", "store"])
def test_what_everybody_may_write_is_named(folder: Path, place: str) -> None:
    sla(folder, "due")
    found = folder / place
    found.chmod(found.stat().st_mode | 0o002)
    code, said = sla(folder, "doctor")
    assert code == 1
    assert f"chmod o-w {found}" in said
    assert set(wrong(said)) == {"Rights", "Store"} if place == "store" else wrong(said) == ["Rights"]


def test_a_store_that_one_may_not_write_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sla(folder, "due")
    segments = folder / "store" / "segments"
    if ROOT:  # root may write everywhere: ask as somebody else would be answered
        real = os.access
        monkeypatch.setattr(os, "access", lambda path, mode: Path(path) != segments and real(path, mode))
    segments.chmod(0o550)
    try:
        code, said = sla(folder, "doctor")
    finally:
        segments.chmod(0o770)
    assert (code, wrong(said)) == (1, ["Rights"])
    assert f"You may not write to {segments}." in said


def test_a_clock_behind_the_last_change_is_named(folder: Path) -> None:
    sla(folder, "due")
    code, said = sla(folder, "doctor", env={"SLA_NOW": EARLIER})
    assert (code, wrong(said)) == (1, ["Clock"])
    assert "A change is on record for 2026-11-20 18:30, later than now" in said
    event = ("--as", "li.na", "event", "add", "vehicle-delivered", "鄂F·12345", "--field", "cash=no")
    assert sla(folder, *event, env={"SLA_NOW": EARLIER})[0] == 0
    assert wrong(sla(folder, "doctor", env={"SLA_NOW": EARLIER})[1]) == [
        "Clock"
    ]  # though the last change is not


def test_little_room_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(host_checks, "LEAST_FREE_BYTES", 1 << 62)
    code, said = sla(folder, "doctor")
    assert (code, wrong(said)) == (1, ["Free space"])
    assert "Make room" in said


def test_a_store_in_a_file_system_in_memory_is_named(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sla(folder, "due")
    store = folder / "store"
    monkeypatch.setattr(host_checks, "FLEETING", {filesystem_of(store, store.stat().st_dev)})
    code, said = sla(folder, "doctor")
    assert (code, wrong(said)) == (1, ["Durability"])
    assert f"{store} lies in memory" in said


def settings_with(folder: Path, text: str) -> None:
    settings = folder / "sla_tracker.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + text, encoding="utf-8")


def test_a_calendar_that_nobody_uses_is_named(folder: Path) -> None:
    settings_with(folder, '\n[calendar.departments.finanse]\nusual_hours = ["09:00-12:00"]\n')
    code, said = sla(folder, "doctor")
    assert code == 1
    assert "Calendar finanse: No department has this id" in said
    assert "Did you mean “finance”?" in said


def test_duties_of_a_department_without_people_and_absences_are_named(folder: Path) -> None:
    sla(folder, "due")
    settings = folder / "sla_tracker.toml"
    text = settings.read_text(encoding="utf-8")
    away = "away = [{ first = 2026-11-01, last = 2026-12-31 }]"
    text = re.sub(r'(?m)^department = "finance"$', f'department = "finance"\n{away}', text)
    settings.write_text(re.sub(r'(?m)^department = "loan"$', 'department = "sales"', text), encoding="utf-8")
    code, said = sla(folder, "doctor")
    assert code == 1
    assert "of the department “loan”, to which nobody belongs." in said
    assert "Everybody is away today in: finance" in said
    assert "Heads without a deputy:" in said


def test_a_department_that_judges_complaints_is_asked_for_and_the_shipped_settings_name_one(
    folder: Path,
) -> None:
    settings = folder / "sla_tracker.toml"
    text = settings.read_text(encoding="utf-8")
    assert 'judge = "hr"' in text
    assert "[complaints]" not in sla(folder, "doctor")[1]
    settings.write_text(text.replace('judge = "hr"', ""), encoding="utf-8")
    for words in (("config", "check"), ("doctor",)):
        outcome = CliRunner().invoke(
            build(DeploymentService()),
            ["--deployment", str(folder), *words],
            env={"SLA_NOW": NOW, "SLA_LANG": "en"},
        )
        assert "[complaints]" in outcome.output, words
