"""Reminder policies and texts as people write them, and what they are told when it is wrong."""

from __future__ import annotations

from datetime import time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sla_tracker.domain.reminders.policy import (
    DEFAULT_POLICY,
    Anchor,
    EveryWorkday,
    InWorkingHours,
    Level,
    OnWorkday,
)
from sla_tracker.domain.reminders.policy_toml import PolicyError, policy_from_table, unknown_channels
from sla_tracker.domain.reminders.template import filled_in, template_problems
from sla_tracker.domain.time.work_hours import Segment
from sla_tracker.errors import SlaError
from tests.chinese import left_in_english


def test_a_table_says_what_the_policy_is() -> None:
    policy = policy_from_table(
        {
            "hours": "09:00-17:30",
            "closed_days": True,
            "steps": [
                {"workdays": -3, "at": "9:00"},
                {"working_hours": -2, "channels": ["mail"]},
                {"every_workday": 5, "at": "08:30", "to": "head", "id": "again"},
                {"working_minutes": 0, "from": "opening"},
            ],
        }
    )
    assert policy.hours.span == Segment(540, 1050)
    assert policy.hours.closed_days
    assert [(step.id, step.when, step.anchor, step.level, step.channels) for step in policy.steps] == [
        ("due-assignee-3d-before-0900", OnWorkday(workdays=-3, at=time(9)), Anchor.DUE, Level.ASSIGNEE, ()),
        (
            "due-assignee-120m-before",
            InWorkingHours(span=timedelta(hours=-2)),
            Anchor.DUE,
            Level.ASSIGNEE,
            ("mail",),
        ),
        ("again", EveryWorkday(most=5, at=time(8, 30)), Anchor.DUE, Level.HEAD, ()),
        ("opening-assignee-0m-after", InWorkingHours(span=timedelta(0)), Anchor.OPENING, Level.ASSIGNEE, ()),
    ]


def test_what_is_left_out_stays_as_usual() -> None:
    assert policy_from_table({}) == DEFAULT_POLICY
    assert policy_from_table({"steps": []}).steps == ()
    assert policy_from_table({"hours": "10:00-11:00"}).steps == DEFAULT_POLICY.steps


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        (
            {"hour": "08:00-20:00"},
            "“hour” is unknown. Did you mean “hours”? Allowed are hours, closed_days, steps.",
        ),
        ({"hours": "20-8"}, "hours: '20-8' is no span of a day; write it like 08:00-20:00."),
        ({"hours": "20:00-06:00"}, "hours: '20:00-06:00' is no span of a day; write it like 08:00-20:00."),
        ({"hours": 8}, "hours: 8 is no span of a day; write it like 08:00-20:00."),
        ({"closed_days": 1}, "closed_days is true or false, not 1."),
        ({"steps": {}}, "steps is a list of at most 30 tables."),
        ({"steps": ["x"]}, 'steps[1] is a table such as {workdays = -3, at = "09:00"}.'),
        (
            {"steps": [{}]},
            "steps[1] needs exactly one of workdays, working_hours, working_minutes, every_workday, percent.",
        ),
        (
            {"steps": [{"workdays": 1, "working_hours": 1}]},
            "steps[1] needs exactly one of workdays, working_hours, working_minutes, every_workday, percent.",
        ),
        (
            {"steps": [{"workdays": 1.5}]},
            "steps[1].workdays: 1.5 is not possible; allowed are whole numbers from -60 to 60.",
        ),
        (
            {"steps": [{"every_workday": 0}]},
            "steps[1].every_workday: 0 is not possible; allowed are whole numbers from 1 to 20.",
        ),
        (
            {"steps": [{"workdays": 1, "at": "25:00"}]},
            "steps[1].at: '25:00' is no time of day; write it like 09:00.",
        ),
        (
            {"steps": [{"workdays": 1, "at": "09:00+08:00"}]},
            "steps[1].at: '09:00+08:00' is no time of day; write it like 09:00.",
        ),
        (
            {"steps": [{"working_hours": 1, "at": "9:00"}]},
            "steps[1]: at is not possible beside working_hours.",
        ),
        (
            {"steps": [{"workdays": 1, "to": "boss"}]},
            "steps[1].to: “boss” is unknown; allowed are assignee, department, head, consumer, consumer-head.",
        ),
        (
            {"steps": [{"workdays": 1, "from": "opening "}]},
            (
                "steps[1].from: “opening ” is unknown. Did you mean “opening”? "
                "Allowed are opening, due, answer, verdict, update, papers."
            ),
        ),
        (
            {"steps": [{"workdays": 1, "id": "../x"}]},
            "steps[1].id: '../x' is no id; use a to z, 0 to 9 and -.",
        ),
        (
            {"steps": [{"workdays": 1, "channels": "mail"}]},
            'steps[1].channels is a list of names, such as ["mail"].',
        ),
        (
            {"steps": [{"workdays": 1}, {"workdays": 1}]},
            "Two steps are called due-assignee-1d-after-0900; give each its own id.",
        ),
    ],
)
def test_a_wrong_table_is_explained(table: dict[str, object], sentence: str) -> None:
    with pytest.raises(PolicyError) as caught:
        policy_from_table(table)
    assert [problem.sentence() for problem in caught.value.problems] == [sentence]
    assert left_in_english(*caught.value.problems) == []


def test_all_problems_are_named_at_once() -> None:
    with pytest.raises(PolicyError) as caught:
        policy_from_table({"hours": "x", "steps": [{"workdays": 99}, {"to": "nobody"}]})
    assert len(caught.value.problems) == 4


values = st.none() | st.booleans() | st.integers() | st.text(max_size=8) | st.floats(allow_nan=True)
tables = st.dictionaries(
    st.sampled_from(
        ["id", "from", "workdays", "working_hours", "every_workday", "percent", "at", "to", "channels", "x"]
    ),
    values | st.lists(values, max_size=3),
)


@given(
    st.dictionaries(st.sampled_from(["hours", "closed_days", "steps"]), values | st.lists(tables, max_size=3))
)
def test_no_table_breaks_the_reader(table: dict[str, object]) -> None:
    problems: tuple[SlaError, ...] = ()
    try:
        policy_from_table(table)
    except PolicyError as error:
        problems = error.problems
    assert all(problem.sentence() for problem in problems)


def test_a_channel_that_is_not_set_up_is_named() -> None:
    policy = policy_from_table({"steps": [{"workdays": 1, "channels": ["mial", "terminal"], "id": "s"}]})
    (problem,) = unknown_channels(policy, ["mail", "terminal"])
    assert problem.sentence() == (
        "The step s names a channel that is not set up: "
        "“mial” is unknown. Did you mean “mail”? Allowed are mail, terminal."
    )


@pytest.mark.parametrize(
    ("template", "sentence"),
    [
        ("{title} {dew}", "body names the field “dew”, which does not exist"),
        ("{title.__class__}", "body names the field “title.__class__”, which does not exist"),
        ("{title", "body has a brace without its partner."),
        ("x" * 4001, "body has 4001 characters; at most 4000 are possible."),
    ],
)
def test_a_wrong_template_is_explained(template: str, sentence: str) -> None:
    (problem,) = template_problems(template, "body")
    assert problem.sentence().startswith(sentence)


def test_a_template_is_filled_and_nothing_is_evaluated() -> None:
    assert filled_in("{title}: {why}", {"title": "{ref}", "why": "%s"}) == "{ref}: %s"
