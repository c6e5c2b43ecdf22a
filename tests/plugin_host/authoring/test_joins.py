"""`plugin check` shows what waits for what, and refuses dependencies by which nothing ever waits."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sla_tracker.cli.formats.plugin_lines import checked_document
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.plugin_host.authoring.check import CheckReport, check_file
from sla_tracker.plugin_host.host import PluginHost
from sla_tracker.plugin_host.loading import load_plugins
from sla_tracker.services.authoring.workshop import Checked
from sla_tracker.testing.company import a_calendar
from tests.chinese import left_in_english

NOW = datetime(2026, 11, 20, 6, tzinfo=UTC)
PAYROLL = """
[[department]]
id = "personnel"
name = "人事处"

[[department]]
id = "finance"
name = "财务处"

[[department]]
id = "college"
name = "学院"

[[event_type]]
id = "hired"
title = "入职"
subject = "姓名"

[[obligation]]
id = "changes"
title = { zh = "变动表", en = "Changes" }
consumer = "finance"
recurring = { due = { day = 25 }, about = "next" }

[[obligation]]
id = "attendance"
title = { zh = "考勤", en = "Attendance" }
provider = "*"
consumer = "personnel"
recurring = { due = { day = 5 } }

[[obligation]]
id = "sheet"
title = { zh = "工资表", en = "Pay sheet" }
consumer = "finance"
depends_on = ["changes"]
recurring = { due = { day = 5 }, about = "current" }

[[obligation]]
id = "quarter"
title = { zh = "季报", en = "Quarterly report" }
consumer = "finance"
depends_on = [{ obligation = "sheet", turn = "overlapping" }, { obligation = "attendance", turn = "latest" }]
recurring = { due = { day = 10, months = [1, 4, 7, 10] } }

[[obligation]]
id = "payday"
title = { zh = "发薪", en = "Payday" }
consumer = "college"
recurring = { due = { day = 25 } }

[[obligation]]
id = "records"
title = { zh = "工时", en = "Time records" }
provider = "college"
consumer = "personnel"
recurring = { due = { after = "payday", of = "due", workdays = -3, at = "17:00" } }

[[obligation]]
id = "slip"
title = { zh = "工资条", en = "Pay slip" }
consumer = "college"
depends_on = ["records"]
recurring = { due = { after = "payday", of = "delivery", workdays = 1 } }

[[obligation]]
id = "contract"
title = { zh = "合同", en = "Contract" }
consumer = "finance"
on_event = { type = "hired", due = { workdays = 1 } }

[[obligation]]
id = "card"
title = { zh = "工卡", en = "Card" }
consumer = "finance"
depends_on = ["contract", { obligation = "changes", turn = "latest" }]
on_event = { type = "hired", due = { workdays = 3 } }
"""


def checked(folder: Path, text: str) -> CheckReport:
    path = folder / "payroll.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)

    def load(given: Mapping[str, object]) -> PluginHost:
        return load_plugins(offered=(), given=given)

    calendars: Mapping[str, WorkCalendar] = {"": a_calendar()}
    return check_file(path, load, calendars, NOW)


def test_twelve_months_of_joins_by_hand(tmp_path: Path) -> None:
    report = checked(tmp_path, PAYROLL)
    assert report.is_good, report.problems
    found = [
        (
            join.turn.obligation.id,
            f"{join.turn.deadline.nominal_on:%m-%d}",
            [f"{one.obligation.id} {one.deadline.nominal_on:%m-%d}" for one in join.waits_for],
        )
        for join in report.joins
    ]
    sheets = [(due, other) for id, due, other in found if id == "sheet"]
    assert sheets == [
        ("12-05", ["changes 11-25"]), ("01-05", ["changes 12-25"]), ("02-05", ["changes 01-25"]),
        ("03-05", ["changes 02-25"]), ("04-05", ["changes 03-25"]), ("05-05", ["changes 04-25"]),
        ("06-05", ["changes 05-25"]), ("07-05", ["changes 06-25"]), ("08-05", ["changes 07-25"]),
        ("09-05", ["changes 08-25"]), ("10-05", ["changes 09-25"]), ("11-05", ["changes 10-25"]),
    ]  # fmt: skip
    quarters = [(due, other) for id, due, other in found if id == "quarter"]
    # Of the attendance due before it, that of each department: the report is the personnel office's own.
    assert quarters == [
        ("01-10", ["sheet 10-05", "sheet 11-05", "sheet 12-05"]),
        ("01-10", ["attendance 01-05", "attendance 01-05"]),
        ("04-10", ["sheet 01-05", "sheet 02-05", "sheet 03-05"]),
        ("04-10", ["attendance 04-05", "attendance 04-05"]),
        ("07-10", ["sheet 04-05", "sheet 05-05", "sheet 06-05"]),
        ("07-10", ["attendance 07-05", "attendance 07-05"]),
        ("10-10", ["sheet 07-05", "sheet 08-05", "sheet 09-05"]),
        ("10-10", ["attendance 10-05", "attendance 10-05"]),
    ]


NEVER = "in twelve months no turn of"


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        # A quarterly report and a monthly sheet have no period in common.
        ('{ obligation = "sheet", turn = "overlapping" }', '"sheet"', f"obligation[quarter].depends_on: {NEVER}"),
        ('depends_on = ["changes"]', 'depends_on = ["contract"]', f"obligation[sheet].depends_on: {NEVER}"),
        (
            'depends_on = ["contract", {',
            'depends_on = [{ obligation = "contract", turn = "previous" }, {',
            "obligation[card].depends_on: “Card” opens by an event or a request and has no period",
        ),
        ('depends_on = ["contract", {', 'depends_on = ["sheet", {', "obligation[card].depends_on: “Card” opens by"),
    ],
)  # fmt: skip
def test_what_never_joins_is_refused_with_its_line(tmp_path: Path, wrong: str, right: str, said: str) -> None:
    assert wrong in PAYROLL
    report = checked(tmp_path, PAYROLL.replace(wrong, right, 1))
    assert not report.is_good
    (problem,) = report.problems
    assert said in problem.sentence()
    assert problem.sentence().startswith("payroll.toml, line ")
    assert left_in_english(problem) == []


def test_the_document_names_both_sides(tmp_path: Path) -> None:
    report = checked(tmp_path, PAYROLL)
    document = checked_document(Checked(name="payroll", joins=report.joins))
    first = next(one for one in document["joins"] if one["obligation"] == "sheet")
    assert first == {
        "turn": "same",
        "obligation": "sheet",
        "provider": "personnel",
        "period_start": "2026-12-01",
        "period_end": "2027-01-01",
        "due_at": "2026-12-07T10:00:00Z",
        "waits_for": [
            {
                "obligation": "changes",
                "provider": "personnel",
                "period_start": "2026-12-01",
                "period_end": "2027-01-01",
                "due_at": "2026-11-25T10:00:00Z",
            }
        ],
    }


def test_what_counts_from_another_duty_is_listed_with_it(tmp_path: Path) -> None:
    report = checked(tmp_path, PAYROLL)
    records = [one for one in report.coming if one.obligation.id == "records"]
    assert [f"{one.deadline.due_on:%m-%d}" for one in records[:3]] == ["11-20", "12-22", "01-20"]
    slips = [one for one in report.coming if one.obligation.id == "slip"]
    assert slips
    assert not any(one.is_dated for one in slips)
    document = checked_document(Checked(name="payroll", joins=report.joins))
    assert {one["due_at"] for one in document["joins"] if one["obligation"] == "slip"} == {None}
    waits = [join for join in report.joins if join.turn.obligation.id == "slip"]
    assert [one.deadline.due_on.isoformat() for one in waits[1].waits_for] == ["2026-12-22"]
