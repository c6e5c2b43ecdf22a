"""A checklist says everything that is wrong with it at once: file, line, key, what is allowed, what was meant."""

from datetime import time, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from sla_tracker.domain.agreements.conditions import Condition
from sla_tracker.domain.agreements.fields import Choice, Field, FieldKind
from sla_tracker.domain.agreements.obligation import (
    About,
    OnEvent,
    OnRequest,
    Recurring,
    assumed_parts,
)
from sla_tracker.domain.deadlines.due import DayOfMonth, InWorkdays, InWorkingTime
from sla_tracker.domain.reminders.policy import Level
from sla_tracker.domain.text import Text
from sla_tracker.domain.toml_reader import DEEPEST, LARGEST
from sla_tracker.errors import PluginError
from sla_tracker.plugin_host.checklists.reader import json_schema, read_checklist
from sla_tracker.plugin_host.loading import load_plugins
from tests.chinese import left_in_english
from tests.plugin_host.samples import GOOD_CHECKLIST, declaring, department, status

FULL = """
version = "3"

[[department]]
id = "yard"
name = { zh = "车场", en = "Yard" }

[[department]]
id = "gate"
name = "门岗"

[[event_type]]
id = "car-arrived"
title = { zh = "来车", en = "Car arrived" }
subject = "车牌号"
planned = true

  [[event_type.fields]]
  id = "cash"
  kind = "choice"
  label = "现金"
  choices = [{ id = "yes", label = "是" }, { id = "no", label = "否" }]

[[obligation]]
id = "car-parked"
title = "停好"
consumer = "gate"
target = 0.9
accept_within = 2
opens_before = 4
calendar = "yard"
depends_on = ["gate-report"]
reminders = { hours = "09:00-18:00", steps = [{ id = "soon", workdays = -1, to = "head" }] }
on_event = [
  { type = "car-arrived", due = { working_hours = 1.5 }, condition = { after = 17:00:00, field = "cash" } },
  { type = "car-arrived", due = { workdays = 2 }, assumed = ["due"] },
]
on_request = { due = { workdays = 1 }, answer = { working_minutes = 30 } }
evidence = { id = "place", kind = "text", label = "车位", required = false }
guide = '''
停在线内。
'''

[[obligation]]
id = "gate-report"
title = "门岗月报"
provider = "gate"
consumer = "yard"
retired = true

  [obligation.recurring]
  due = { day = 5, at = "12:00", roll = "preceding" }
  about = "current"
  standing = true
  assumed = ["about"]
"""


def problems(text: str) -> list[str]:
    with pytest.raises(PluginError) as refused:
        read_checklist(text.encode(), "yard.toml")
    assert left_in_english(*refused.value.problems) == []
    return [problem.sentence() for problem in refused.value.problems]


@pytest.mark.parametrize("written", ["17:00:00", '"17:00"'])
def test_everything_a_checklist_can_say(written: str) -> None:
    checklist, _file = read_checklist(FULL.replace("17:00:00", written).encode(), "yard.toml")
    assert checklist.version == "3"
    assert [(one.id, one.name) for one in checklist.departments()] == [
        ("yard", Text("车场", "Yard")),
        ("gate", Text("门岗", "")),
    ]
    (event_type,) = checklist.event_types()
    assert event_type.planned
    assert event_type.fields == (
        Field(
            id="cash",
            kind=FieldKind.CHOICE,
            label=Text("现金", ""),
            choices=(Choice(id="yes", label=Text("是", "")), Choice(id="no", label=Text("否", ""))),
        ),
    )
    parked, report = checklist.obligations()
    assert (parked.provider, parked.consumer, report.provider) == ("yard", "gate", "gate")
    assert parked.triggers == (
        OnEvent(
            event_type="car-arrived",
            due=InWorkingTime(span=timedelta(minutes=90)),
            condition=Condition(after=time(17), field="cash"),
        ),
        OnEvent(event_type="car-arrived", due=InWorkdays(workdays=2), assumed=("due",)),
        OnRequest(due=InWorkdays(workdays=1), answer=InWorkingTime(span=timedelta(minutes=30))),
    )
    assert (parked.target, parked.accept_within, parked.opens_before) == (Decimal("0.9"), 2, 4)
    assert (parked.calendar, parked.depends_on, parked.guide) == (
        "yard",
        ("gate-report",),
        Text("停在线内。", ""),
    )
    assert parked.evidence == (
        Field(id="place", kind=FieldKind.TEXT, label=Text("车位", ""), required=False),
    )
    assert parked.reminders is not None
    assert [(step.id, step.level) for step in parked.reminders.steps] == [("soon", Level.HEAD)]
    (monthly,) = report.triggers
    assert isinstance(monthly, Recurring)
    assert isinstance(monthly.due, DayOfMonth)
    assert (monthly.about, monthly.standing, monthly.due.at) == (About.CURRENT, True, time(12))
    assert report.retired


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        (
            'consumer = "yard"',
            'consmer = "yard"',
            ["line 14, obligation[1].consmer", "Did you mean “consumer”?"],
        ),
        ("[department]", "[departmnt]", ["line 2, departmnt", "Did you mean “department”?"]),
        (
            "working_hours",
            "workin_hours",
            ["line 15, obligation[1].on_event[1].due", "Did you mean “working_hours”?"],
        ),
        ('title = "停好"', "title = 5", ["line 13, obligation[1].title: This should be text in quotes."]),
        ('id = "car-parked"', 'id = ["x"]', ["line 12, obligation[1].id: This should be text in quotes."]),
        (
            "due = { working_hours = 1 }",
            "due = 5",
            ["obligation[1].on_event[1].due", "such as { workdays = 1 }"],
        ),
        ('type = "car-arrived"', 'typ = "car-arrived"', ["on_event[1].type: This is missing."]),
        ('name = "车场"', "", ["line 2, department[1].name: This is missing."]),
        (
            'consumer = "yard"',
            'consumer = "yard"\naccept_within = 1.5',
            ["accept_within: This should be a whole number."],
        ),
        ('consumer = "yard"', 'consumer = "yard"\nretired = 1', ["retired: This should be true or false."]),
        ('consumer = "yard"', 'consumer = "yard"\ndepends_on = "x"', ["depends_on: This should be a list"]),
        ('consumer = "yard"', 'consumer = "yard"\ntarget = "high"', ["target: This should be a number"]),
        (
            'consumer = "yard"',
            'consumer = "yard"\nreminders = { step = [] }',
            ["obligation[1].reminders", "steps"],
        ),
        (
            'consumer = "yard"',
            'consumer = "yard"\nevidence = { id = "a", label = "a", kind = "tik" }',
            ["evidence[1].kind", "Did you mean “tick”?"],
        ),
    ],
)
def test_a_mistake_is_named_with_its_place(wrong: str, right: str, said: list[str]) -> None:
    assert wrong in GOOD_CHECKLIST
    found = problems(GOOD_CHECKLIST.replace(wrong, right, 1))
    for words in said:
        assert any(words in problem for problem in found), found
    assert all(problem.startswith("yard.toml, ") for problem in found)


def test_all_mistakes_are_named_at_once() -> None:
    text = GOOD_CHECKLIST.replace("title", "titel").replace("consumer", "custommer")
    found = problems(text)
    assert sum("titel" in problem for problem in found) == 2
    assert any("custommer" in problem for problem in found)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a = ", "at its end: this value cannot be read"),
        ("[department]\nid = 1\nid = 2\n", "line 3, column 7: this key is there twice"),
        ("x = 99999999999999999999e999999999999", ""),
        ("\x00", "line 1, column 1: neither a heading nor a key"),
        ("#" * (LARGEST + 1), "larger than 1024 KiB"),
        ("x = " + "[" * (DEEPEST + 2) + "]" * (DEEPEST + 2), "nested more than 32 deep"),
        ("x = " + "[" * 30_000, "deep"),
        ("x = " + "{a=" * 15_000, "deep"),
        ("a." * 30_000 + "a = 1", "nested more than 32 deep"),
        ("[" + "a." * 30_000 + "a]", "nested more than 32 deep"),
    ],
)
def test_what_is_no_checklist_at_all_is_said_in_one_sentence(text: str, said: str) -> None:
    (problem,) = problems(text)
    assert "yard.toml" in problem
    assert said in problem


def test_bytes_that_are_no_text_are_said() -> None:
    with pytest.raises(PluginError, match=r"yard\.toml, line 1: this is not UTF-8"):
        read_checklist(b"\xff\xfe", "yard.toml")


def test_an_empty_checklist_declares_nothing() -> None:
    checklist, _file = read_checklist(b"", "yard.toml")
    assert (checklist.departments(), checklist.event_types(), checklist.obligations()) == ((), (), ())


@pytest.mark.parametrize(
    ("written", "parts"),
    [
        ("due = { day = 5 }", ("roll",)),
        ('due = { day = 5, roll = "following" }', ()),
        ('due = { day = 5, roll = "preceding" }\nassumed = ["roll"]', ("roll",)),
        ('due = { day = 5 }\nagreed = ["roll"]', ()),
    ],
)
def test_a_written_roll_is_agreed_unless_it_is_called_assumed(written: str, parts: tuple[str, ...]) -> None:
    text = f"""
[department]
id = "yard"
name = "车场"

[[obligation]]
id = "report"
title = "报表"
consumer = "gate"
[obligation.recurring]
{written}
"""
    (report,) = read_checklist(text.encode(), "yard.toml")[0].obligations()
    assert assumed_parts(report.triggers[0]) == parts


def test_the_schema_knows_every_key() -> None:
    schema = json_schema()
    tables = {"department", "event_type", "obligation"}
    assert set(schema["properties"]) == {"version", "overrides", "based_on", *tables}  # type: ignore[call-overload]
    assert "rrule" in str(schema)


MISFITS = {
    "department": (
        'consumer = "yard"',
        'consumer = "yart"',
        "line 14, obligation[car-parked].consumer: no active",
    ),
    "event type": (
        'on_event = { type = "car-arrived"',
        'on_event = { type = "car-arived"',
        "line 15, obligation[car-parked].on_event[1].type: no active",
    ),
    "second trigger": (
        'on_event = { type = "car-arrived", due = { working_hours = 1 } }',
        """recurring = { due = { day = 3 } }
[[obligation.on_event]]
type = "car-arrived"
due = { working_hours = 1 }
[[obligation.on_event]]
type = "car-arived"
due = { working_hours = 1 }""",
        "line 20, obligation[car-parked].on_event[2].type: no active",
    ),
    "request that is served before it was made": (
        'on_event = { type = "car-arrived", due = { working_hours = 1 } }',
        """recurring = { due = { day = 3 } }
[[obligation.on_request]]
due = { workdays = -1 }""",
        "line 17, obligation[car-parked].triggers[2].due: a request",
    ),
    "field": (
        "due = { working_hours = 1 }",
        'due = { working_hours = 1 }, condition = { field = "paid" }',
        "line 15, obligation[car-parked].on_event[1].condition.field: no active",
    ),
    "dependency": (
        'title = "停好"',
        'title = "停好"\ndepends_on = ["wash"]',
        "line 14, obligation[car-parked].depends_on: no active",
    ),
    "circle": (
        'title = "停好"',
        'title = "停好"\ndepends_on = ["car-parked"]',
        "line 14, obligation[car-parked].depends_on: it would wait for itself",
    ),
    "calendar": (
        'title = "停好"',
        'title = "停好"\ncalendar = "nights"',
        "line 14, obligation[car-parked].calendar: the settings have no such",
    ),
    "id": (
        'id = "car-parked"',
        'id = "Car parked"',
        "line 12, obligation[Car parked]: 'Car parked' is no id",
    ),
    "clash with another plugin": (
        'id = "yard"',
        'id = "finance"',
        "line 3, department[finance]: The department “finance” of plugin “yard” is already declared",
    ),
    "clash inside": (
        "[[event_type]]",
        """[[event_type]]
id = "car-arrived"
title = "来车"
subject = "车牌号"
[[event_type]]""",
        "line 11, event_type[car-arrived]: The event type “car-arrived” of plugin “yard” is already declared",
    ),
    "doubt": (
        'title = "停好"',
        'title = "停好"',
        "line 12, obligation[car-parked]: “yard” owes this to itself",
    ),
}


@pytest.mark.parametrize("misfit", MISFITS)
def test_what_is_found_after_reading_has_its_line_too(misfit: str, tmp_path: Path) -> None:
    right, wrong, said = MISFITS[misfit]
    path = tmp_path / "yard.toml"
    path.write_text(GOOD_CHECKLIST.replace(right, wrong, 1), encoding="utf-8")
    path.chmod(0o644)
    host = load_plugins(
        offered=[],
        given={"finance": declaring(department()), "yard": path},
        work_calendars=("days",),
    )
    found = status(host, "yard")
    assert f"yard.toml, {said}" in found.reason + "".join(found.warnings)
