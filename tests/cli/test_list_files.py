"""Lists of duties as files: workbook, CSV, JSON, calendar; the name says the form."""

import csv
import io
import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import icalendar
import openpyxl
import pytest

from sla_tracker.calendar_files.writer import as_ics
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.services.queries.duties import planned_rows, row_of
from sla_tracker.services.queries.list_content import DatedEntry, EntryEnd
from sla_tracker.wording.lists.duties import duty_entries
from tests.cli.runner import Line

NOW = datetime(2026, 11, 20, 17, 30, tzinfo=ZoneInfo("Asia/Shanghai"))


def walk(content: bytes, kind: str) -> list[Any]:
    """Return the entries of one kind in a calendar."""
    calendar: Any = icalendar.Calendar.from_ical(content)
    return list(calendar.walk(kind))


@pytest.mark.parametrize("form", ["xlsx", "csv", "json", "ics", "md", "html"])
def test_every_form_holds_the_list(line: Line, tmp_path: Path, form: str) -> None:
    rows = line.json("due", "--until", "2027-01-31")["duties"]
    file = tmp_path / f"list.{form}"
    line.run("due", "--until", "2027-01-31", "--to", str(file))
    content = file.read_bytes()
    match form:
        case "xlsx":
            sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[1]
            found = [row[0].value for row in sheet.iter_rows(min_row=4)]
            assert [one or None for one in found] == [row["reference"] for row in rows]
        case "csv":
            assert len(content.decode("utf-8-sig").splitlines()) == len(rows) + 1
        case "json":
            assert json.loads(content)["duties"] == rows
        case "ics":
            events = walk(content, "VEVENT")
            assert sorted(event["DTSTART"].dt.isoformat() for event in events) == sorted(
                row["due_at"].replace("Z", "+00:00") for row in rows
            )
            assert len({event["UID"] for event in events}) == len(rows)
        case _:
            assert all((row["reference"] or "") in content.decode() for row in rows)


LISTS = {
    "event list": ("events", ("xlsx", "csv", "json", "ics")),
    "subject 鄂F12345": ("duties", ("csv", "json", "ics")),
    "requests --all": ("requests", ("xlsx", "csv", "json")),
    "complaint list --all": ("complaints", ("csv", "json")),
    "complaint figures": ("complaints", ("csv", "json")),
    "complaint figures --rows lodged": ("rows", ("csv", "json")),
    "complaint figures --rows record": ("rows", ("csv", "json")),
    "period list": ("months", ("csv", "json")),
    "log --last 0": ("changes", ("xlsx", "csv", "json")),
    "person list": ("people", ("csv", "json")),
    "score 2026-11 --by obligation": ("levels", ("csv", "json")),
    "score --rows pending": ("rows", ("xlsx", "csv", "json")),
    "score --rows asked": ("rows", ("csv", "json")),
    "causes --compare": ("causes", ("csv", "json")),
    "league": ("departments", ("csv", "json")),
    "forecast": ("departments", ("csv", "json")),
    "forecast --rows ahead": ("rows", ("csv", "json")),
    "hand-over list": ("offers", ("csv", "json")),
    "shift list": ("notes", ("csv", "json")),
    "survey list": ("providers", ("csv", "json")),
    "survey results": ("results", ("csv", "json")),
}


@pytest.mark.parametrize("words", LISTS)
def test_other_lists_are_written_too(line: Line, tmp_path: Path, words: str) -> None:
    line.vehicle("10:00", subject="鄂F·12345")
    line.vehicle("11:00", subject="鄂F·67890")
    line.run("event", "cancel", line.json("event", "list")["events"][0]["reference"], "--reason", "=1+1")
    line.run("request", "--to", "sales", "--subject", "鄂F·12345", "--text", "=1+1 copy", person="zhou.min")
    line.run("complaint", "lodge", "sales", "=1+1 late", person="chen.jing")
    key, forms = LISTS[words]
    count = len(line.json(*words.split())[key])
    for form in forms:
        file = tmp_path / f"list.{form}"
        line.run(*words.split(), "--to", str(file))
        content = file.read_bytes()
        match form:
            case "json":
                assert json.loads(content) == line.json(*words.split())
            case "csv":
                found = list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))
                extra = len(line.json(*words.split())["events"]) if key == "duties" else 0
                assert len(found) == 1 + count + extra
                assert not any(cell.startswith("=") for row in found for cell in row)
                assert len({len(row) for row in found}) == 1
            case "xlsx":
                sheet = openpyxl.load_workbook(io.BytesIO(content)).worksheets[1]
                assert sheet.max_row == 3 + count
                assert any(isinstance(cell.value, datetime) for cell in sheet[4])
            case _:
                assert len(walk(content, "VEVENT")) >= count
    refused = line.attempt(*words.split(), "--to", str(tmp_path / "new.ics"))
    assert (refused.exit_code == 0) is ("ics" in forms), refused.stderr


def test_a_cancelled_event_is_cancelled_in_calendars(line: Line, tmp_path: Path) -> None:
    line.vehicle("10:00", day="2026-11-20", subject="鄂F·12345")
    reference = line.json("event", "list")["events"][0]["reference"]
    line.run("event", "list", "--to", str(tmp_path / "before.ics"))
    line.run("event", "cancel", reference, "--reason", "sold back")
    line.run("event", "list", "--cancelled", "--to", str(tmp_path / "after.ics"))
    line.run("calendar", "2026-11", "--to", str(tmp_path / "month.ics"))
    [before], [after] = (
        walk((tmp_path / f"{name}.ics").read_bytes(), "VEVENT") for name in ("before", "after")
    )
    assert (before["UID"], after["STATUS"]) == (after["UID"], "CANCELLED")
    assert before["SEQUENCE"] < after["SEQUENCE"]
    month = walk((tmp_path / "month.ics").read_bytes(), "VEVENT")
    gone = [one for one in month if "鄂F·12345" in one["SUMMARY"]]
    assert gone
    assert all(one["STATUS"] == "CANCELLED" for one in gone)


def test_readers_of_both_languages_have_the_same_entries(line: Line, tmp_path: Path) -> None:
    context = line.deployments.context
    named = replace(context.settings, name="示范汽车", name_en="Demonstration Motors")
    line.deployments.context = replace(context, settings=named)
    found = {}
    for language in ("zh", "en"):
        file = tmp_path / f"{language}.ics"
        line.run("--lang", language, "calendar", "2026-11", "--to", str(file))
        found[language] = {str(one["UID"]) for one in walk(file.read_bytes(), "VEVENT")}
        assert named.names.get("zh_CN" if language == "zh" else "en") in file.read_text(encoding="utf-8")
    assert found["zh"]
    assert found["zh"] == found["en"]


def test_the_month_as_tasks(line: Line, tmp_path: Path) -> None:
    line.run("calendar", "2026-11", "--to", str(tmp_path / "month.ics"), "--todo")
    tasks = walk((tmp_path / "month.ics").read_bytes(), "VTODO")
    assert tasks
    assert all(task["DUE"].dt.astimezone(NOW.tzinfo).strftime("%Y-%m") == "2026-11" for task in tasks)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("due", "--to", "list.doc"), ".xlsx"),
        (("due", "--to", "there.csv"), "already"),
        (("calendar", "--to", "x.csv", "--todo"), ".ics"),
        (("due", "--to", "no/such/folder.csv"), "folder.csv"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_a_wrong_name_writes_nothing(
    line: Line, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...], said: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.csv").write_text("mine")
    result = line.attempt(*words)
    assert (result.exit_code, said in result.stderr) == (2, True), result.stderr
    assert {one.name for one in tmp_path.iterdir()} == {"there.csv", "sla_tracker.toml"}
    assert (tmp_path / "there.csv").read_text() == "mine"


def test_an_entry_stays_the_same_when_a_planned_duty_opens(line: Line) -> None:
    context = line.deployments.context
    planned = planned_rows(context, date(2027, 1, 31), NOW)
    assert planned
    assert all(row.key for row in planned)
    opened = context.store.read(lambda tx: tx.find(Duty))
    assert {row_of(context, duty, NOW).key for duty in opened} == {duty.key for duty in opened}


def test_what_is_done_is_cancelled_and_every_change_counts_up() -> None:
    def written(*, sequence: int, end: EntryEnd | None, todo: bool = False) -> Any:
        entry = DatedEntry(
            key="a/b/2026-11",
            at=NOW,
            title="t",
            description="d",
            changed_at=NOW + timedelta(minutes=sequence),
            sequence=sequence,
            end=end,
        )
        return walk(as_ics("A", [entry], NOW, todo=todo), "VTODO" if todo else "VEVENT")[0]

    first, later = written(sequence=1, end=None), written(sequence=2, end=EntryEnd.COMPLETED)
    assert first["UID"] == later["UID"]
    assert (first.get("STATUS"), later["STATUS"]) == (None, "CANCELLED")
    assert (first["SEQUENCE"], later["SEQUENCE"]) == (1, 2)
    ends = (None, EntryEnd.COMPLETED, EntryEnd.CANCELLED)
    assert [written(sequence=2, end=one, todo=True).get("STATUS") for one in ends] == [
        None,
        "COMPLETED",
        "CANCELLED",
    ]


def test_only_what_was_accepted_is_a_completed_task(line: Line) -> None:
    context = line.deployments.context
    row = planned_rows(context, date(2027, 1, 31), NOW)[0]
    rows = [replace(row, state=state) for state in State]
    ends = {row.state: one.end for row, one in zip(rows, duty_entries(context, rows), strict=True)}
    assert ends == {
        **dict.fromkeys((State.OPEN, State.HELD, State.DELIVERED)),
        State.ACCEPTED: EntryEnd.COMPLETED,
        **dict.fromkeys((State.CANCELLED, State.HANDED_OVER, State.MISSED, State.WAIVED), EntryEnd.CANCELLED),
    }
