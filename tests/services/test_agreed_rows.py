"""Limits that a field of the request chooses: each row of the table is a term that two heads agree."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sla_tracker.domain.agreements.obligation import OnRequest
from sla_tracker.domain.agreements.request_terms import Limit
from sla_tracker.domain.consent.agreement import AgreedParts, Agreement
from sla_tracker.domain.deadlines.due import InElapsedTime
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.date_range import free_range
from sla_tracker.domain.measures.outcome import Outcome
from sla_tracker.errors import SlaError
from sla_tracker.i18n import speaking
from sla_tracker.services import requests
from sla_tracker.services.consent import agreeing
from sla_tracker.services.consent.agreeing import TermsDraft
from sla_tracker.services.consent.drafts import starting_parts
from sla_tracker.services.consent.parties import find_parties
from sla_tracker.services.consent.replay import replay_parts
from sla_tracker.services.consent.standing import TermsState, agreements_of, contradictions, party_terms
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties import operations
from sla_tracker.services.duties.scheduler import tick
from sla_tracker.services.open_requests import field_changes
from sla_tracker.services.ports import Store
from sla_tracker.testing.company import a_context, an_actor, an_obligation, set_clock
from sla_tracker.wording.consent.agreement_words import format_limits, format_parts
from sla_tracker.wording.consent.parse_terms import TypedTerms, changed_parts
from tests.services.test_open_requests import PRIORITY, elapsed

FIRST = date(2026, 11, 20)
ROWS = (
    Limit(values=("P1",), due=elapsed(4), answer=elapsed(0.25), target=Decimal("0.98")),
    Limit(values=("P2",), due=elapsed(8), answer=elapsed(0.5)),
)
FIX = an_obligation(
    "fix",
    triggers=(
        OnRequest(
            due=elapsed(72),
            answer=elapsed(4),
            fields=(PRIORITY,),
            limits_by="priority",
            limits=ROWS,
            assumed=("due", "answer"),
        ),
    ),
)


@pytest.fixture
def context(any_store: Store) -> ServiceContext:
    found = a_context(now="2026-11-20 10:00", store=any_store, obligations=[FIX])
    tick(found)
    return found


def parts_typed(context: ServiceContext, *typed: dict[str, str]) -> AgreedParts:
    """Return what is proposed by one command after another."""
    parties = find_parties(context, an_actor(context, "li.na"), "fix")
    parts = starting_parts(context, parties, FIRST)
    for one in typed:
        parts = changed_parts(parts, TypedTerms(**one), parties.obligation.declared)
    return parts


def agreed(context: ServiceContext, *typed: dict[str, str]) -> Agreement:
    """Let sales propose and finance accept."""
    actor = an_actor(context, "li.na")
    draft = TermsDraft(parts=parts_typed(context, *typed), first_on=FIRST)
    made = agreeing.propose(context, actor, find_parties(context, actor, "fix"), draft)
    assert made.open is not None
    return agreeing.accept(context, an_actor(context, "sun.hua"), made.id, made.open.number)


def asked(context: ServiceContext, priority: str) -> Duty:
    asking = an_actor(context, "sun.li")
    return requests.ask(context, asking, "fix", text="x", fields={"priority": priority})[1]


def hours_given(duty: Duty) -> float:
    return (duty.due_at - duty.opened_at) / timedelta(hours=1)


def test_a_row_is_agreed_and_the_others_stay_as_the_plugin_says(context: ServiceContext) -> None:
    agreed(context, {"value": "p1", "due": "hours = 6", "target": "97%"})
    urgent, other, usual = (asked(context, one) for one in ("P1", "P2", "P3"))
    assert [hours_given(one) for one in (urgent, other, usual)] == [6, 8, 72]
    assert urgent.answer_due_at == urgent.opened_at + timedelta(minutes=15)
    assert (urgent.terms.target, other.terms.target) == (Decimal("0.97"), context.settings.target)
    assert urgent.terms.agreed is not None
    assert (urgent.terms.agreed.version, urgent.terms.agreed.parts) == (1, ("due", "target"))
    assert (urgent.terms.assumed, other.terms.assumed, usual.terms.assumed) == (
        ("answer",),
        ("due", "answer"),
        ("due", "answer"),
    )
    assert (other.terms.agreed, usual.terms.agreed) == (None, None)


def test_a_changed_field_goes_from_an_agreed_row_to_another_one_and_back(context: ServiceContext) -> None:
    agreed(context, {"value": "P1", "due": "hours = 6"})
    duty = asked(context, "P2")
    staff = an_actor(context, "wang.fang")
    sooner = field_changes.change_fields(context, staff, duty.id, {"priority": "P1"}, "burning")
    assert sooner.terms.agreed is not None
    assert (hours_given(sooner), sooner.terms.agreed.version, sooner.terms.assumed) == (6, 1, ("answer",))
    later = field_changes.change_fields(context, staff, duty.id, {"priority": "P3"}, "out")
    assert (hours_given(later), later.terms.agreed, later.terms.assumed) == (72, None, ("due", "answer"))


def test_terms_are_agreed_once_every_row_is(context: ServiceContext) -> None:
    def stands() -> TermsState:
        return party_terms(context, "sales")[0].standing

    agreed(context, {"value": "P1", "due": "hours = 6", "answer": "hours = 1"}, {"due": "hours = 60"})
    assert stands() is TermsState.ASSUMED
    assert asked(context, "P3").terms.assumed == ("answer",)
    parties = find_parties(context, an_actor(context, "li.na"), "fix")
    as_they_are = starting_parts(context, parties, FIRST, as_they_are=True)
    assert [(one.value, one.due) for one in as_they_are.limits] == [
        ("", elapsed(60)),
        ("P1", elapsed(6)),
        ("P2", elapsed(8)),
    ]
    actor = an_actor(context, "li.na")
    made = agreeing.propose(context, actor, parties, TermsDraft(parts=as_they_are, first_on=FIRST))
    agreeing.accept(context, an_actor(context, "sun.hua"), made.id, 2)
    assert stands() is TermsState.AGREED
    assert [asked(context, one).terms.assumed for one in ("P1", "P2", "P3")] == [(), (), ()]


def test_an_agreed_target_leaves_the_rows_that_have_one_of_their_own(context: ServiceContext) -> None:
    """The nearer wins: 98 % of P1 stands in the plugin's row, 90 % is agreed for everything."""
    agreed(context, {"target": "90%"})
    assert [asked(context, one).terms.target for one in ("P1", "P2", "P3")] == [
        Decimal("0.98"),
        Decimal("0.9"),
        Decimal("0.9"),
    ]
    assert asked(context, "P1").terms.agreed is None
    assert asked(context, "P2").terms.agreed is not None


REFUSED: list[tuple[dict[str, str], str]] = [
    ({"value": "P9", "due": "hours = 1"}, "No limit is chosen by “P9”; the choices are P1, P2, P3"),
    ({"value": "P1"}, "Nothing is proposed for P1"),
    ({"value": "P1", "due": "day = 5"}, "a time from then on"),
    ({"value": "P1", "target": "120%"}, "is no target"),
    ({"value": "P2", "due": "hours = 2", "earliest": "hours = 3"}, "has to be shorter than the limit"),
]


@pytest.mark.parametrize(("typed", "said"), REFUSED)
def test_a_row_that_cannot_be_is_refused(typed: dict[str, str], said: str) -> None:
    context = a_context(now="2026-11-20 10:00", obligations=[FIX])
    with pytest.raises(SlaError, match=said):
        agreed(context, typed)
    assert agreements_of(context) == []


def test_an_obligation_without_a_table_has_no_rows() -> None:
    plain = an_obligation("fix", triggers=(OnRequest(due=elapsed(72)),))
    context = a_context(now="2026-11-20 10:00", obligations=[plain])
    with pytest.raises(SlaError, match="not chosen by a field"):
        agreed(context, {"value": "P1", "due": "hours = 1"})


def test_both_ends_of_a_range_are_agreed(context: ServiceContext) -> None:
    agreed(context, {"due": "hours = 60", "earliest": "hours = 24"})
    duty = asked(context, "P3")
    assert duty.earliest is not None
    assert (hours_given(duty), duty.earliest.due_at - duty.opened_at) == (60, timedelta(hours=24))


def test_a_changed_row_of_the_plugin_contradicts_the_agreement(context: ServiceContext) -> None:
    agreed(context, {"value": "P1", "due": "hours = 6"})

    def saying(hours: int) -> ServiceContext:
        rows = (replace(ROWS[0], due=elapsed(hours)), ROWS[1])
        trigger: Any = FIX.triggers[0]
        changed = replace(FIX, triggers=(replace(trigger, limits=rows),))
        return replace(context, declared=replace(context.declared, obligations={"fix": changed}, digest="x"))

    (found,) = contradictions(saying(3), agreements_of(context))
    assert (found.value, found.agreed, found.declared) == ("P1", elapsed(6), elapsed(3))
    assert list(contradictions(saying(6), agreements_of(context))) == []


def test_the_past_is_judged_row_by_row(context: ServiceContext) -> None:
    """P1 in five hours: late by the plugin's four, on time by the six that are proposed; P2 is not touched."""
    urgent, other = asked(context, "P1"), asked(context, "P2")
    set_clock(context, "2026-11-20 15:00")
    for one in (urgent, other):
        operations.deliver(context, an_actor(context, "wang.fang"), one.id, {})
    set_clock(context, "2026-11-24 10:00")
    proposed = parts_typed(context, {"value": "P1", "due": "hours = 6", "target": "50%"})
    parties = find_parties(context, an_actor(context, "li.na"), "fix")
    found = replay_parts(context, parties, proposed, free_range(FIRST, date(2026, 11, 24)))
    assert [(one.duty.id, one.before, one.after) for one in found.flips] == [
        (urgent.id, Outcome.MISSED, Outcome.GOOD)
    ]
    assert isinstance(found.flips[0].duty.terms.due, InElapsedTime)
    assert (found.before.good, found.after.good, found.after.valid) == (1, 2, 2)


def test_rows_are_said_by_their_labels(context: ServiceContext) -> None:
    parts = parts_typed(context, {"value": "P1", "due": "hours = 6", "target": "97%"})
    with speaking("en"):
        said = [(one.full_label, one.text) for one in format_parts(parts, FIX.triggers)]
        assert said == [("Limit (P1)", "within 6 hours, day and night"), ("Target (P1)", "97.0 %")]
        assert format_limits(FIX.triggers) == (
            "within 72 hours, day and night; P1: within 4 hours, day and night; "
            "P2: within 8 hours, day and night"
        )
