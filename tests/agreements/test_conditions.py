"""Clauses with conditions, and limits that depend on who asks."""

from dataclasses import replace

import pytest

from sla_tracker.domain.agreements.obligation import OnEvent, OnRequest
from sla_tracker.domain.agreements.occurrences import granted_by, granted_on_request, requestable
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.text import Text
from tests.agreements.clauses import clause, local, lookup, on_clock, refusals, unreadable

EVENT = Event(
    id="e1",
    type="paid",
    title=Text("付款", "paid"),
    subject="A",
    subject_key="a",
    at=local("2026-11-20 10:00"),
    registered_at=local("2026-11-20 10:05"),
    registered_by="wang",
    registered_from="sales",
    planned=False,
    time_set_at=local("2026-11-20 10:05"),
    time_set_by="wang",
    time_set_from="sales",
)


def opens(condition: str, **fields: str) -> bool:
    """Return whether an event with these fields opens the duty of a clause with this condition."""
    obligation = clause(
        f'on_event = {{ type = "paid", due = {{ workdays = 1 }}, condition = {{ {condition} }} }}'
    )
    (trigger,) = obligation.triggers
    assert isinstance(trigger, OnEvent)
    return granted_by(obligation, trigger, replace(EVENT, fields=fields), lookup()) is not None


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        ("at_least = 100000", "100000", True),
        ("at_least = 100000", "99999.99", False),
        ("at_least = 100000", "1e5", True),
        ("at_least = 100000", "", False),
        ("less_than = 0.3", "0.1", True),
        ("less_than = 0.3", "0.3", False),
        ("between = [1, 5]", "5", True),
        ("between = [1, 5]", "0.99", False),
        ("between = [1, 5]", "5.01", False),
        ('between = ["2026-11-01", "2026-11-30"]', "2026-11-30", True),
        ('between = ["2026-11-01", "2026-11-30"]', "2026-12-01", False),
        ('at_least = "2026-11-01"', "2026-10-31", False),
        ("at_least = 2026-11-01", "2026-11-01", True),
        ("at_least = 1, less_than = 2", "1.5", True),
        ("at_least = 1, less_than = 2", "2", False),
    ],
)
def test_a_number_or_a_day_is_compared(condition: str, value: str, expected: bool) -> None:
    assert opens(f'field = "amount", {condition}', amount=value) is expected


def test_it_depends_on_who_registered_the_event() -> None:
    assert opens('asked_by = "sales"')
    assert opens('asked_by = ["hr", "sales"]')
    assert not opens('asked_by = "hr"')


@pytest.mark.parametrize(
    ("day", "expected"),
    [("2026-10-31", False), ("2026-11-01", True), ("2026-11-30", True), ("2026-12-01", False)],
)
def test_an_event_opens_only_within_the_validity_both_days_included(day: str, expected: bool) -> None:
    obligation = clause(
        'on_event = { type = "paid", due = { workdays = 1 } }\n'
        'valid_from = "2026-11-01"\nvalid_until = "2026-11-30"'
    )
    (trigger,) = obligation.triggers
    assert isinstance(trigger, OnEvent)
    for clock in ("00:00", "23:59"):
        event = replace(EVENT, at=local(f"{day} {clock}"), registered_at=local("2026-12-02 10:00"))
        assert (granted_by(obligation, trigger, event, lookup()) is not None) is expected


LABORATORY = """
consumer = ["icu", "office", "ward"]
[[obligation.on_request]]
due = { hours = 2, calendar = "always-open" }
answer = { minutes = 30, calendar = "always-open" }
[obligation.on_request.limits]
field = "consumer"
icu = { due = { minutes = 15 } }
office = { due = { workdays = 1 }, answer = { working_hours = 1 } }
"""
EVERY_HOSPITAL_PART = ("hr", "icu", "office", "ward")


@pytest.mark.parametrize(
    ("consumer", "due", "answer"),
    [
        ("icu", "2026-10-02 03:15", None),
        ("ward", "2026-10-02 05:00", "2026-10-02 03:30"),
        ("office", "2026-10-08 18:00", "2026-10-08 09:30"),
    ],
)
def test_the_limit_depends_on_the_consumer(consumer: str, due: str, answer: str | None) -> None:
    obligation = clause(LABORATORY)
    assert obligation.owed_to(EVERY_HOSPITAL_PART) == ("icu", "office", "ward")
    asked_at = local("2026-10-02 03:00")
    trigger = requestable(obligation.to(consumer), consumer, asked_at, lookup())
    assert isinstance(trigger, OnRequest)
    settle, first = granted_on_request(obligation.to(consumer), trigger, asked_at, None, lookup())
    assert on_clock(settle.due_at) == due
    assert (on_clock(first.due_at) if first else None) == answer


def test_a_request_may_be_promised_to_some_only_and_for_some_time() -> None:
    obligation = clause(
        """
consumer = "*"
[[obligation.on_request]]
due = { workdays = 1 }
condition = { asked_by = "icu" }
[[obligation.on_request]]
due = { workdays = 2 }
condition = { asked_by = "ward" }
valid_until = "2026-11-30"
"""
    )
    in_time, late = local("2026-11-30 23:59"), local("2026-12-01 00:00")
    triggers = obligation.triggers
    assert requestable(obligation.to("icu"), "icu", late, lookup()) is triggers[0]
    assert requestable(obligation.to("ward"), "ward", in_time, lookup()) is triggers[1]
    assert requestable(obligation.to("ward"), "ward", late, lookup()) is None
    assert requestable(obligation.to("office"), "office", in_time, lookup()) is None


WRONG = {
    "several consumers, by the calendar": (
        'consumer = ["a", "b"]\nrecurring = { due = { day = 5 } }',
        "several consumers",
    ),
    "last day before the first": (
        'recurring = { due = { day = 5 }, valid_from = "2026-02-01", valid_until = "2026-01-31" }',
        "2026-01-31 lies before the first day, 2026-02-01",
    ),
    "two versions at once": (
        """
[[obligation.recurring]]
id = "a"
due = { day = 5 }
valid_until = "2026-06-30"
[[obligation.recurring]]
id = "a"
due = { day = 6 }
valid_from = "2026-06-30"
""",
        "two versions of 'a' are valid from 2026-06-30 to 2026-06-30",
    ),
    "an exception that is no turn": (
        'recurring = { due = { day = 5, except = ["2026-02-06"] } }',
        "2026-02-06 is no turn of this rule",
    ),
    "an exception outside the validity": (
        'recurring = { due = { day = 5, moved = { "2026-02-05" = "2026-02-04" } }, valid_from = "2026-03-01" }',
        "2026-02-05 is no turn of this rule",
    ),
    "an exception on the last day of all": (
        'recurring = { due = { weekdays = ["fri"], except = ["9999-12-31"] } }',
        "9999-12-31 is no turn of this rule",
    ),
    "numbers and days": (
        (
            'on_event = { type = "paid", due = { days = 1 }, '
            'condition = { field = "a", at_least = 1, less_than = "2026-01-01" } }'
        ),
        "with numbers or with days",
    ),
    "a comparison without a field": (
        'on_event = { type = "paid", due = { days = 1 }, condition = { at_least = 1 } }',
        "name the field",
    ),
    "a comparison and equals": (
        'on_event = { type = "paid", due = { days = 1 }, condition = { field = "a", equals = "b", at_least = 1 } }',
        "not possible beside a comparison",
    ),
    "a field of a request": (
        'on_request = { due = { days = 1 }, condition = { field = "a" } }',
        "declare it under fields",
    ),
    "a limit before the request": (
        'on_request = { due = { days = 1 }, limits = { field = "consumer", a = { due = { hours = -1 } } } }',
        "can only be served after",
    ),
    "an answer after another duty": (
        'on_request = { due = { days = 1 }, answer = { after = "payday", hours = 1 } }',
        "answer: this counts from another duty; give a span counted from the request.",
    ),
    "a limit after another duty": (
        'on_request = { due = { days = 1 }, limits = { field = "consumer", a = { due = { after = "b", days = 1 } } } }',
        "limits: this counts from another duty; give a span counted from the request.",
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_clause_that_cannot_be_meant_is_refused(name: str) -> None:
    text, said = WRONG[name]
    assert said in refusals(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('recurring = { due = { day = 5 }, valid_from = "soon" }', "This should be a day"),
        (
            'on_event = { type = "a", due = { days = 1 }, condition = { field = "a", at_least = "x" } }',
            "Write a number",
        ),
        (
            'on_event = { type = "a", due = { days = 1 }, condition = { after = "24:00" } }',
            "'24:00' is no time of day; it lies between 00:00 and 23:59.",
        ),
        (
            'on_event = { type = "a", due = { days = 1 }, condition = { at_least = 1, between = [1, 2] } }',
            "between: not possible beside at_least",
        ),
        (
            "on_request = { due = { days = 1 }, limits = { a = { due = { days = 1 } } } }",
            'field = "consumer"',
        ),
    ],
)
def test_a_value_that_cannot_be_read_says_what_to_write(text: str, said: str) -> None:
    assert said in unreadable(text)
