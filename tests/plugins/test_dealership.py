"""The dealer's pack holds the published list: every obligation, trigger, limit, basis and piece of evidence."""

from collections import Counter
from dataclasses import dataclass
from datetime import time, timedelta

import pytest

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.conditions import Condition
from sla_tracker.domain.agreements.fields import FieldKind
from sla_tracker.domain.agreements.obligation import (
    About,
    Obligation,
    OnEvent,
    OnRequest,
    Recurring,
    Trigger,
)
from sla_tracker.domain.deadlines.due import (
    AtEvent,
    DayOfMonth,
    DueRule,
    InDays,
    InWorkdays,
    InWorkingTime,
    NthWorkday,
    Roll,
)
from sla_tracker.plugin_host.host import PluginHost
from sla_tracker.services.deployment import PluginState
from tests.plugins.installed import DEALERSHIP, host

ONE_WORKDAY = InWorkdays(workdays=1)
SAME_DAY = InDays(days=0)
FOUR_HOURS = InWorkingTime(span=timedelta(hours=4))
ASSUMED = ("due",)


def event(type_id: str, due: DueRule = ONE_WORKDAY, assumed: tuple[str, ...] = ASSUMED) -> OnEvent:
    return OnEvent(event_type=type_id, due=due, assumed=assumed)


def look_up(workdays: int = 1) -> OnRequest:
    return OnRequest(answer=FOUR_HOURS, due=InWorkdays(workdays=workdays), assumed=("answer", "due"))


def monthly(due: DueRule, about: About, assumed: tuple[str, ...]) -> Recurring:
    return Recurring(due=due, about=about, assumed=assumed)


@dataclass(frozen=True)
class Row:
    """One row of the published list; `evidence` are the required fields' ids."""

    provider: str
    triggers: tuple[Trigger, ...]
    evidence: tuple[str, ...] = ()


SAME_DAY_REQUEST = OnRequest(due=SAME_DAY, assumed=ASSUMED)
FIFTH = DayOfMonth(day=5, roll=Roll.PRECEDING)
SHEET = ("partner", "period", "vehicles", "signatures", "amount", "invoice")

TABLE = {
    # consumer loans
    "loan-archive-entry": Row("loan", (event("instalment-contract-signed"), look_up()), ("file",)),
    "loan-disbursement-handover": Row("loan", (event("loan-disbursed"),), ("card", "passbook", "details")),
    "payer-mismatch-lookup": Row("loan", (look_up(),), ("finding",)),
    "payoff-voucher": Row("loan", (event("loan-paid-off"),), ("voucher",)),
    "deposit-transfer-check": Row(
        "loan",
        (event("deposit-refund-requested"),),
        ("registration", "licence", "mortgage", "identity", "contract"),
    ),
    "default-coordination": Row("loan", (event("customer-defaulted", InWorkdays(workdays=3)),), ("note",)),
    "notary-fee-claim": Row("loan", (event("notary-fee-paid", InDays(days=7)),), ("receipt",)),
    "loan-arrears-report": Row("loan", (monthly(FIFTH, About.PREVIOUS, ("about", "roll")),), ("report",)),
    "loan-completion-dates": Row(
        "loan", (monthly(NthWorkday(n=-1), About.CURRENT, ("day", "about")),), ("list",)
    ),
    "remittance-matching": Row("loan", (look_up(),), ("matches",)),
    # customer service
    "registration-cost-claim": Row(
        "service", (event("registration-cost-incurred", InDays(days=7), ()),), ("receipts",)
    ),
    "card-slip": Row("service", (event("vehicle-collected", InDays(days=1), ()),), ("slip",)),
    "vehicle-stock-in": Row(
        "service", (event("vehicle-brought-back", SAME_DAY, ()),), ("vehicle", "certificate", "invoice")
    ),
    "service-bank-escort": Row("service", (SAME_DAY_REQUEST,)),
    # insurance
    "premium-arrears-check": Row("insurance", (event("ownership-transfer-requested"),), ("owes", "amount")),
    "renewal-dates": Row("insurance", (event("policy-issued"),), ("renewal",)),
    "claim-amount": Row("insurance", (event("claim-settled"),), ("amount",)),
    "repair-shop-settlement": Row("insurance", (event("repair-shop-settlement"),), SHEET),
    "insurer-settlement": Row("insurance", (event("insurer-settlement"),), SHEET),
    "premium-arrears-report": Row(
        "insurance", (monthly(FIFTH, About.PREVIOUS, ("about", "roll")),), ("report",)
    ),
    "insurance-bank-escort": Row("insurance", (SAME_DAY_REQUEST,)),
    # sales
    "payment-slip": Row(
        "sales", (event("purchase-payment-made"),), ("payee", "account", "purpose", "vehicle", "amount")
    ),
    "order-and-delivery-forms": Row("sales", (event("vehicle-delivered"),), ("order-form", "delivery-form")),
    "down-payment-receipt": Row(
        "sales", (event("settlement-scheduled", InWorkingTime(span=timedelta(hours=-2))),)
    ),
    "settlement-file": Row("sales", (event("settlement-scheduled", AtEvent(), ()),), ("file",)),
    "instalment-documents": Row(
        "sales", (event("instalment-contract-signed"),), ("calculation", "iou", "agreement")
    ),
    "after-hours-cash": Row(
        "sales",
        (
            OnEvent(
                event_type="vehicle-delivered",
                due=SAME_DAY,
                condition=Condition(after=time(17), field="cash", equals="yes"),
            ),
        ),
        ("handled",),
    ),
    "decoration-sheet": Row(
        "sales",
        (event("vehicle-delivered", InDays(days=3), ()),),
        ("order-form", "delivery-form", "sheet"),
    ),
    "monthly-business-list": Row(
        "sales", (monthly(DayOfMonth(day=1, at=time(12)), About.PREVIOUS, ()),), ("list", "claims")
    ),
    # human resources
    "new-hire-deposit": Row("hr", (event("employee-joined"),), ("deposit", "file", "seniority")),
    "utilities-claim": Row("hr", (event("utility-bill-received", InDays(days=7)),), ("bill",)),
    "canteen-accounts": Row("hr", (look_up(workdays=3),)),
    "pay-adjustment": Row("hr", (event("pay-adjusted"),), ("list",)),
    "staff-insurance-dates": Row("hr", (event("employee-insured"),), ("insured",)),
}


@pytest.fixture(scope="module")
def dealer() -> PluginHost:
    return host(*DEALERSHIP)


@pytest.fixture(scope="module")
def catalogue(dealer: PluginHost) -> Catalogue:
    return dealer.catalogue


def test_every_plugin_of_the_pack_is_active(dealer: PluginHost) -> None:
    mine = {plugin.name: plugin for plugin in dealer.plugins if plugin.name in DEALERSHIP}
    assert {name: (plugin.state, plugin.reason) for name, plugin in mine.items()} == dict.fromkeys(
        DEALERSHIP, (PluginState.ACTIVE, "")
    )
    assert dealer.is_complete


def test_the_pack_holds_exactly_the_published_list(catalogue: Catalogue) -> None:
    assert sorted(catalogue.obligations) == sorted(TABLE)
    by_provider = Counter(obligation.provider for obligation in catalogue.obligations.values())
    assert by_provider == {"loan": 10, "service": 4, "insurance": 7, "sales": 8, "hr": 5}


@pytest.mark.parametrize("id", TABLE)
def test_an_obligation_is_as_published(catalogue: Catalogue, id: str) -> None:
    obligation, row = catalogue.obligations[id], TABLE[id]
    assert (obligation.provider, obligation.consumer) == (row.provider, "finance")
    assert obligation.triggers == row.triggers
    assert tuple(field.id for field in obligation.evidence if field.required) == row.evidence


def kind_of(obligation: Obligation) -> str:
    """Name what opens the obligation; one with an event and a request counts as an event's."""
    kinds = {type(trigger) for trigger in obligation.triggers}
    return "calendar" if Recurring in kinds else "event" if OnEvent in kinds else "request"


def test_the_list_counts_by_trigger(catalogue: Catalogue) -> None:
    kinds = Counter(map(kind_of, catalogue.obligations.values()))
    assert kinds == {"calendar": 4, "event": 25, "request": 5}
    both = [one.id for one in catalogue.obligations.values() if len(one.triggers) > 1]
    assert both == ["loan-archive-entry"]


@pytest.mark.parametrize(
    ("event_type", "opened"),
    [
        ("vehicle-delivered", {"order-and-delivery-forms", "after-hours-cash", "decoration-sheet"}),
        ("instalment-contract-signed", {"loan-archive-entry", "instalment-documents"}),
        ("settlement-scheduled", {"down-payment-receipt", "settlement-file"}),
    ],
)
def test_one_event_concerns_several_obligations(
    catalogue: Catalogue, event_type: str, opened: set[str]
) -> None:
    assert {obligation.id for obligation, _ in catalogue.opened_by(event_type)} == opened


def test_only_the_settlement_is_planned(catalogue: Catalogue) -> None:
    assert [one.id for one in catalogue.event_types.values() if one.planned] == ["settlement-scheduled"]


def test_every_event_type_opens_something(catalogue: Catalogue) -> None:
    idle = [id for id in catalogue.event_types if not list(catalogue.opened_by(id))]
    assert idle == []


def test_cash_can_be_answered_with_yes_or_no(catalogue: Catalogue) -> None:
    """A tick could not tell "no cash" from "nobody looked", and only a late delivery needs an answer."""
    (cash,) = [field for field in catalogue.event_types["vehicle-delivered"].fields if field.id == "cash"]
    assert (cash.kind, cash.required) == (FieldKind.CHOICE, False)
    assert [choice.id for choice in cash.choices] == ["yes", "no"]


def test_everything_is_said_in_both_languages(catalogue: Catalogue) -> None:
    texts = [
        *(one.name for one in catalogue.departments.values()),
        *(text for one in catalogue.event_types.values() for text in (one.title, one.subject)),
        *(text for one in catalogue.obligations.values() for text in (one.title, one.guide)),
        *(field.label for one in catalogue.obligations.values() for field in one.evidence),
        *(field.label for one in catalogue.event_types.values() for field in one.fields),
    ]
    assert [text for text in texts if text is None or not (text.zh and text.en)] == []


def test_guides_say_what_to_do_what_for_and_what_to_watch(catalogue: Catalogue) -> None:
    for obligation in catalogue.obligations.values():
        assert obligation.guide is not None
        assert obligation.guide.zh.count("**") == obligation.guide.en.count("**") == 6, obligation.id


def test_titles_tell_the_obligations_apart(catalogue: Catalogue) -> None:
    for lang in ("zh", "en"):
        titles = Counter(one.title.get(lang) for one in catalogue.obligations.values())
        assert {title for title, times in titles.items() if times > 1} == set()
