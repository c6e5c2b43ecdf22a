"""What becomes somebody's matter is told once, on their channels, within the budget, and not to who did it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from sla_tracker.domain.agreements.obligation import OnEvent, OnRequest
from sla_tracker.domain.deadlines.due import InDays
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.reminders.news import News
from sla_tracker.domain.reminders.policy import Policy
from sla_tracker.i18n import gettext
from sla_tracker.services import event_claims, events, requests
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.departments import handovers
from sla_tracker.services.duties import operations as acts
from sla_tracker.services.duties import ratings, waivers
from sla_tracker.services.reminders.planner import my_reminders, plan
from sla_tracker.services.reminders.schedule import ReminderSchedule
from sla_tracker.services.reminders.sender import Round, run_once
from sla_tracker.testing.channels import Postbox
from sla_tracker.testing.company import OBLIGATIONS, a_duty, an_actor, an_obligation, local, set_clock
from sla_tracker.wording.reminders import NEWS_WORDS
from tests.services.reminded import a_reminding_context, keep

QUIET = Policy(steps=())
ID = a_duty().id


def a_context_with(duty: Duty | None = None, **policies: Any) -> ServiceContext:
    """Build a context without any reminder steps, so that only news is sent."""
    context = a_reminding_context(now="2026-11-17 10:00", policies={"default": QUIET} | policies)
    keep(context, duty or a_duty(assignee="wang.fang"))
    return context


def subjects(context: ServiceContext) -> list[tuple[str, str]]:
    box = Postbox()
    run_once(context, {"mail": box})
    return sorted((letter.recipient, letter.subject) for letter in box.letters)


def test_whoever_is_assigned_a_duty_is_told_once_and_whoever_takes_it_is_not() -> None:
    context = a_context_with(a_duty())
    acts.assign(context, an_actor(context, "li.na"), ID, "wang.fang")
    ((recipient, subject),) = subjects(context)
    assert recipient == "wang.fang"
    assert subject.startswith("Assigned to you, due ")
    assert subjects(context) == []
    acts.assign(context, an_actor(context, "li.na"), ID, "li.na")
    assert subjects(context) == []


def test_who_was_assigned_and_has_it_no_longer_is_not_told() -> None:
    context = a_context_with(a_duty())
    acts.assign(context, an_actor(context, "li.na"), ID, "wang.fang")
    acts.assign(context, an_actor(context, "li.na"), ID, "zhao.lei")
    assert [recipient for recipient, _ in subjects(context)] == ["zhao.lei"]


def test_a_returned_delivery_is_told_with_its_reason() -> None:
    context, box = a_context_with(), Postbox()
    acts.deliver(context, an_actor(context, "wang.fang"), ID)
    acts.return_(context, an_actor(context, "sun.hua"), ID, "page 2 is missing")
    run_once(context, {"mail": box})
    (letter,) = box.letters
    assert letter.recipient == "wang.fang"
    assert letter.subject.startswith("Returned, due ")
    assert "They say: page 2 is missing" in letter.text.splitlines()
    assert letter.lines[0].news == "returned"


@pytest.mark.parametrize(("granted", "begins"), [(True, "Waiver granted"), (False, "Waiver refused, due ")])
def test_who_asked_for_a_waiver_is_told_the_decision(granted: bool, begins: str) -> None:
    context = a_context_with()
    waivers.ask(context, an_actor(context, "wang.fang"), ID, code="agreed", reason="the form is late")
    head = an_actor(context, "sun.hua")
    if granted:
        waivers.grant(context, head, ID)
    else:
        waivers.refuse(context, head, ID, "no")
    ((recipient, subject),) = subjects(context)
    assert recipient == "wang.fang"
    assert subject.startswith(begins)


@pytest.mark.parametrize(
    ("consents", "begins"), [(True, "Hand-over agreed"), (False, "Hand-over refused, due ")]
)
def test_a_decided_hand_over_is_told_to_who_offered_it(consents: bool, begins: str) -> None:
    context = a_context_with(a_duty(assignee="li.na"))
    offer = handovers.offer(context, an_actor(context, "li.na"), ID, "service", reason="they have the car")
    taker = an_actor(context, "zhou.min")
    if consents:
        handovers.consent(context, taker, offer.id)
    else:
        handovers.refuse(context, taker, offer.id, "no time")
    told = dict(subjects(context))
    assert told["li.na"].startswith(begins)


def test_a_request_is_told_to_the_department_that_is_asked() -> None:
    obligation = an_obligation("lookup", triggers=(OnRequest(due=a_duty().terms.due),))
    context = a_reminding_context(
        now="2026-11-17 10:00", policies={"default": QUIET}, obligations=[obligation]
    )
    requests.ask(context, an_actor(context, "sun.hua"), "lookup", subject="鄂F12345", text="which slip?")
    told = subjects(context)
    assert [recipient for recipient, _ in told] == ["li.na", "wang.fang", "zhao.lei"]
    assert all(subject.startswith("Asked of you, due ") for _, subject in told)


def test_a_remark_on_an_accepted_delivery_is_told_to_who_delivered() -> None:
    context, box = a_context_with(), Postbox()
    acts.deliver(context, an_actor(context, "wang.fang"), ID)
    acts.accept(context, an_actor(context, "sun.hua"), ID)
    ratings.rate(context, an_actor(context, "sun.hua"), ID, level=1, word="late twice")
    run_once(context, {"mail": box})
    (letter,) = box.letters
    assert (letter.recipient, letter.subject.partition(":")[0]) == ("wang.fang", "Accepted with a remark")
    assert "They say: late twice" in letter.text


def a_planned_event(by: str) -> tuple[ServiceContext, str]:
    """Register a planned signing, of which sales owes papers to finance."""
    papers = [one for one in OBLIGATIONS if one.id == "settlement-papers"]
    context = a_reminding_context(now="2026-11-17 10:00", policies={"default": QUIET}, obligations=papers)
    signing = events.register(
        context, an_actor(context, by), "settlement-scheduled", subject="2211", at=local("2026-11-26 15:00")
    )
    assert subjects(context) == []
    return context, signing.event.id


@pytest.mark.parametrize(
    ("by", "told"),
    [
        ("wang.fang", {"chen.jing", "sun.hua", "sun.li"}),
        ("chen.jing", {"li.na", "wang.fang", "zhao.lei"}),
    ],
)
def test_a_moved_event_is_told_once_to_the_other_side_with_its_reason(by: str, told: set[str]) -> None:
    context, event = a_planned_event(by)
    events.move(context, an_actor(context, by), event, local("2026-12-03 10:00"), "the notary is ill")
    box = Postbox()
    run_once(context, {"mail": box})
    assert {letter.recipient for letter in box.letters} == told
    assert all(letter.subject.startswith("Event moved, due ") for letter in box.letters)
    assert all("They say: the notary is ill" in letter.text for letter in box.letters)
    assert subjects(context) == []


def test_a_cancelled_event_is_told_and_a_corrected_subject_is_not() -> None:
    context, event = a_planned_event("wang.fang")
    wang = an_actor(context, "wang.fang")
    events.correct(context, wang, event, subject="2212")
    assert subjects(context) == []
    events.cancel(context, wang, event, "sold elsewhere")
    assert {begins.partition(":")[0] for _, begins in subjects(context)} == {"Event cancelled"}


def a_claimed_time(by: str) -> tuple[ServiceContext, str]:
    """Let sales claim a later time for a delivery that somebody registered; nobody was told yet."""
    sheets = [one for one in OBLIGATIONS if one.id == "decoration-sheet"]
    context = a_reminding_context(now="2026-11-17 10:00", policies={"default": QUIET}, obligations=sheets)
    done = events.register(
        context,
        an_actor(context, by),
        "vehicle-delivered",
        subject="鄂F12345",
        at=local("2026-11-17 10:00"),
    )
    set_clock(context, "2026-11-20 15:30")
    wang = an_actor(context, "wang.fang")
    events.correct(context, wang, done.event.id, at=local("2026-11-20 13:55"), reason="typed wrongly")
    return context, done.event.id


FINANCE, SALES, SERVICE = {"chen.jing", "sun.hua", "sun.li"}, {"wang.fang"}, {"liu.yang", "zhou.min"}


def test_the_claim_of_another_time_is_told_to_whoever_confirms_it() -> None:
    context, _event = a_claimed_time("wang.fang")
    told = subjects(context)
    assert {recipient for recipient, _ in told} == FINANCE
    assert all(subject.startswith("Event corrected: ") for _, subject in told)


def test_a_third_department_that_registered_the_event_is_told_of_the_claim_too() -> None:
    context, _event = a_claimed_time("liu.yang")
    told = subjects(context)
    assert {recipient for recipient, _ in told} == FINANCE | SERVICE
    assert all(subject.startswith("Event corrected: ") for _, subject in told)
    assert subjects(context) == []


@pytest.mark.parametrize(
    ("by", "decides", "told"),
    [
        ("liu.yang", "liu.yang", FINANCE | SALES),
        ("liu.yang", "chen.jing", SERVICE | SALES),
        ("wang.fang", "chen.jing", SALES),
    ],
)
@pytest.mark.parametrize("confirmed", [True, False])
def test_a_decision_on_a_claim_is_told_to_who_claimed_and_to_the_other_side(
    by: str, decides: str, told: set[str], confirmed: bool
) -> None:
    context, event = a_claimed_time(by)
    subjects(context)
    judge = an_actor(context, decides)
    if confirmed:
        event_claims.confirm(context, judge, event)
    else:
        event_claims.refuse(context, judge, event, "the papers say the 17th")
    box = Postbox()
    run_once(context, {"mail": box})
    assert {letter.recipient for letter in box.letters} == told
    begins = "Event change confirmed: " if confirmed else "Event change refused, "
    assert all(letter.subject.startswith(begins) for letter in box.letters)
    said = ["They say: the papers say the 17th" in letter.text for letter in box.letters]
    assert all(said) is not confirmed
    assert subjects(context) == []


def test_an_objection_is_told_to_who_moved_and_to_the_head_and_its_decision_to_who_objected() -> None:
    context, event = a_planned_event("wang.fang")
    events.move(
        context, an_actor(context, "wang.fang"), event, local("2026-12-03 10:00"), "the notary is ill"
    )
    subjects(context)
    (duty,) = context.store.read(lambda tx: tx.find(Duty, event=event))
    event_claims.object_to(context, an_actor(context, "chen.jing"), duty.id, "he is well")
    box = Postbox()
    run_once(context, {"mail": box})
    assert {letter.recipient for letter in box.letters} == {"wang.fang", "sun.hua"}
    assert all("They say: he is well" in letter.text for letter in box.letters)
    event_claims.confirm(context, an_actor(context, "sun.hua"), event)
    told = subjects(context)
    assert {recipient for recipient, _ in told} == {"wang.fang", "chen.jing"}
    assert all(subject.startswith("Event change confirmed: ") for _, subject in told)


def test_a_refused_time_is_told_for_the_duties_that_had_followed_it() -> None:
    """The duty of a department that did not claim followed the new time at once; the refusal takes it back."""
    obligations = [
        an_obligation("sheet", triggers=(OnEvent(event_type="vehicle-delivered", due=InDays(days=2)),)),
        an_obligation(
            "slip",
            provider="service",
            triggers=(OnEvent(event_type="vehicle-delivered", due=InDays(days=9)),),
        ),
    ]
    context = a_reminding_context(
        now="2026-11-17 10:00", policies={"default": QUIET}, obligations=obligations
    )
    done = events.register(
        context,
        an_actor(context, "wang.fang"),
        "vehicle-delivered",
        subject="鄂F12345",
        at=local("2026-11-17 10:00"),
    )
    set_clock(context, "2026-11-20 15:30")
    events.correct(
        context, an_actor(context, "wang.fang"), done.event.id, at=local("2026-11-20 13:55"), reason="typed"
    )
    subjects(context)
    event_claims.refuse(context, an_actor(context, "chen.jing"), done.event.id, "it was the 17th")
    told = dict(subjects(context))
    assert set(told) == SALES | SERVICE | {
        "sun.hua",
        "sun.li",
    }  # whom the refusing person's colleague spoke for
    assert all(subject.startswith("Event change refused, ") for subject in told.values())


def test_news_of_one_moment_is_one_message_and_counts_against_the_budget() -> None:
    context = a_context_with(a_duty(), messages_a_day=1)
    other = replace(a_duty(), id=ID[:-1] + "0", key="other")
    third = replace(a_duty(), id=ID[:-1] + "1", key="third")
    keep(context, other, third)
    box = Postbox()
    for duty in (ID, other.id):
        acts.assign(context, an_actor(context, "li.na"), duty, "wang.fang")
    assert run_once(context, {"mail": box}).sent == 2
    acts.assign(context, an_actor(context, "li.na"), third.id, "wang.fang")
    assert run_once(context, {"mail": box}).sent == 0
    set_clock(context, "2026-11-18 09:00")
    assert run_once(context, {"mail": box}).sent == 1
    assert [len(letter.lines) for letter in box.letters] == [2, 1]


def test_the_terminal_gets_no_news_because_its_lists_show_it() -> None:
    context = a_context_with(a_duty(), usual_channels=("terminal",))
    acts.assign(context, an_actor(context, "li.na"), ID, "wang.fang")
    before = context.store.sequence()
    assert plan(context) == ()
    assert my_reminders(context, "wang.fang") == ()
    assert context.store.sequence() == before


def test_old_news_is_told_to_nobody() -> None:
    context = a_context_with(a_duty())
    acts.assign(context, an_actor(context, "li.na"), ID, "wang.fang")
    set_clock(context, context.now() + timedelta(days=3, minutes=1))
    assert run_once(context, {"mail": Postbox()}) == Round()


def test_a_program_that_goes_on_and_one_that_begins_find_the_same_news_once() -> None:
    context, schedule = a_context_with(a_duty()), ReminderSchedule()
    assert plan(context, schedule) == ()
    acts.assign(context, an_actor(context, "li.na"), ID, "wang.fang")
    assert [one.news for one in plan(context, schedule)] == [News.ASSIGNED]
    assert plan(context, schedule) == ()
    assert plan(context, ReminderSchedule()) == ()


def test_all_news_has_words() -> None:
    assert set(NEWS_WORDS) == set(News)
    assert all(gettext(words, due="x", what="y") for words in NEWS_WORDS.values())
