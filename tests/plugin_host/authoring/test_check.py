"""Checking a plugin file: everything that is wrong at once, and what it will open on real holidays."""

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sla_tracker.domain.deadlines.explanation import explain
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.plugin_host.authoring.check import CheckReport, check_file, schema_text
from sla_tracker.plugin_host.host import PluginHost
from sla_tracker.plugin_host.loading import load_plugins
from sla_tracker.services.deployment import PluginState
from sla_tracker.testing.company import a_calendar
from tests.plugin_host.samples import GOOD_CHECKLIST, declaring, department
from tests.plugins.installed import host

NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)
MONTHLY = """
[[obligation]]
id = "month-report"
title = "月报"
consumer = "finance"
recurring = { due = { day = 1, at = "12:00" } }
"""


@pytest.fixture(scope="module")
def calendars() -> Mapping[str, WorkCalendar]:
    plain, china = a_calendar(), host("china").calendars["china"]
    return {"": WorkCalendar(zone=plain.zone, weekly=plain.weekly, source=china)}


def loader(given: Mapping[str, object]) -> PluginHost:
    return load_plugins(offered=(), given={"finance": declaring(department()), **given})


def checked(
    folder: Path, text: str, calendars: Mapping[str, WorkCalendar], name: str = "yard.toml"
) -> CheckReport:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)
    return check_file(path, loader, calendars, NOW)


def test_the_next_twelve_months_are_shown_with_their_why(
    tmp_path: Path, calendars: Mapping[str, WorkCalendar]
) -> None:
    report = checked(tmp_path, GOOD_CHECKLIST + MONTHLY, calendars)
    assert report.is_good, report.problems
    due = [opening.deadline.due_at.astimezone(calendars[""].zone) for opening in report.coming]
    assert len(due) == 12
    assert [f"{at:%m-%d %H:%M}" for at in due[:4]] == [
        "12-01 12:00",
        "01-04 12:00",
        "02-01 12:00",
        "03-01 12:00",
    ]
    assert (due[0].date(), due[-1].date()) == (date(2026, 12, 1), date(2027, 11, 1))
    january = report.coming[1].deadline
    assert january.provisional
    assert any("元旦" in line for line in explain(january.steps, lang="zh", zone=calendars[""].zone))


def test_an_exception_that_is_no_workday_turn_of_the_calendar_is_refused(
    tmp_path: Path, calendars: Mapping[str, WorkCalendar]
) -> None:
    rule = '{ nth_workday = -1, except = ["2026-12-30", "2026-12-31", "2027-03-30"] }'
    report = checked(tmp_path, GOOD_CHECKLIST + MONTHLY.replace('{ day = 1, at = "12:00" }', rule), calendars)
    assert not report.is_good
    (problem,) = report.problems
    assert "2026-12-30 is no turn of this rule" in problem.sentence()


def test_events_are_shown_as_if_they_happened_now(
    tmp_path: Path, calendars: Mapping[str, WorkCalendar]
) -> None:
    (example,) = checked(tmp_path, GOOD_CHECKLIST, calendars).examples
    assert example.obligation.id == "car-parked"
    assert example.deadline.due_at == datetime(2026, 11, 20, 7, tzinfo=UTC)


def test_a_bad_file_says_everything(tmp_path: Path, calendars: Mapping[str, WorkCalendar]) -> None:
    report = checked(tmp_path, GOOD_CHECKLIST.replace("title", "titel"), calendars)
    assert report.status.state is PluginState.QUARANTINED
    assert sum("Did you mean “title”?" in problem.sentence() for problem in report.problems) == 2
    assert (report.coming, report.obligations) == ((), ())


def test_a_file_that_does_not_fit_the_others_says_so(
    tmp_path: Path, calendars: Mapping[str, WorkCalendar]
) -> None:
    report = checked(tmp_path, GOOD_CHECKLIST + MONTHLY.replace("finance", "finanse"), calendars)
    assert [problem.sentence() for problem in report.problems] == [
        (
            "yard.toml, line 20, obligation[month-report].consumer: no active plugin declares “finanse”. "
            "Did you mean “finance”?"
        )
    ]


def test_names_that_nobody_declares_are_said_with_the_rest(
    tmp_path: Path, calendars: Mapping[str, WorkCalendar]
) -> None:
    wrong = GOOD_CHECKLIST.replace("title", "titel") + MONTHLY.replace("finance", "finanse")
    said = [problem.sentence() for problem in checked(tmp_path, wrong, calendars).problems]
    assert sum("titel" in one for one in said) >= 2
    (last,) = [one for one in said if "finanse" in one]
    assert last.startswith("yard.toml, line ")
    assert "Did you mean “finance”?" in last


def test_python_is_checked_too(tmp_path: Path, calendars: Mapping[str, WorkCalendar]) -> None:
    good = "from sla_tracker import *\n@hookimpl\ndef sla_register_departments():\n    return [%s]\n"
    named = good % 'Department(id="x", name=Text("甲", "x"))'
    assert checked(tmp_path, named, calendars, "own.py").is_good
    report = checked(tmp_path, good % "5", calendars, "own.py")
    assert "should be Department, and is int 5" in report.problems[0].sentence()


def test_the_schema_is_for_editors() -> None:
    schema = json.loads(schema_text())
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert schema["additionalProperties"] is False
