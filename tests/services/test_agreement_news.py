"""What becomes of proposals and agreements is told to the heads concerned, each thing once."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from typing import Any

import pytest

from sla_tracker.domain.agreements.obligation import Recurring
from sla_tracker.domain.consent.agreement import AgreedLimit, AgreedParts, Agreement
from sla_tracker.domain.deadlines.due import DayOfMonth
from sla_tracker.domain.people import Person
from sla_tracker.domain.reminders.policy import USUAL_POLICIES, Preference, Reach
from sla_tracker.services.consent import agreeing
from sla_tracker.services.consent.agreeing import TermsDraft
from sla_tracker.services.consent.parties import find_parties
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments.inbox import inbox_entries
from sla_tracker.services.departments.inbox_entry import InboxKind
from sla_tracker.services.duties.scheduler import tick
from sla_tracker.services.ports import Store
from sla_tracker.services.reminders.messages import failed
from sla_tracker.services.reminders.sender import run_once
from sla_tracker.testing.channels import Postbox, a_channel, some_channels
from sla_tracker.testing.company import OBLIGATIONS, PEOPLE, a_context, an_actor, set_clock
from sla_tracker.wording.letters.head_letters import head_letter_of

POLICIES = replace(
    USUAL_POLICIES, channels=some_channels(a_channel()), usual_channels=("mail",), messages_a_day=50
)


def reachable(person: Person) -> Person:
    return replace(person, addresses={"mail": f"{person.id}@example.com"})


@pytest.fixture
def context(any_store: Store) -> ServiceContext:
    people = [reachable(one) if one.id in {"li.na", "sun.hua"} else one for one in PEOPLE]
    found = a_context(store=any_store, people=people, reminders=POLICIES)
    tick(found)
    return replace(found, head_letter_of=head_letter_of)


def draft(day: int, note: str = "") -> TermsDraft:
    limit = AgreedLimit(trigger="recurring", due=DayOfMonth(day=day))
    parts = AgreedParts(limits=(limit,), target=Decimal("0.9"))
    return TermsDraft(parts=parts, first_on=date(2026, 12, 1), last_on=date(2026, 12, 31), note=note)


def propose(context: ServiceContext, note: str = "") -> Agreement:
    actor = an_actor(context, "li.na")
    return agreeing.propose(context, actor, find_parties(context, actor, "commission-list"), draft(8, note))


def told(context: ServiceContext, post: Postbox | None = None) -> list[tuple[str, str]]:
    """Return who is told what about agreements by a pass of the reminders, as first lines."""
    post = post or Postbox()
    for _pass in range(2):  # a second one tells nothing again
        run_once(context, {"mail": post})
    return [
        (one.recipient, part.partition(":")[0])
        for one in post.letters
        if one.key.startswith(("agreement.", "heads."))
        for part in one.text.split("\n\n")
        if "sla agree show" in part
    ]


def declaring(context: ServiceContext, day: int) -> ServiceContext:
    changed = replace(OBLIGATIONS[6], triggers=(Recurring(due=DayOfMonth(day=day)),))
    obligations = {**context.declared.obligations, changed.id: changed}
    return replace(context, declared=replace(context.declared, obligations=obligations, digest=f"{day}"))


def test_each_step_is_told_to_the_head_whom_it_concerns(context: ServiceContext) -> None:
    proposed = propose(context, note="As every year.")
    post = Postbox()
    assert told(context, post) == [("sun.hua", "Terms proposed to you")]
    assert "day 8 of each month" in post.letters[-1].text
    assert "They say: As every year." in post.letters[-1].text
    assert f"sla agree show {proposed.reference}" in post.letters[-1].text
    finance, sales = an_actor(context, "sun.hua"), an_actor(context, "li.na")
    agreeing.counter(context, finance, proposed.id, 1, draft(6))
    assert told(context) == [("li.na", "Other terms proposed to you")]
    agreeing.refuse(context, sales, proposed.id, 2, "Too early for us.")
    post = Postbox()
    assert told(context, post) == [("sun.hua", "Your proposal was refused")]
    assert "They say: Too early for us." in post.letters[-1].text
    propose(context)
    assert told(context) == [("sun.hua", "Terms proposed to you")]
    agreeing.withdraw(context, sales, proposed.id)
    assert told(context) == [("sun.hua", "A proposal was withdrawn")]
    propose(context)
    agreeing.accept(context, finance, proposed.id, 4)
    assert told(context) == [("li.na", "Your proposal was accepted")]


def test_what_nobody_did_is_told_to_both_heads(context: ServiceContext) -> None:
    proposed = propose(context)
    agreeing.accept(context, an_actor(context, "sun.hua"), proposed.id, 1)
    told(context)
    both = ("li.na", "sun.hua")
    said = "Plugin or settings say otherwise than an agreement, which stands"
    assert sorted(told(declaring(context, 10))) == [(one, said) for one in both]
    assert told(declaring(context, 10)) == []
    assert sorted(told(declaring(context, 11))) == [(one, said) for one in both]
    set_clock(context, "2027-01-04 10:00")
    assert sorted(told(context)) == [(one, "An agreement has expired, its terms go on") for one in both]
    rest = {id: one for id, one in context.declared.obligations.items() if id != "commission-list"}
    gone = replace(context, declared=replace(context.declared, obligations=rest, digest="gone"))
    ended = "An agreement has ended, no plugin declares its obligation any more"
    assert sorted(told(gone)) == [(one, ended) for one in both]


def test_a_lapsed_proposal_is_told_once_to_both(context: ServiceContext) -> None:
    propose(context)
    told(context)
    set_clock(context, "2026-12-21 10:00")
    lapsed = "A proposal lapsed, nobody decided"
    assert sorted(told(context)) == [("li.na", lapsed), ("sun.hua", lapsed)]


def test_what_is_over_before_its_hour_is_not_sent_and_a_failure_is_tried_again(
    context: ServiceContext,
) -> None:
    set_clock(context, "2026-11-20 22:00")
    proposed = propose(context)
    assert told(context) == []
    agreeing.withdraw(context, an_actor(context, "li.na"), proposed.id)
    set_clock(context, "2026-11-23 08:00")
    assert told(context, Postbox(answer=lambda letter: failed("no way there"))) == []
    set_clock(context, "2026-11-23 08:15")
    assert told(context) == [("sun.hua", "A proposal was withdrawn")]


def with_policies(context: ServiceContext, **changed: Any) -> ServiceContext:
    policies = replace(POLICIES, **changed)
    return replace(context, settings=replace(context.settings, reminders=policies))


def test_a_head_with_a_digest_of_ones_own_is_told_then(context: ServiceContext) -> None:
    context = with_policies(context, preferences={"sun.hua": Preference(digest_at=time(16))})
    propose(context)
    assert told(context) == []
    set_clock(context, "2026-11-20 16:00")
    assert told(context) == [("sun.hua", "Terms proposed to you")]


def test_a_department_that_is_reached_as_a_group_is_told_there(context: ServiceContext) -> None:
    robot = a_channel("robot", Reach.GROUP, departments=("finance",))
    context = with_policies(context, channels=some_channels(robot), usual_channels=("robot",))
    propose(context)
    post = Postbox()
    for _pass in range(2):
        run_once(context, {"robot": post})
    (letter,) = (one for one in post.letters if one.key.startswith("agreement."))
    assert (letter.recipient, letter.subject.partition(":")[0]) == ("@finance", "Terms proposed to you")


def test_what_waits_for_one_head_goes_as_one_message_in_the_days_budget(context: ServiceContext) -> None:
    set_clock(context, "2026-11-20 22:00")
    proposed = propose(context)
    agreeing.accept(context, an_actor(context, "sun.hua"), proposed.id, 1)
    finance = an_actor(context, "sun.hua")
    agreeing.propose(context, finance, find_parties(context, finance, "commission-list"), draft(9))
    set_clock(context, "2026-11-23 09:30")
    post = Postbox()
    run_once(context, {"mail": post})
    (letter,) = (one for one in post.letters if one.recipient == "li.na" and one.key.startswith("heads."))
    assert letter.subject == "3 messages for the head of department"  # the budget of the month is the third
    assert "Your proposal was accepted" in letter.text
    assert "Terms proposed to you" in letter.text
    agreeing.withdraw(context, finance, proposed.id)
    used_up = with_policies(context, messages_a_day=1, digest_at=time(9))
    assert told(used_up) == []
    set_clock(context, "2026-11-24 09:00")
    assert told(context) == [("li.na", "A proposal was withdrawn")]


def test_the_inbox_tells_heads_what_the_other_side_decided_for_some_days(context: ServiceContext) -> None:
    proposed = propose(context)
    agreeing.refuse(context, an_actor(context, "sun.hua"), proposed.id, 1, "Too late.")

    def seen(person: str) -> int:
        found = inbox_entries(context, an_actor(context, person))
        return [one.kind for one in found].count(InboxKind.DECIDED)

    assert [seen(one) for one in ("li.na", "wang.fang", "sun.hua")] == [1, 0, 0]
    set_clock(context, "2026-11-30 09:00")
    assert seen("li.na") == 0
