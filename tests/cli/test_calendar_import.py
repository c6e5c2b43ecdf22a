"""`sla calendar import`, `sources` and `--of` on a real deployment."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sla_tracker.cli.main import build
from sla_tracker.deployment.service import DeploymentService
from tests.calendar_files.feeds import event, feed, ics
from tests.cli.doctor import an_empty_dealership, sla, wrong
from tests.cli.test_calendar_files import days, put

NOW = "2026-11-20T18:30:00+08:00"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return an_empty_dealership(tmp_path / "dealer")


def run(folder: Path, *words: str, code: int = 0, person: str = "lin.tao", lang: str = "en") -> Result:
    acting = ["--as", person] if person else []
    outcome = CliRunner().invoke(
        build(DeploymentService()),
        ["--deployment", str(folder), "--lang", lang, *acting, *words],
        env={"SLA_NOW": NOW, "SLA_DATABASE_URL": ""},
    )
    assert outcome.exit_code == code, outcome.output
    return outcome


@pytest.fixture
def feed_file(tmp_path: Path) -> Path:
    file = tmp_path / "holidayCal.ics"
    file.write_bytes(feed().encode("gbk"))
    return file


def test_a_file_is_shown_day_by_day_and_nothing_is_written_without_a_yes(
    folder: Path, feed_file: Path
) -> None:
    said = run(folder, "calendar", "import", str(feed_file))
    assert "2027-01-31 Sun  worked  春节" in said.stdout
    assert "2027-10-01 Fri  day off  国庆节" in said.stdout
    assert "Days off: 27, worked: 4, not understood: 0." in said.stderr
    assert f"sla calendar import {feed_file} --name china --year 2027 --yes" in said.stderr
    assert list((folder / "calendars").iterdir()) == []


def test_a_confirmed_file_is_written_used_and_on_record(folder: Path, feed_file: Path) -> None:
    said = run(folder, "calendar", "import", str(feed_file), "--yes")
    target = folder / "calendars" / "china-2027.toml"
    assert f"Written to {target}" in said.stderr
    assert days(folder, "2027-02")["02-13"]
    assert wrong(sla(folder, "doctor")[1]) == []
    changes = json.loads(run(folder, "log", "--json").stdout)["changes"]
    taken = next(change for change in changes if change["what"] == "imported_calendar")
    assert taken["reason"].startswith("china-2027.toml ")
    assert "calendar imported" in run(folder, "log").stdout
    assert "日历已导入" in run(folder, "log", lang="zh_CN").stdout


def test_taking_it_again_keeps_what_was_there_before(folder: Path, feed_file: Path) -> None:
    for _ in range(2):
        run(folder, "calendar", "import", str(feed_file), "--yes")
    assert (folder / "calendars" / ".china-2027.toml.before").is_file()
    assert wrong(sla(folder, "doctor")[1]) == []


def test_only_an_administrator_takes_a_file_over(folder: Path, feed_file: Path) -> None:
    run(folder, "calendar", "import", str(feed_file), "--yes", person="wang.fang", code=5)
    assert list((folder / "calendars").iterdir()) == []
    run(folder, "calendar", "import", str(feed_file), person="wang.fang")


def test_what_contradicts_the_law_is_shown_and_taken_when_confirmed(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "holidays-only.ics"
    file.write_text(feed(make_up={}), encoding="utf-8")
    document = json.loads(run(folder, "calendar", "import", str(file), "--json", code=4).stdout)
    assert not document["written"]
    assert "4 make-up days are due, and this file has 0" in document["contradictions"][0]["en"]
    assert "应有 4 个调休上班日" in document["contradictions"][0]["zh"]
    assert json.loads(run(folder, "calendar", "import", str(file), "--json", "--yes").stdout)["written"]
    assert "confirmed = true" in (folder / "calendars" / "china-2027.toml").read_text(encoding="utf-8")
    assert wrong(sla(folder, "doctor")[1]) == []


def test_days_off_by_law_that_a_confirmed_file_lacks_stay_a_warning(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "new-year.ics"
    file.write_text(ics(event("元旦（休）", "DTSTART;VALUE=DATE:20270101")), encoding="utf-8")
    said = run(folder, "calendar", "import", str(file), "--yes").stderr
    assert "Contradiction: Days off by law that are not in this file: 2027-02-05" in said
    assert "left out" not in said
    assert "days off that it lacks are ordinary days now" in said
    found = sla(folder, "doctor")[1]
    assert wrong(found) == ["Calendar china 2027"]


def test_what_contradicts_the_published_days_is_shown(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "china-2026.csv"
    file.write_text(
        "date,to,name,kind\n2026-10-01,2026-10-06,国庆节,off\n2026-10-08,,国庆节,off\n", encoding="utf-8"
    )
    said = run(folder, "calendar", "import", str(file), code=4).stderr
    assert "2026-10-07 (National Day): published as a day off, in the file worked" in said
    assert "2026-10-08 (国庆节): published as worked, in the file a day off" in said
    assert "2026-10-06" not in said


def test_an_event_that_cannot_be_read_is_shown_before_anything_is_confirmed(
    folder: Path, tmp_path: Path
) -> None:
    file = tmp_path / "a.ics"
    broken = event("建厂日（休）", "DTSTART;VALUE=DATE:2027-02-30")
    private = event("韩梅梅年假", start="20270705")
    file.write_text(feed("{name}（休）", "{name}（班）", broken, private), encoding="utf-8")
    said = run(folder, "calendar", "import", str(file))
    assert "The event “建厂日（休）” cannot be read" in said.stderr
    assert "2027-07-05 Mon  not understood  韩梅梅年" in said.stdout


@pytest.mark.parametrize(
    ("name", "content", "code", "said"),
    [
        ("a.pdf", b"x", 2, "a.pdf is no calendar file; known are .toml, .ics, .csv"),
        ("a.ics", "Fête".encode("latin-1"), 2, "a.ics: The file is not UTF-8"),
        ("a.ics", b"nothing", 2, "This is no calendar file that can be read"),
        ("a.toml", b"year = 2027\n[[holiday]]\nname = 3\n", 2, "name has to be a text"),
        (
            "a.csv",
            "date,name\n2025-01-01,元旦\n2026-01-01,元旦\n".encode(),
            2,
            "The file has days of 2025, 2026",
        ),
        ("a.csv", "date,name\n2026-01-01,开会\n".encode(), 2, "name a year: --year"),
    ],
)
def test_a_file_that_cannot_be_taken_says_why(
    folder: Path, tmp_path: Path, name: str, content: bytes, code: int, said: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content)
    assert said in run(folder, "calendar", "import", str(file), code=code).stderr
    assert list((folder / "calendars").iterdir()) == []


def test_a_file_that_is_not_there_is_named(folder: Path) -> None:
    assert "There is no file nowhere.ics" in run(folder, "calendar", "import", "nowhere.ics", code=3).stderr


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_in_the_place_of_a_file_keeps_nobody_waiting(folder: Path, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.ics")
    assert "There is no file" in run(folder, "calendar", "import", str(tmp_path / "a.ics"), code=3).stderr


def test_the_days_of_another_country_need_no_plugin(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "feed.ics"
    file.write_text(
        ics(
            event("Neujahr", "RRULE:FREQ=YEARLY", start="20200101"),
            event("Tag der Deutschen Einheit", start="20271003"),
            event("Oster's birthday", start="20270405"),
        ),
        encoding="utf-8",
    )
    run(folder, "calendar", "import", str(file), "--name", "germany", "--year", "2027", "--yes")
    sources = {
        one["name"]: one for one in json.loads(run(folder, "calendar", "sources", "--json").stdout)["sources"]
    }
    assert sources["germany"]["files"] == ["germany-2027.toml"]
    assert (sources["germany"]["published_from"], sources["germany"]["published_through"]) == (2027, 2027)
    assert sources["germany"]["used_by"] == []
    assert (sources["china"]["plugin"], sources["china"]["used_by"]) == ("china", ["company"])


def test_the_sources_are_listed_with_what_was_left_out(folder: Path) -> None:
    put(folder, "china-2027.ics", "nothing")
    said = run(folder, "calendar", "sources")
    assert "plugin china" in said.stdout
    assert "china-2027.ics is left out" in said.stderr
    assert "china-2027.ics 未采用" in run(folder, "calendar", "sources", lang="zh_CN").stderr


def test_the_calendar_of_a_department_or_of_a_name_is_shown(folder: Path) -> None:
    settings = folder / "sla_tracker.toml"
    text = settings.read_text(encoding="utf-8")
    own = "\n[[calendar.departments.sales.days]]\non = 2026-11-23\nclosed = true\n"
    own += "\n[[calendar.departments.stocktaking.days]]\non = 2026-11-24\nclosed = true\n"
    settings.write_text(text + own, encoding="utf-8")

    def closed(*of: str) -> set[str]:
        document = json.loads(run(folder, "calendar", "2026-11", *of, "--json", person="").stdout)
        assert document["of"] == (of[1] if of else None)
        return {day["day"][-2:] for day in document["days"] if not day["workday"]} & {"23", "24"}

    assert closed("--of", "sales") == {"23"}
    assert closed("--of", "销售部") == {"23"}
    assert closed("--of", "stocktaking") == {"24"}
    assert closed("--of", "company") == set()
    assert (
        "Calendar: “salse” is unknown. Did you mean “sales”?"
        in run(folder, "calendar", "--of", "salse", code=3).stderr
    )


def test_a_month_is_still_all_that_the_command_needs(folder: Path) -> None:
    assert run(folder, "calendar").stdout.startswith("2026-11")
    assert (
        run(folder, "calendar", "2026-12", "--json").stdout
        == run(folder, "calendar", "--json", "2026-12").stdout
    )
    assert "“x” is more than sla calendar takes" in run(folder, "calendar", "2026-11", "x", code=2).stderr
    assert "There is no command “improt”" in run(folder, "calendar", "improt", "a.ics", code=2).stderr


@pytest.mark.parametrize(("answer", "code", "written"), [("y\n", 0, True), ("n\n", 4, False)])
def test_somebody_who_is_there_is_asked(
    folder: Path, feed_file: Path, monkeypatch: pytest.MonkeyPatch, answer: str, code: int, written: bool
) -> None:
    monkeypatch.setattr("sla_tracker.cli.invocation.is_there", lambda: True)
    outcome = CliRunner().invoke(
        build(DeploymentService()),
        [
            "--deployment",
            str(folder),
            "--lang",
            "en",
            "--as",
            "lin.tao",
            "calendar",
            "import",
            str(feed_file),
        ],
        env={"SLA_NOW": NOW, "SLA_DATABASE_URL": ""},
        input=answer,
    )
    assert "Take these days over?" in outcome.stderr
    assert outcome.exit_code == code
    assert (folder / "calendars" / "china-2027.toml").exists() is written


def test_a_department_abroad_has_the_holidays_of_its_country_and_one_may_have_none(folder: Path) -> None:
    put(folder, "germany-2026.csv", "date,name\n2026-11-18,Buß- und Bettag\n")
    settings = folder / "sla_tracker.toml"
    own = '\n[calendar.departments.sales]\nnational = "germany"\n[calendar.departments.service]\nnational = ""\n'
    settings.write_text(settings.read_text(encoding="utf-8") + own, encoding="utf-8")

    def worked(month: str, day: str, *of: str) -> bool:
        document = json.loads(run(folder, "calendar", month, *of, "--json").stdout)
        return {one["day"][-2:]: bool(one["workday"]) for one in document["days"]}[day]

    assert not worked("2026-11", "18", "--of", "sales")
    assert worked("2026-10", "01", "--of", "sales")
    assert worked("2026-11", "18")
    assert not worked("2026-10", "01")
    assert worked("2026-10", "01", "--of", "service")
    sources = {
        one["name"]: one for one in json.loads(run(folder, "calendar", "sources", "--json").stdout)["sources"]
    }
    assert sources["germany"]["used_by"] == ["sales"]


def test_a_misspelt_source_of_one_calendar_is_named(folder: Path) -> None:
    settings = folder / "sla_tracker.toml"
    own = '\n[calendar.departments.sales]\nnational = "chine"\n'
    settings.write_text(settings.read_text(encoding="utf-8") + own, encoding="utf-8")
    said = run(folder, "config", "check", str(folder), code=6, person="").stderr
    assert "calendar.departments.sales.national: “chine” is unknown. Did you mean “china”?" in said


def test_a_broken_file_of_one_calendar_is_said_too(folder: Path) -> None:
    put(folder, "germany-2026.csv", "date,name\nsoon,x\n")
    settings = folder / "sla_tracker.toml"
    own = '\n[calendar.departments.sales]\nnational = "germany"\n'
    settings.write_text(settings.read_text(encoding="utf-8") + own, encoding="utf-8")
    assert "The holidays of 2026 could not be read" in run(folder, "due").stderr
    assert "germany-2026.csv is left out: row 2: “soon” is no day" in run(folder, "doctor", code=1).stdout


def test_moved_days_of_a_published_december_are_shown(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.ics"
    moved = event("元旦（休）", start="20261231")
    file.write_text(feed("{name}（休）", "{name}（班）", moved), encoding="utf-8")
    said = run(folder, "calendar", "import", str(file), code=4).stderr
    assert "2026-12-31 (元旦): published as worked, in the file a day off" in said


def test_a_hostile_name_in_a_table_is_written_as_plain_text(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "feed.toml"
    name = "x\\n\\u001b]52;c;AAAA\\u0007[[holiday]]"
    file.write_text(f'year = 2027\n[[holiday]]\nname = "{name}"\nfrom = 2027-01-01\n', encoding="utf-8")
    run(folder, "calendar", "import", str(file), "--name", "moon", "--yes")
    written = (folder / "calendars" / "moon-2027.toml").read_text(encoding="utf-8")
    assert "\x1b" not in written
    assert written.count("\n[[holiday]]") == 1


def test_days_that_no_calendar_uses_are_named(folder: Path, tmp_path: Path) -> None:
    file = tmp_path / "germany-2027.csv"
    file.write_text("date,status,name\n2027-03-26,off,Karfreitag\n", encoding="utf-8")
    said = run(folder, "calendar", "import", str(file), "--yes").stderr
    assert "No calendar uses it yet" in said
    assert "sla config set calendar.national germany" in said
    assert "open duties follow it" not in said
    code, found = sla(folder, "doctor")
    assert (code, wrong(found)) == (1, ["Calendar files germany"])
    run(folder, "config", "set", "calendar.national", "germany")
    assert "Calendar files germany" not in wrong(sla(folder, "doctor")[1])
    assert not days(folder, "2027-03")["03-26"]
    assert "open duties follow it" in run(folder, "calendar", "import", str(file), "--yes").stderr


def test_a_calendar_without_national_days_is_not_called_published(folder: Path) -> None:
    run(folder, "config", "set", "calendar.national", '""')
    assert "well  Calendar company: no national days" in sla(folder, "doctor")[1]
