"""Clauses whose limits depend on what is asked for, start later than the request, or have two ends."""

from datetime import datetime
from decimal import Decimal

import pytest

from sla_tracker.domain.agreements.obligation import Obligation, OnRequest
from sla_tracker.domain.agreements.occurrences import asked_of, requestable
from sla_tracker.domain.deadlines.recompute import recompute
from sla_tracker.domain.duties.duty import FieldChange
from sla_tracker.domain.duties.request_clocks import AskedRequest
from tests.agreements.clauses import clause, local, lookup, on_clock, refusals, told, unreadable

PRIORITIES = """
fields = { id = "priority", kind = "choice", label = "优先级", choices = [
  { id = "P1", label = "紧急" }, { id = "P2", label = "一般" }, { id = "P3", label = "不急" },
] }
"""
# A technical department's template: answer and settlement by priority, settled from the confirmation of the problem.
TEMPLATE = f"""
[[obligation.on_request]]
due = {{ hours = 72 }}
answer = {{ hours = 4 }}
settle_from = "answer"
updates_every = {{ hours = 2 }}
{PRIORITIES}
[obligation.on_request.limits]
field = "priority"
P1 = {{ due = {{ hours = 4 }}, answer = {{ minutes = 15 }} }}
P2 = {{ due = {{ hours = 8 }}, answer = {{ minutes = 30 }} }}
"""
# A college's service desk: contact in business hours, resolution in business hours, of P3 in business days.
DESK = f"""
[[obligation.on_request]]
due = {{ workdays = 20 }}
answer = {{ working_hours = 12 }}
{PRIORITIES}
[obligation.on_request.limits]
field = "priority"
P1 = {{ due = {{ hours = 24 }}, answer = {{ working_hours = 2 }} }}
P2 = {{ due = {{ working_hours = 16 }}, answer = {{ working_hours = 4 }} }}
"""
ASKED_AT = "2026-11-20 10:00"  # a Friday


def asked(obligation: Obligation, at: str = ASKED_AT, **fields: str) -> AskedRequest:
    """Return a request as the obligation grants it."""
    trigger = requestable(obligation, "berlin", local(at), lookup(), fields)
    assert isinstance(trigger, OnRequest)
    return asked_of(obligation, trigger, local(at), None, lookup(), fields)


def due(found: AskedRequest) -> str:
    """Return when a request is to be settled, proved by the steps that explain it."""
    deadline = found.settlement()
    assert recompute(deadline.steps) == deadline.due_at
    return on_clock(deadline.due_at)


def answer_due(found: AskedRequest) -> str:
    """Return when a request is to be answered, proved by the steps that explain it."""
    deadline = found.answer()
    assert deadline is not None
    assert recompute(deadline.steps) == deadline.due_at
    return on_clock(deadline.due_at)


def to(new: str, at: str, old: str = "P2", *, moves: bool = True) -> FieldChange:
    """Return a changed priority."""
    return FieldChange(
        field="priority",
        old=old,
        new=new,
        at=local(at),
        by="li",
        side="hr",
        reason="r",
        moves_due=moves,
        moves_answer=moves,
    )


def changed(found: AskedRequest, *changes: FieldChange) -> AskedRequest:
    """Return a request whose priority was changed."""
    return AskedRequest(
        terms=found.terms,
        requested_at=found.requested_at,
        calendar_for=found.calendar_for,
        fields=found.fields,
        changes=changes,
    )


@pytest.mark.parametrize(
    ("priority", "first_answer", "settled"),
    [
        ("P1", "2026-11-20 10:15", "2026-11-20 14:15"),
        ("P2", "2026-11-20 10:30", "2026-11-20 18:30"),
        ("P3", "2026-11-20 14:00", "2026-11-23 14:00"),
    ],
)
def test_the_settle_clock_starts_with_the_limit_of_the_answer_at_the_latest(
    priority: str, first_answer: str, settled: str
) -> None:
    found = asked(clause(TEMPLATE), priority=priority)
    assert (answer_due(found), due(found)) == (first_answer, settled)


@pytest.mark.parametrize(
    ("answered_at", "settled"),
    [("2026-11-20 10:05", "2026-11-20 14:05"), ("2026-11-21 09:00", "2026-11-20 14:15")],
)
def test_an_early_answer_starts_the_settle_clock_and_a_late_one_does_not(
    answered_at: str, settled: str
) -> None:
    found = asked(clause(TEMPLATE), priority="P1")
    answered = AskedRequest(
        terms=found.terms,
        requested_at=found.requested_at,
        calendar_for=found.calendar_for,
        fields=found.fields,
        answered_at=local(answered_at),
    )
    assert due(answered) == settled


@pytest.mark.parametrize(
    ("priority", "first_answer", "settled"),
    [
        ("P1", "2026-11-20 12:00", "2026-11-21 10:00"),
        ("P2", "2026-11-20 15:30", "2026-11-24 10:00"),
        ("P3", "2026-11-23 15:30", "2026-12-18 18:00"),
    ],
)
def test_each_priority_has_its_limits_in_its_own_unit(priority: str, first_answer: str, settled: str) -> None:
    found = asked(clause(DESK), priority=priority)
    assert (answer_due(found), due(found)) == (first_answer, settled)


@pytest.mark.parametrize(
    ("old", "changes", "settled"),
    [
        # Shorter: from the change, never later than before.
        ("P2", [("P1", "2026-11-20 11:00", True)], "2026-11-20 15:00"),
        ("P2", [("P1", "2026-11-20 16:00", True)], "2026-11-20 18:00"),
        # Longer: from the start, unless the due had passed by then.
        ("P1", [("P2", "2026-11-20 13:00", True)], "2026-11-20 18:00"),
        ("P1", [("P2", "2026-11-20 14:30", False)], "2026-11-20 14:00"),
        # There and back: the last one counts.
        ("P2", [("P1", "2026-11-20 11:00", True), ("P2", "2026-11-20 12:00", True)], "2026-11-20 18:00"),
        # Late stays late, whatever follows.
        ("P1", [("P3", "2026-11-20 14:30", False), ("P1", "2026-11-20 15:00", False)], "2026-11-20 14:00"),
    ],
)
def test_a_changed_priority_never_makes_late_at_once_and_never_rescues(
    old: str, changes: list[tuple[str, str, bool]], settled: str
) -> None:
    found = asked(clause(TEMPLATE.replace('settle_from = "answer"', "")), priority=old)
    made = [to(new, at, moves=moves) for new, at, moves in changes]
    after = changed(found, *made)
    assert due(after) == settled
    zh, en = told(after.settlement())
    assert sum("紧急" in line or "一般" in line or "不急" in line for line in zh) == len(changes)
    assert sum("优先级" in line for line in en) == len(changes)
    for late in changes:
        assert after.settlement().due_at >= min(found.settlement().due_at, local(late[1]))


def test_the_answer_limit_follows_a_change_until_it_is_answered_or_has_passed() -> None:
    found = asked(clause(DESK), priority="P2")
    assert answer_due(changed(found, to("P1", "2026-11-20 11:00"))) == "2026-11-20 14:30"
    assert answer_due(changed(found, to("P3", "2026-11-20 11:00"))) == "2026-11-23 15:30"
    assert answer_due(changed(found, to("P3", "2026-11-20 16:00", moves=False))) == "2026-11-20 15:30"


@pytest.mark.parametrize("same_day", ["{ days = 0 }", "{ workdays = 0 }"])
def test_what_is_settled_on_the_same_day_has_no_answer_clock(same_day: str) -> None:
    assert (
        asked(clause(f"on_request = {{ due = {same_day}, answer = {{ working_hours = 4 }} }}")).answer()
        is None
    )
    desk = clause(DESK.replace("P1 = { due = { hours = 24 }", f"P1 = {{ due = {same_day}"))
    assert asked(desk, priority="P1").answer() is None
    found = asked(desk, priority="P2")
    assert answer_due(changed(found, to("P1", "2026-11-20 11:00"))) == answer_due(found) == "2026-11-20 15:30"


def test_a_range_keeps_both_ends() -> None:
    found = asked(
        clause("on_request = { due = { days = 28 }, earliest = { days = 14 } }"),
    )
    earliest = found.earliest()
    assert earliest is not None
    assert (earliest.due_on.isoformat(), due(found)) == ("2026-12-04", "2026-12-18 18:00")


PAPERS = """
[[obligation.on_request]]
due = { working_hours = 4 }
settle_from = { papers = [{ id = "id-card", label = "身份证" }, { id = "invoice", label = "发票" }] }
"""


def test_the_clock_begins_with_the_last_paper() -> None:
    found = asked(clause(PAPERS))
    there = AskedRequest(
        terms=found.terms,
        requested_at=found.requested_at,
        calendar_for=found.calendar_for,
        papers_at=local("2026-11-23 09:00"),
    )
    assert due(there) == "2026-11-23 14:30"
    assert "The last paper was there at Mon 23 Nov 2026 09:00" in told(there.settlement())[1][1]


def test_a_condition_asks_for_a_number_of_the_request_exactly() -> None:
    obligation = clause(
        """
[[obligation.on_request]]
due = { workdays = 5 }
condition = { field = "amount", at_least = 100000 }
fields = { id = "amount", kind = "number", label = "金额", required = false }
[[obligation.on_request]]
due = { workdays = 1 }
condition = { field = "amount", less_than = 100000 }
fields = { id = "amount", kind = "number", label = "金额", required = false }
"""
    )
    at: datetime = local(ASKED_AT)
    chosen = {
        amount: requestable(obligation, "berlin", at, lookup(), {"amount": amount})
        for amount in ("100000", "99999.99", "100000.00", "")
    }
    first, second = obligation.triggers
    assert list(chosen.values()) == [first, second, first, None]


def test_a_measure_keeps_the_number_as_it_was_written() -> None:
    obligation = clause(
        """
recurring = { due = { day = 5 } }
evidence = { id = "up", kind = "number", label = "可用率" }
measure = { field = "up", min = 99.50, unit = "%" }
"""
    )
    assert obligation.measure is not None
    assert obligation.measure.minimum == Decimal("99.5")
    assert obligation.measure.is_met_by(Decimal("99.5"))
    assert not obligation.measure.is_met_by(Decimal("99.49"))


WRONG = {
    "an unknown field": (
        'on_request = { due = { days = 1 }, limits = { field = "kind", a = { due = { days = 2 } } } }',
        "the request has no field 'kind'",
    ),
    "an unknown value": (
        (
            f"[[obligation.on_request]]\ndue = {{ days = 1 }}\n{PRIORITIES}"
            '[obligation.on_request.limits]\nfield = "priority"\nP9 = { due = { days = 2 } }'
        ),
        "'P9' is no choice of 'priority'",
    ),
    "a field that is no choice": (
        (
            'on_request = { due = { days = 1 }, fields = { id = "a", kind = "text", label = "A" }, '
            'limits = { field = "a", b = { due = { days = 2 } } } }'
        ),
        "chosen by a field of kind choice",
    ),
    "from an answer that nobody promised": (
        'on_request = { due = { days = 1 }, settle_from = "answer" }',
        "needs a limit for the answer",
    ),
    "updates all the time": (
        "on_request = { due = { days = 1 }, updates_every = { minutes = 5 } }",
        "at least 15 minutes",
    ),
    "a range that ends before it begins": (
        "on_request = { due = { days = 7 }, earliest = { days = 14 } }",
        "has to be shorter than due",
    ),
    "a measure of nothing": (
        'recurring = { due = { day = 5 } }\nmeasure = { field = "up", min = 1 }',
        "a required number among the evidence",
    ),
    "a measure of both kinds": (
        'recurring = { due = { day = 5 } }\nmeasure = { field = "up", min = 1, good = "a", of = "b", target = 0.9 }',
        'good = "within"',
    ),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_clause_that_cannot_be_meant_is_refused(name: str) -> None:
    text, said = WRONG[name]
    assert said in refusals(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('on_request = { due = { days = 1 }, settle_from = "soon" }', '"request", "answer"'),
        ("on_request = { due = { days = 1 }, updates_every = { days = 1 } }", "{ hours = 2 }"),
        ("on_request = { due = { days = 1 }, settle_from = { papers = [] } }", '"request", "answer"'),
    ],
)
def test_a_value_that_cannot_be_read_says_what_to_write(text: str, said: str) -> None:
    assert said in unreadable(text)
