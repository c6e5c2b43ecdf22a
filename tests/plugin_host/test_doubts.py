"""What is wrong with a plugin is said readably, and what it hardly means is warned of."""

from datetime import timedelta

import pytest

from sla_tracker import (
    InDays,
    InWorkdays,
    InWorkingTime,
    Obligation,
    OnEvent,
    OnRequest,
)
from tests.plugin_host.samples import declaring, department, event_type, hosted, obligation, status


def owed(id: str = "papers", **more: object) -> Obligation:
    return obligation(id, **({"provider": "sales", "consumer": "finance"} | more))  # type: ignore[arg-type]


def warned(*values: object) -> str:
    found = status(hosted(pack=declaring(*values)), "pack")
    assert found.reason == ""
    return "\n".join(found.warnings)


def test_what_one_means_is_not_warned_of() -> None:
    ahead = OnEvent(event_type="car-sold", due=InWorkdays(workdays=-1))
    assert not warned(
        department("sales"), department("finance"), event_type(planned=True), owed(trigger=ahead)
    )
    short = OnRequest(answer=InWorkdays(workdays=1), due=InWorkdays(workdays=1))
    assert not warned(department("sales"), department("finance"), owed(trigger=short))


def test_a_due_before_an_event_that_is_not_planned_is_warned_of() -> None:
    ahead = OnEvent(event_type="car-sold", due=InWorkdays(workdays=-1))
    said = warned(department("sales"), department("finance"), event_type(), owed(trigger=ahead))
    assert "it is due before the event “car-sold”, which is registered after it happened" in said


@pytest.mark.parametrize("rule", [InDays, InWorkdays])
def test_an_answer_later_than_what_is_asked_for_is_warned_of(rule: type) -> None:
    key = "days" if rule is InDays else "workdays"
    long = OnRequest(answer=rule(**{key: 3}), due=rule(**{key: 2}))
    assert "the answer is due later" in warned(department("sales"), department("finance"), owed(trigger=long))


def test_limits_of_different_units_are_not_compared() -> None:
    mixed = OnRequest(answer=InWorkdays(workdays=3), due=InWorkingTime(span=timedelta(hours=2)))
    assert not warned(department("sales"), department("finance"), owed(trigger=mixed))


def test_a_department_that_owes_itself_is_warned_of() -> None:
    itself = obligation(provider="finance", consumer="finance", trigger=OnRequest(due=InWorkdays(workdays=1)))
    assert "owes this to itself" in warned(department("finance"), itself)


def test_a_wrong_id_is_shown_as_it_was_written() -> None:
    reason = status(hosted(pack=declaring(department("车间\u202e"))), "pack").reason
    assert "department[车间\\u202e]: '车间\\u202e' is no id" in reason


def test_a_circle_is_shown_with_its_path() -> None:
    ask = OnRequest(due=InWorkdays(workdays=1))
    circle = declaring(
        department("sales"),
        department("finance"),
        owed("a", trigger=ask, depends_on=("b",)),
        owed("b", trigger=ask, depends_on=("c",)),
        owed("c", trigger=ask, depends_on=("b",)),
    )
    reason = status(hosted(pack=circle), "pack").reason
    assert "obligation[b].depends_on: it would wait for itself: b → c → b" in reason
    assert "obligation[a].depends_on" not in reason
