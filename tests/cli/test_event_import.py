"""`sla event import` and `sla imports`: shown first, asked, taken over, taken back, with the exit code that fits."""

from __future__ import annotations

from pathlib import Path

import pytest

from sla_tracker.cli import screen
from tests.cli.runner import Line

CSV = "车牌号,交车日期,单号,备注\n鄂F·1,2026-11-19 16:40,A1,x\n鄂F·2,03/04/2026,A2,\n合计,2,,\n"


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "交车.csv"
    path.write_text(CSV, encoding="utf-8")
    return str(path)


def events(line: Line) -> list[str]:
    return [event["subject"] for event in line.json("event", "list")["events"]]


def state_of(line: Line, id: str) -> str:
    return next(str(one["state"]) for one in line.json("imports")["imports"] if one["id"] == id)


def test_a_dry_run_shows_columns_fates_and_doubts_and_writes_nothing(line: Line, file: str) -> None:
    said = line.run("event", "import", file, "--kind", "车辆交付", code=4)
    assert "A1 车牌号 = Plate, B1 交车日期 = when it happened or is planned, C1 单号 = the key" in said.stderr
    assert "Columns that are not used: 备注." in said.stderr
    assert "交车, cell B3, “03/04/2026”: “03/04/2026” is 2026-04-03 or 2026-03-04" in said.stderr
    assert [words.split()[0] for words in said.stdout.splitlines()] == ["Row", "2", "3", "4"]
    assert [words.split("  ")[-1].strip() for words in said.stdout.splitlines()[1:]] == [
        "new",
        "left out",
        "no entry",
    ]
    assert "Nothing was written. To take it over, give --yes." in said.stderr
    assert events(line) == []


def test_yes_confirms_the_reading_and_no_doubt(line: Line, file: str) -> None:
    said = line.run("event", "import", file, "--kind", "vehicle-delivered", "--yes", code=4)
    assert "Taken over: 1; corrected: 0; there already: 0." in said.stderr
    assert "1 row was left out." in said.stderr
    said = line.run("event", "import", file, "--kind", "vehicle-delivered", "--yes", "--dates", "day")
    assert "Taken over: 1; corrected: 0; there already: 1." in said.stderr
    assert events(line) == ["鄂F·1", "鄂F·2"]
    said = line.run(
        "event", "import", file, "--kind", "vehicle-delivered", "--dry-run", "--dates", "at=month", code=0
    )
    assert "correction" in said.stdout
    said = line.run("event", "import", file, "--kind", "vehicle-delivered", "--dates", "at=week", code=2)
    assert "write day or month, or for one column COLUMN=day" in said.stderr
    found = line.json("event", "import", file, "--kind", "vehicle-delivered", "--yes", "--dates", "day")
    assert ([row["fate"] for row in found["rows"]], found["import"]) == (["same", "same", "no_entry"], None)


def test_rows_with_what_cannot_be_kept_are_left_out_and_named(line: Line, tmp_path: Path) -> None:
    file = tmp_path / "交车.jsonl"
    rows = [
        '{"车牌号": "鄂F·1", "交车日期": "2026-11-19 16:40"}',
        r'{"车牌号": "鄂F·2\u0000", "交车日期": "2026-11-19 16:40"}',
        r'{"车牌号": "鄂F·3\ud800", "交车日期": "2026-11-19 16:40"}',
        '{"车牌号": "鄂F·4", "交车日期": ' + "9" * 400 + "}",
        '{"车牌号": "鄂F·5", "交车日期": Infinity}',
    ]
    file.write_text("\n".join(rows), encoding="utf-8")
    said = line.run("event", "import", str(file), "--kind", "vehicle-delivered", "--yes", code=4)
    assert "Taken over: 1" in said.stderr
    assert "4 rows were left out." in said.stderr
    for place in ("车牌号:2", "车牌号:3", "交车日期:4", "交车日期:5"):
        assert place in said.stderr
    assert events(line) == ["鄂F·1"]


def test_corrections_that_are_not_made_are_said(line: Line, tmp_path: Path) -> None:
    file = tmp_path / "交车.csv"
    words = ("event", "import", str(file), "--kind", "vehicle-delivered", "--yes")
    file.write_text("车牌号,交车日期,单号\n鄂F·1,2026-11-19 16:40,A1\n", encoding="utf-8")
    line.run(*words)
    file.write_text("车牌号,交车日期,单号\n鄂F·1,2026-11-19 16:50,A1\n", encoding="utf-8")
    assert "1 row differs from what is there and was not corrected (--update)." in line.run(*words).stderr
    assert "corrected: 1" in line.run(*words, "--update").stderr


def test_what_is_asked_and_answered(line: Line, file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def prompt(question: str, *, default: str | None = None) -> str:
        asked.append(question)
        return "month"

    def confirm(question: str, *, abort: bool = False) -> bool:
        asked.append(question)
        return True

    monkeypatch.setattr(screen, "is_there", lambda: True)
    monkeypatch.setattr("sla_tracker.cli.invocation.is_there", lambda: True)
    monkeypatch.setattr(screen, "prompt", prompt)
    monkeypatch.setattr(screen, "confirm", confirm)
    line.run("event", "import", file, "--kind", "vehicle-delivered")
    assert [question[:40] for question in asked] == [
        "Dates that can be read in two ways: 1, s",
        "Take this over?",
    ]
    assert [event["at"] for event in line.json("event", "list")["events"]] == [
        "2026-11-19T08:40:00Z", "2026-03-04T00:30:00Z",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("answers", "at"), [(["日", ""], "2026-04-03"), (["xx", "月"], "2026-03-04"), (["D"], "2026-04-03")]
)
def test_the_order_of_a_date_is_asked_until_it_is_understood(
    line: Line, file: str, monkeypatch: pytest.MonkeyPatch, answers: list[str], at: str
) -> None:
    asked: list[str] = []

    def prompt(question: str, *, default: str | None = None) -> str:
        asked.append(question)
        return answers.pop(0)

    monkeypatch.setattr("sla_tracker.cli.invocation.is_there", lambda: True)
    monkeypatch.setattr(screen, "prompt", prompt)
    monkeypatch.setattr(screen, "confirm", lambda *_words, **_named: True)
    said = line.run("--lang", "zh_CN", "event", "import", file, "--kind", "vehicle-delivered")
    assert asked[0].endswith("[日/月]")
    assert ("请输入" in said.stderr) is (asked[1:] != [])
    assert line.json("event", "list")["events"][1]["at"].startswith(at)


def test_maps_are_remembered_and_imports_listed_and_taken_back(line: Line, file: str) -> None:
    first = ["event", "import", file, "--kind", "vehicle-delivered", "--map", "key=备注", "--dates", "day"]
    line.run(*first, "--remember", "交车表", "--dry-run")
    assert line.json("imports")["maps"] == []  # a trial keeps nothing
    line.run(*first, "--remember", "no/name", "--yes", code=2)
    assert events(line) == []
    line.run(*first, "--remember", "交车表", "--yes")
    line.run("event", "import", "--undo", line.json("imports")["imports"][0]["id"], "--yes")
    shown = line.json("imports")["maps"]
    assert shown == [{"name": "交车表", "kind": "events", "columns": {"key": "备注"}}]
    done = line.json("event", "import", file, "--map", "交车表", "--yes")["import"]
    assert (done["added"], done["left_out"]) == (2, 0)
    assert "交车.csv" in line.say("imports")
    assert state_of(line, done["id"]) == "done"
    line.run("event", "import", "--undo", done["id"], code=4)
    assert line.json("event", "import", "--undo", done["id"][-6:], "--yes")["cancelled"] == 2
    assert events(line) == []
    assert state_of(line, done["id"]) == "undone"


@pytest.mark.parametrize(
    ("words", "code", "sentence"),
    [
        ([], 2, "Name the file of the list."),
        (["no.csv"], 2, "no.csv cannot be read: No such file or directory"),
        (["no.csv", "--undo", "abcdef"], 2, "--undo needs the id of the import and no file."),
        (["--undo", "abcdef", "--yes"], 3, "There is no import “abcdef”"),
        (["no.csv", "--map", "a", "--map", "b"], 2, "name one remembered map, not 2"),
        (["no.csv", "--map", "unknown"], 3, "No map for such lists is called “unknown”"),
    ],
)
def test_refusals_say_what_to_do(line: Line, words: list[str], code: int, sentence: str) -> None:
    assert sentence in line.run("event", "import", *words, code=code).output
