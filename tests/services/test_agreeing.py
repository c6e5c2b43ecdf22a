"""Two heads agree on terms, on record; the duties that open from the first day on go by them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sla_tracker.domain.agreements.obligation import Recurring
from sla_tracker.domain.agreements.roster import PluginSet
from sla_tracker.domain.consent.agreement import (
    AgreedLimit,
    AgreedParts,
    Agreement,
    NewObligation,
    ProposalState,
    TermPart,
    versions_of,
)
from sla_tracker.domain.deadlines.due import DayOfMonth, InWorkdays, Roll, Weekly
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.people import Absence, Person, Role
from sla_tracker.domain.text import Text
from sla_tracker.errors import Forbidden, NotFound, Overtaken, Refused, SlaError, UsageError
from sla_tracker.services import requests
from sla_tracker.services.consent import agreeing, standing
from sla_tracker.services.consent.agreeing import TermsDraft
from sla_tracker.services.consent.parties import departments_without_head, find_parties
from sla_tracker.services.consent.standing import TermsState, agreements_of, assumed_terms, contradictions
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.scheduler import planned, tick
from sla_tracker.services.ports import Store
from sla_tracker.testing.company import OBLIGATIONS, PEOPLE, a_context, an_actor, set_clock

DECEMBER = date(2026, 12, 1)


@pytest.fixture
def context(any_store: Store) -> ServiceContext:
    found = a_context(store=any_store)
    tick(found)
    return found


def draft(**terms: Any) -> TermsDraft:
    """Build a draft of one limit of the calendar, of an event or of a request, from the first of December on."""
    days = {"first_on": terms.pop("first_on", DECEMBER), "last_on": terms.pop("last_on", None)}
    target = terms.pop("target", None)
    note = terms.pop("note", "")
    limits = (AgreedLimit(**({"trigger": "recurring"} | terms)),) if terms else ()
    return TermsDraft(parts=AgreedParts(limits=limits, target=target), note=note, **days)


def propose(
    context: ServiceContext, by: str = "li.na", of: str = "commission-list", **terms: Any
) -> Agreement:
    actor = an_actor(context, by)
    return agreeing.propose(context, actor, find_parties(context, actor, of), draft(**terms))


def accept(context: ServiceContext, agreement: Agreement, by: str = "sun.hua") -> Agreement:
    assert agreement.open is not None
    return agreeing.accept(context, an_actor(context, by), agreement.id, agreement.open.number)


def duty_of(context: ServiceContext, obligation: str, month: str) -> Duty:
    (found,) = context.store.read(lambda tx: tx.find(Duty, obligation=obligation, month=month))
    return found


def test_duties_from_the_first_day_on_go_by_what_was_agreed(context: ServiceContext) -> None:
    before = duty_of(context, "commission-list", "2026-11")
    accept(context, propose(context, due=DayOfMonth(day=8), target=Decimal("0.8"), roll=Roll.PRECEDING))
    set_clock(context, "2026-12-03 09:00")
    tick(context)
    after = duty_of(context, "commission-list", "2026-12")
    assert f"{after.due_at:%m-%d}" == "12-08"
    assert after.terms.target == Decimal("0.8")
    assert after.terms.agreed is not None
    assert (after.terms.agreed.version, after.terms.agreed.parts) == (1, ("due", "roll", "target"))
    assert (after.terms.agreed.proposed_by, after.terms.agreed.accepted_by) == ("li.na", "sun.hua")
    assert duty_of(context, "commission-list", "2026-11") == before


def test_an_open_duty_keeps_its_terms(context: ServiceContext) -> None:
    set_clock(context, "2026-12-01 08:00")
    tick(context)
    opened = duty_of(context, "commission-list", "2026-12")
    accept(context, propose(context, due=DayOfMonth(day=20)))
    tick(context)
    assert duty_of(context, "commission-list", "2026-12") == opened
    ahead = [one for one in planned(context, date(2027, 1, 31)) if one.obligation.id == "commission-list"]
    assert [f"{one.deadline.due_at:%m-%d}" for one in ahead] == ["01-20"]


def test_a_program_that_runs_already_goes_by_it_at_once(context: ServiceContext) -> None:
    other = replace(context)  # as another process has it: with a memory of its own
    object.__setattr__(other, "agreements", type(context.agreements)())
    other.__post_init__()
    assert other.catalogue is other.declared
    accept(context, propose(context, due=DayOfMonth(day=8)))
    other.store.read(lambda tx: None)
    assert other.catalogue.digest != other.declared.digest


def test_a_request_goes_by_it(context: ServiceContext) -> None:
    accept(
        context,
        propose(context, "sun.hua", "invoice-copy", trigger="on_request", due=InWorkdays(workdays=1)),
        "li.na",
    )
    asking = an_actor(context, "sun.li")
    _, before = requests.ask(context, asking, "invoice-copy", text="R-1")
    set_clock(context, "2026-12-01 10:00")
    _, after = requests.ask(context, asking, "invoice-copy", text="R-2")
    assert (before.terms.due, after.terms.due) == (InWorkdays(workdays=3), InWorkdays(workdays=1))
    assert (before.terms.agreed, after.terms.agreed and after.terms.agreed.version) == (None, 1)


REFUSED = [
    ("wang.fang", "commission-list", {"target": Decimal("0.9")}, Forbidden, "may not propose"),
    ("root", "commission-list", {"target": Decimal("0.9")}, Refused, "does not join"),
    ("wu.di", "commission-list", {"target": Decimal("0.9")}, Refused, "does not join"),
    ("li.na", "commission-list", {}, UsageError, "Nothing is proposed"),
    ("li.na", "commission-list", {"target": Decimal("1.5")}, UsageError, "from 0 to 1"),
    ("li.na", "commission-list", {"due": InWorkdays(workdays=1)}, UsageError, "propose a day"),
    ("li.na", "commission-list", {"due": DayOfMonth(day=8, calendar="moon")}, UsageError, "no calendar"),
    ("li.na", "commission-list", {"answer": InWorkdays(workdays=1)}, UsageError, "Only a request"),
    ("li.na", "commission-list", {"trigger": "on_event", "roll": Roll.NONE}, UsageError, "has no trigger on_event"),
    ("li.na", "invoice-copy", {"trigger": "on_request", "due": Weekly(weekdays=(1,))}, UsageError, "a time from then"),
    ("li.na", "invoice-copy", {"trigger": "on_request", "due": InWorkdays(workdays=-1)}, UsageError, "after it was"),
    ("li.na", "invoice-copy", {"trigger": "on_request", "roll": Roll.NONE}, UsageError, "names no day"),
    ("li.na", "decoration-sheet", {"trigger": "on_event", "roll": Roll.SKIP}, UsageError, "stays owed"),
    ("li.na", "commission-list", {"target": Decimal(1), "first_on": date(2026, 11, 19)}, UsageError, "has passed"),
    ("li.na", "commission-list", {"target": Decimal(1), "last_on": date(2026, 11, 30)}, UsageError, "lies before"),
]  # fmt: skip


@pytest.mark.parametrize(("by", "of", "terms", "error", "said"), REFUSED)
def test_what_cannot_be_proposed_is_refused(
    by: str, of: str, terms: dict[str, Any], error: type[SlaError], said: str
) -> None:
    context = a_context()
    with pytest.raises(error, match=said):
        propose(context, by, of, **terms)
    assert agreements_of(context) == []


def test_no_turn_falls_between_the_old_terms_and_the_new() -> None:
    """The commission list of December is due on the 5th; by the 3rd from the 4th on nothing would open it."""
    context = a_context()
    with pytest.raises(
        Refused, match="No duty would open for the turn of 2026-12-05: by these terms it falls on 2026-12-03"
    ):
        propose(context, due=DayOfMonth(day=3), first_on=date(2026, 12, 4))
    propose(context, due=DayOfMonth(day=3), first_on=date(2026, 12, 3))


def test_nobody_decides_on_a_proposal_of_the_own_side(context: ServiceContext) -> None:
    proposed = propose(context, target=Decimal("0.9"))
    for by, error in (
        ("li.na", Refused),
        ("wang.fang", Forbidden),
        ("zhou.min", Forbidden),
        ("root", Forbidden),
    ):
        with pytest.raises(error):
            accept(context, proposed, by)
    assert agreements_of(context) == [proposed]


def test_an_administrator_of_the_department_is_no_head(context: ServiceContext) -> None:
    admin = Person(id="boss", name="老板", department="finance", role=Role.ADMIN)
    context = replace(context, people={**context.people, "boss": admin})
    with pytest.raises(Forbidden):
        accept(context, propose(context, target=Decimal("0.9")), "boss")


def test_a_deputy_agrees_while_the_head_is_away(context: ServiceContext) -> None:
    away = (Absence(first_on=date(2026, 11, 20), last_on=date(2026, 11, 20)),)
    people = dict(context.people)
    people["sun.hua"] = replace(people["sun.hua"], deputy="chen.jing", away=away)
    context = replace(context, people=people)
    accepted = accept(context, propose(context, target=Decimal("0.9")), "chen.jing")
    assert versions_of(accepted)[0].decided_by == "chen.jing"


def test_nobody_stands_on_both_sides(context: ServiceContext) -> None:
    """A head who changes the department meanwhile does not accept what she proposed herself."""
    proposed = propose(context, target=Decimal("0.9"))
    people = {**context.people, "li.na": replace(context.person("li.na"), department="finance")}
    with pytest.raises(Refused, match="nobody stands on both sides"):
        accept(replace(context, people=people), proposed, "li.na")


def test_a_department_without_head_cannot_agree() -> None:
    context = a_context(people=[one for one in PEOPLE if one.id != "sun.hua"])
    assert departments_without_head(context, context.now()) == ("finance",)
    with pytest.raises(Refused, match="Finance has no head"):
        propose(context, target=Decimal("0.9"))


def test_whoever_decides_second_is_told_who_was_first(context: ServiceContext) -> None:
    proposed = propose(context, target=Decimal("0.9"))
    head = an_actor(context, "sun.hua")
    agreeing.refuse(context, head, proposed.id, 1, "Too low.")
    with pytest.raises(Overtaken, match=r"already refused by sun\.hua at 2026-11-20"):
        accept(context, proposed)
    with pytest.raises(UsageError, match="no proposal 7"):
        agreeing.accept(context, head, proposed.id, 7)


def test_a_counter_proposal_replaces_the_one_that_was_on_the_screen(context: ServiceContext) -> None:
    proposed = propose(context, due=DayOfMonth(day=8))
    countered = agreeing.counter(
        context, an_actor(context, "sun.hua"), proposed.id, 1, draft(due=DayOfMonth(day=6))
    )
    assert [one.state for one in countered.proposals] == [ProposalState.COUNTERED, ProposalState.OPEN]
    with pytest.raises(Overtaken, match="already countered"):
        agreeing.accept(context, an_actor(context, "li.na"), proposed.id, 1)
    accepted = accept(context, countered, "li.na")
    assert [one.number for one in versions_of(accepted)] == [2]


def test_one_proposal_is_open_at_a_time(context: ServiceContext) -> None:
    proposed = propose(context, target=Decimal("0.9"))
    with pytest.raises(Overtaken, match="withdraw that first"):
        propose(context, target=Decimal("0.8"))
    with pytest.raises(Overtaken, match="accept it, refuse it or counter it"):
        propose(context, "sun.hua", target=Decimal("0.8"))
    with pytest.raises(Refused, match="The other department has proposed"):
        agreeing.withdraw(context, an_actor(context, "sun.hua"), proposed.id)
    agreeing.withdraw(context, an_actor(context, "li.na"), proposed.id)
    again = propose(context, "sun.hua", target=Decimal("0.8"))
    assert again.id == proposed.id
    assert [one.state for one in again.proposals] == [ProposalState.WITHDRAWN, ProposalState.OPEN]


def test_a_proposal_lapses_after_twenty_workdays(context: ServiceContext) -> None:
    proposed = propose(context, target=Decimal("0.9"), first_on=date(2027, 1, 1))
    set_clock(context, "2026-12-18 18:00")  # the close of the twentieth workday
    assert agreements_of(context)[0].open is not None
    set_clock(context, "2026-12-18 18:01")
    with pytest.raises(Refused, match="lapsed on 2026-12-18"):
        accept(context, proposed)
    again = propose(context, target=Decimal("0.8"), first_on=date(2027, 1, 1))
    assert [one.state for one in again.proposals] == [ProposalState.LAPSED, ProposalState.OPEN]


def test_no_agreement_begins_before_it_is_accepted(context: ServiceContext) -> None:
    proposed = propose(context, target=Decimal("0.9"))
    set_clock(context, "2026-12-02 09:00")
    with pytest.raises(Refused, match="begins on 2026-12-01, which has passed"):
        accept(context, proposed)


def test_after_the_last_day_its_terms_go_on_and_count_as_expired(context: ServiceContext) -> None:
    accept(context, propose(context, due=DayOfMonth(day=8), roll=Roll.NONE, last_on=date(2026, 12, 31)))

    def stands() -> TermsState:
        return next(
            one.standing
            for one in standing.party_terms(context)
            if one.parties.obligation.id == "commission-list"
        )

    assert stands() is TermsState.AGREED  # it is agreed already, although it begins later
    set_clock(context, "2026-12-31 12:00")
    assert stands() is TermsState.AGREED
    set_clock(context, "2027-01-04 12:00")
    tick(context)
    assert stands() is TermsState.EXPIRED
    duty = duty_of(context, "commission-list", "2027-01")
    assert duty.terms.agreed is not None
    assert (f"{duty.due_at:%m-%d}", duty.terms.agreed.last_on) == ("01-08", date(2026, 12, 31))


def test_an_obligation_can_be_agreed_that_no_plugin_declares(context: ServiceContext) -> None:
    created = NewObligation(title=Text(zh="周报", en="Weekly report"), trigger="recurring")
    proposed = agreeing.propose_new(
        context, an_actor(context, "sun.hua"), created, "sales", "finance", draft(due=Weekly(weekdays=(4,)))
    )
    assert "weekly-report" not in context.catalogue.obligations
    accept(context, proposed, "li.na")
    set_clock(context, "2026-12-02 09:00")
    tick(context)
    duty = context.store.read(lambda tx: tx.find(Duty, obligation="weekly-report"))[0]
    assert (duty.title.en, f"{duty.due_at:%m-%d}", duty.terms.agreed is not None) == (
        "Weekly report",
        "12-04",
        True,
    )


def test_an_obligation_that_vanishes_ends_its_agreement(context: ServiceContext) -> None:
    accept(context, propose(context, target=Decimal("0.9")))
    tick(context)
    rest = {one.id: one for one in OBLIGATIONS if one.id != "commission-list"}
    gone = replace(context, declared=replace(context.declared, obligations=rest, digest="gone"))
    missing = replace(gone, plugins=PluginSet(missing=frozenset({"dealer"})))
    assert tick(missing).ended == ()  # its plugin may only be broken
    assert len(tick(replace(gone, declared=replace(gone.declared, digest="gone again"))).ended) == 1
    assert agreements_of(gone)[0].ended_at is not None
    back = replace(context, declared=replace(context.declared, digest="back"))
    tick(back)
    assert back.catalogue is back.declared


def test_one_that_was_agreed_ends_with_its_department(context: ServiceContext) -> None:
    created = NewObligation(title=Text(zh="周报", en="Weekly report"), trigger="on_request")
    terms = draft(trigger="on_request", due=InWorkdays(workdays=2))
    made, open_one = (
        agreeing.propose_new(context, an_actor(context, "sun.hua"), created, "service", "finance", terms)
        for _twice in range(2)
    )
    accept(context, made, "zhou.min")
    set_clock(context, "2026-12-01 09:00")
    departments = {id: one for id, one in context.declared.departments.items() if id != "service"}
    rest = {id: one for id, one in context.declared.obligations.items() if one.provider != "service"}
    gone = replace(
        context,
        declared=replace(context.declared, departments=departments, obligations=rest, digest="gone"),
        plugins=PluginSet(missing=frozenset({"dealer"})),
    )
    chen = an_actor(gone, "chen.jing")
    tick(context)
    assert "weekly-report" in {one.id for one in context.catalogue.in_force()}
    assert tick(gone).ended == ()  # its plugin may only be broken
    assert "weekly-report" not in {one.id for one in gone.catalogue.in_force()}
    with pytest.raises(NotFound, match="weekly-report"):
        requests.ask(gone, chen, "weekly-report", text="May")
    with pytest.raises(Refused, match="does not join these departments any more"):
        accept(gone, open_one, "zhou.min")
    whole = replace(gone, declared=replace(gone.declared, digest="gone again"), plugins=PluginSet())
    assert [one.id for one in tick(whole).ended] == [made.id]


@pytest.mark.parametrize("consumer", ["sales", "Sales", "销售部"])
def test_no_department_agrees_with_itself_however_it_is_spelled(consumer: str) -> None:
    context = a_context()
    created = NewObligation(title=Text(zh="周报", en="Weekly report"), trigger="recurring")
    with pytest.raises(Refused, match="joins two departments"):
        agreeing.propose_new(
            context, an_actor(context, "li.na"), created, "sales", consumer, draft(due=Weekly(weekdays=(4,)))
        )
    assert agreements_of(context) == []


def test_an_agreement_stands_when_a_plugin_says_otherwise_later(context: ServiceContext) -> None:
    accept(context, propose(context, due=DayOfMonth(day=8)))
    assert list(contradictions(context, agreements_of(context))) == []

    def declaring(day: int) -> ServiceContext:
        changed = replace(OBLIGATIONS[6], triggers=(Recurring(due=DayOfMonth(day=day)),))
        obligations = {**context.declared.obligations, changed.id: changed}
        return replace(context, declared=replace(context.declared, obligations=obligations, digest=str(day)))

    (found,) = contradictions(declaring(10), agreements_of(context))
    assert (found.part, found.agreed, found.declared) == (TermPart.DUE, DayOfMonth(day=8), DayOfMonth(day=10))
    assert list(contradictions(declaring(8), agreements_of(context))) == []  # it says the same by now
    set_clock(context, "2026-12-03 09:00")
    tick(declaring(10))
    assert f"{duty_of(context, 'commission-list', '2026-12').due_at:%m-%d}" == "12-08"


def test_what_is_only_assumed_is_listed_for_both_sides(context: ServiceContext) -> None:
    def listed(department: str) -> list[str]:
        return [one.parties.obligation.id for one in assumed_terms(context, department)]

    assert "commission-list" in listed("sales")
    assert "stock-list" not in listed("sales")
    accept(context, propose(context, roll=Roll.FOLLOWING, first_on=date(2026, 11, 20)))
    assert "commission-list" not in listed("sales")
    assert "commission-list" not in listed("finance")
