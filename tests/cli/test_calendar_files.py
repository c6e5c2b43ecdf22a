"""Calendar files in a real deployment: what is wrong with one is said wherever it matters."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from sla_tracker.cli.main import build
from sla_tracker.deployment.calendar_folder import read_calendar_folder
from sla_tracker.deployment.service import DeploymentService
from tests.calendar_files.feeds import event, feed, ics
from tests.cli.doctor import an_empty_dealership, sla, wrong

NOW = "2026-11-20T18:30:00+08:00"
BROKEN = event("建厂日（休）", "DTSTART;VALUE=DATE:2027-02-30")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return an_empty_dealership(tmp_path / "dealer")


def narrated(folder: Path, *words: str, lang: str = "en") -> str:
    outcome = CliRunner().invoke(
        build(DeploymentService()),
        ["--deployment", str(folder), "--lang", lang, *words],
        env={"SLA_NOW": NOW, "SLA_DATABASE_URL": ""},
    )
    assert outcome.exit_code == 0, outcome.output
    return outcome.stderr


def put(folder: Path, name: str, text: str | bytes) -> None:
    content = text.encode() if isinstance(text, str) else text
    (folder / "calendars" / name).write_bytes(content)


def days(folder: Path, month: str) -> dict[str, bool]:
    document = json.loads(sla(folder, "calendar", month, "--json")[1])
    return {day["day"][-5:]: day["workday"] for day in document["days"]}


def test_a_good_file_makes_its_year_known(folder: Path) -> None:
    put(folder, "china-2027.ics", feed())
    code, said = sla(folder, "doctor")
    assert (code, wrong(said)) == (0, [])
    assert "this year and the next are published" in said
    assert days(folder, "2027-02")["02-13"]


def test_a_file_in_a_chinese_encoding_is_read(folder: Path) -> None:
    put(folder, "china-2027.ics", feed().encode("gb18030"))
    assert wrong(sla(folder, "doctor")[1]) == []
    assert "春节" in sla(folder, "calendar", "2027-02")[1]


def test_a_file_in_a_foreign_encoding_is_named_and_never_guessed(folder: Path) -> None:
    put(folder, "china-2027.ics", feed().encode() + b"\xe4\xf6\xfc\n")
    said = sla(folder, "doctor")[1]
    assert "wrong  Calendar file china-2027.ics: The file is not UTF-8, and no Chinese text" in said
    assert "\ufffd" not in said


def test_one_broken_event_keeps_every_other_year_and_is_said_everywhere(folder: Path) -> None:
    put(folder, "china-2027.ics", feed("{name}（休）", "{name}（班）", BROKEN))
    code, said = sla(folder, "doctor")
    assert code != 0
    assert "china-2027.ics is left out: The event “建厂日（休）” cannot be read" in said
    assert not days(folder, "2026-10")["10-01"]
    assert "The holidays of 2027 could not be read" in narrated(folder, "due")
    assert "2027 年的放假安排未能读取" in narrated(folder, "due", lang="zh_CN")


def test_a_year_that_could_not_be_read_is_not_called_unpublished(folder: Path) -> None:
    put(folder, "china-2027.ics", feed("{name}（休）", "{name}（班）", BROKEN))
    month = narrated(folder, "calendar", "2027-10")
    assert "Provisional: the working days of that year could not be read" in month
    assert "not published" not in month
    assert "next year is provisional: its working days could not be read" in sla(folder, "doctor")[1]


def test_the_warning_is_not_lost_with_the_start_up_cache(folder: Path) -> None:
    put(folder, "china-2027.ics", "nothing")
    for _ in range(2):
        assert "The holidays of 2027 could not be read" in narrated(folder, "due")


def test_a_published_year_with_a_broken_file_is_provisional_with_its_days(folder: Path) -> None:
    put(folder, "china-2026.ics", "nothing")
    document = json.loads(sla(folder, "calendar", "2026-10", "--json")[1])
    assert document["provisional"]
    assert not document["days"][0]["workday"]
    assert "this year is provisional: its working days could not be read" in sla(folder, "doctor")[1]


def test_each_deadline_that_a_broken_file_touches_says_so(folder: Path) -> None:
    put(folder, "china-2026.ics", "nothing")
    due = json.loads(sla(folder, "due", "--json", "--all")[1])["duties"]
    assert due
    assert "not published" not in narrated(folder, "why", due[0]["reference"])
    said = sla(folder, "why", due[0]["reference"])[1]
    assert (
        "The days off of 2026 could not be read, so the deadline is provisional; sla doctor says why." in said
    )


def test_a_missing_source_of_holidays_is_said_and_not_called_unpublished(folder: Path) -> None:
    settings = folder / "sla_tracker.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('  "china",', '  "nowhere",'), encoding="utf-8")
    assert "The holidays “china” are missing, so every deadline is provisional" in narrated(folder, "due")


@pytest.mark.parametrize(
    "name", ["2027.ics", "holidayCal.ics", "China-2027.ics", "china-2027.ICS", "china_2027.csv"]
)
def test_a_file_by_another_name_is_named_with_what_to_do(folder: Path, name: str) -> None:
    put(folder, name, feed())
    said = sla(folder, "doctor")[1]
    assert f"wrong  Calendar file {name}: Nothing reads it." in said
    assert "such as china-2027.ics" in said


def test_of_two_files_for_one_year_the_one_that_is_not_read_is_named(folder: Path) -> None:
    put(folder, "china-2027.ics", feed())
    put(folder, "china-2027.csv", "date,name\n2027-01-01,元旦\n")
    said = sla(folder, "doctor")[1]
    assert (
        "Calendar file china-2027.csv: It is not read, because china-2027.ics is there for the same year"
        in said
    )
    assert "this year and the next are published" in said


def test_events_that_were_passed_over_are_said_without_alarm(folder: Path) -> None:
    put(folder, "china-2027.ics", feed("{name}（休）", "{name}（班）", event("韩梅梅年假", start="20270705")))
    said = sla(folder, "doctor")[1]
    assert wrong(said) == []
    assert "韩梅梅年假" in said


def test_files_of_a_country_without_a_plugin_are_a_source_of_their_own(folder: Path) -> None:
    put(
        folder,
        "germany-2026.ics",
        ics(event("Tag der Einheit", start="20261003"), event("Reformation", start="20261030")),
    )
    settings = folder / "sla_tracker.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace('national = "china"', 'national = "germany"'), encoding="utf-8")
    assert not days(folder, "2026-10")["10-30"]
    assert days(folder, "2026-10")["10-01"]


def test_what_is_no_file_and_what_editors_leave_is_told_apart(tmp_path: Path) -> None:
    (tmp_path / "china-2027.toml").mkdir()
    (tmp_path / ".china-2027.toml.swp").write_bytes(b"x")
    (tmp_path / "china-2027.toml~").write_bytes(b"x")
    found = read_calendar_folder(tmp_path)
    assert {name: problem.sentence() for name, problem in found.unread.items()} == {
        "china-2027.toml": "It is no file."
    }
