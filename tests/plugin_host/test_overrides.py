"""A deployment sets what a plugin only assumed, and nothing else."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.obligation import (
    About,
    Obligation,
    OnEvent,
    OnRequest,
    Recurring,
    assumed_parts,
)
from sla_tracker.domain.deadlines.due import DayOfMonth, DueRule, InDays, InWorkdays, NthWorkday, Roll
from sla_tracker.domain.toml_reader import read_toml
from sla_tracker.plugin_host.overrides import Overrides, overridden
from tests.plugin_host.samples import obligation

ONE = InWorkdays(workdays=1)
AGREED = obligation("agreed", OnEvent(event_type="car-sold", due=ONE))
ASSUMED = obligation("assumed", OnEvent(event_type="car-sold", due=ONE, assumed=("due",)))
MONTHLY = obligation("monthly", Recurring(due=NthWorkday(n=-1), assumed=("day", "about")))
ASKED = OnRequest(due=ONE, answer=ONE, assumed=("answer", "due"))
BOTH = replace(ASSUMED, id="both", triggers=(*ASSUMED.triggers, ASKED))
CATALOGUE = Catalogue(obligations={one.id: one for one in (AGREED, ASSUMED, MONTHLY, BOTH)})


def applied(**assumed: dict[str, Any]) -> tuple[dict[str, Obligation], list[str]]:
    catalogue, problems = overridden(CATALOGUE, Overrides(assumed=assumed))
    return dict(catalogue.obligations), [problem.sentence() for problem in problems]


def test_an_assumed_limit_is_set_by_the_administrator_and_agreed_by_nobody() -> None:
    found, problems = applied(assumed={"due": {"workdays": 2}})
    assert problems == []
    (trigger,) = found["assumed"].triggers
    assert trigger.due == InWorkdays(workdays=2)
    assert (trigger.assumed, trigger.set_by_admin) == (("due",), ("due",))
    assert found["agreed"] == AGREED


@pytest.mark.parametrize(
    ("part", "rule"), [({"day": 28}, DayOfMonth(day=28)), ({"nth_workday": -2}, NthWorkday(n=-2))]
)
def test_where_only_the_day_is_assumed_the_day_is_set(part: dict[str, Any], rule: DueRule) -> None:
    found, problems = applied(monthly={"due": part, "about": "current"})
    assert problems == []
    (trigger,) = found["monthly"].triggers
    assert isinstance(trigger, Recurring)
    assert (trigger.due, trigger.about) == (rule, About.CURRENT)
    assert trigger.set_by_admin == ("day", "about")


FIFTH = obligation("fifth", Recurring(due=DayOfMonth(day=5, roll=Roll.PRECEDING), assumed=("roll",)))
USUAL = obligation("usual", Recurring(due=DayOfMonth(day=5)))
SAID = obligation("said", Recurring(due=DayOfMonth(day=5, roll=Roll.NONE)))
AGREED_USUAL = obligation("agreed-usual", Recurring(due=DayOfMonth(day=5), agreed=("roll",)))
SAME_DAY = obligation("same-day", OnEvent(event_type="car-sold", due=InDays(days=0)))


def test_a_roll_that_nobody_wrote_is_assumed() -> None:
    found = {one.id: assumed_parts(one.triggers[0]) for one in (FIFTH, USUAL, SAID, AGREED_USUAL, SAME_DAY)}
    assert found == {
        "fifth": ("roll",),
        "usual": ("roll",),
        "said": (),
        "agreed-usual": (),
        "same-day": (),  # the same day of a closed one is the next workday, whatever the roll
    }


@pytest.mark.parametrize(
    ("one", "table", "rule"),
    [
        (FIFTH, {"roll": "following"}, DayOfMonth(day=5)),
        (USUAL, {"roll": "skip"}, DayOfMonth(day=5, roll=Roll.SKIP)),
        (USUAL, {"recurring": {"roll": "none"}}, DayOfMonth(day=5, roll=Roll.NONE)),
        (
            replace(USUAL, triggers=(Recurring(due=DayOfMonth(day=5), assumed=("due",)),)),
            {"roll": "preceding", "due": {"day": 8}},  # the rule first, whatever the order
            DayOfMonth(day=8, roll=Roll.PRECEDING),
        ),
        (
            replace(USUAL, triggers=(Recurring(due=DayOfMonth(day=5), assumed=("due", "roll")),)),
            {"due": {"day": 8, "roll": "following"}},
            DayOfMonth(day=8),
        ),
    ],
)
def test_the_roll_is_set_like_a_limit(one: Obligation, table: dict[str, Any], rule: DueRule) -> None:
    catalogue, problems = overridden(Catalogue(obligations={one.id: one}), Overrides(assumed={one.id: table}))
    (trigger,) = catalogue.obligations[one.id].triggers
    assert problems == ()
    assert trigger.due == rule
    assert "roll" in assumed_parts(trigger)
    assert {*trigger.set_by_admin} == {*assumed_parts(trigger)}


@pytest.mark.parametrize(
    ("one", "table", "said"),
    [
        (SAID, {"roll": "following"}, "agreed, not assumed"),
        (USUAL, {"roll": "folowing"}, "Did you mean “following”?"),
        (ASSUMED, {"roll": "following"}, "what can be set for “Papers”: due."),
        (
            obligation("days", OnEvent(event_type="car-sold", due=InDays(days=3))),
            {"roll": "skip"},
            "only a rule of the calendar can skip",
        ),
    ],
)
def test_a_wrong_roll_is_refused(one: Obligation, table: dict[str, Any], said: str) -> None:
    _, problems = overridden(Catalogue(obligations={one.id: one}), Overrides(assumed={one.id: table}))
    assert [said in problem.sentence() for problem in problems] == [True]


def test_one_of_several_triggers_is_named() -> None:
    found, problems = applied(both={"on_request": {"answer": {"working_hours": 2}}})
    assert problems == []
    assert found["both"].triggers[0] == ASSUMED.triggers[0]
    assert found["both"].triggers[1].assumed == ("answer", "due")
    assert found["both"].triggers[1].set_by_admin == ("answer",)


@pytest.mark.parametrize(
    ("id", "table", "said"),
    [
        ("agreed", {"due": {"workdays": 2}}, "agreed, not assumed"),
        ("assumed", {"answer": {"workdays": 2}}, "what can be set for “Papers”: due."),
        ("assumed", {"due": {"workdayz": 2}}, "Did you mean “workdays”?"),
        ("assumed", {"due": 2}, "such as { workdays = 1 }"),
        ("assumed", {"due": {"hours": 10**12}}, "at most 87840 hours"),
        ("both", {"on_request": {"answer": {"after": "agreed", "workdays": 1}}}, "counts from another duty"),
        ("assumed", {"due": {"day": 5}}, "names days of the calendar"),
        ("assumed", {"deu": {"workdays": 1}}, "what can be set"),
        ("both", {"due": {"workdays": 2}}, "say which: on_event.due, on_request.due, on_request.answer."),
        ("both", {"on_request": {"about": "current"}}, "what can be set"),
        ("monthly", {"due": {"day": 5, "months": [1]}}, "once a month"),
        ("monthly", {"due": {"weekdays": ["fri"]}}, "Only the day is assumed"),
        ("monthly", {"about": "last"}, "about"),
        ("assumd", {"due": {"workdays": 2}}, "Did you mean “assumed”?"),
    ],
)
def test_anything_else_is_a_problem_that_says_what_is_allowed(
    id: str, table: dict[str, Any], said: str
) -> None:
    found, problems = applied(**{id: table})
    assert len(problems) >= 1
    assert all(problem.startswith(f"assumed.{id}") for problem in problems)
    assert any(said in problem for problem in problems), problems
    assert found == CATALOGUE.obligations


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"one": "one"}, ["one", "one → one"]),
        ({"one": "two", "two": "one"}, ["one → two → one", "two → one → two"]),
        ({"one": "payday"}, ["no active plugin declares “payday”"]),
    ],
)
def test_what_counts_from_itself_or_from_nothing_stays_as_declared(
    settings: dict[str, str], said: list[str]
) -> None:
    """Else no turn could be computed any more."""
    monthly = Recurring(due=DayOfMonth(day=5), assumed=("due",))
    declared = {id: replace(ASSUMED, id=id, triggers=(monthly,)) for id in ("one", "two", "three")}
    assumed = {id: {"due": {"after": other, "workdays": 1}} for id, other in settings.items()}
    catalogue, problems = overridden(Catalogue(obligations=declared), Overrides(assumed=assumed))
    sentences = [problem.sentence() for problem in problems]
    assert len(sentences) == len(settings)
    assert all(any(part in one for one in sentences) for part in said)
    assert catalogue.obligations == declared
    one, _ = overridden(
        Catalogue(obligations=declared), Overrides(assumed={"one": {"due": {"after": "two", "workdays": 1}}})
    )
    assert one.obligations["one"].refers_to() == ("two",)


def test_a_target_of_its_own() -> None:
    overrides = Overrides(targets={"agreed": Decimal("0.99"), "nobody": Decimal(1)})
    catalogue, problems = overridden(CATALOGUE, overrides)
    assert catalogue.obligations["agreed"].target == Decimal("0.99")
    assert [problem.sentence() for problem in problems] == [
        "targets.obligations.nobody: “nobody” is unknown; allowed are agreed, assumed, both, monthly."
    ]


def test_a_problem_names_its_line_where_the_file_is_known() -> None:
    text = b"[assumed.agreed]\ndue = { workdays = 2 }\n\n[assumed.both.on_request]\nanswer = 5\n"
    source = read_toml(text, "sla_tracker.toml")
    assumed: Any = source.tree["assumed"]
    _, problems = overridden(CATALOGUE, Overrides(assumed=assumed, source=source))
    said = [problem.sentence() for problem in problems]
    assert said[0].startswith("sla_tracker.toml, line 2, assumed.agreed.due: This is agreed, not assumed")
    assert said[1].startswith("sla_tracker.toml, line 5, assumed.both.on_request.answer: Write a table")
