"""Stored terms: what older versions wrote keeps its meaning, and every rule comes back as it was."""

import json
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from sla_tracker.domain.agreements.dependencies import Dependency
from sla_tracker.domain.agreements.fields import Field, FieldKind
from sla_tracker.domain.agreements.measure import Measure
from sla_tracker.domain.agreements.obligation import About, OnRequest
from sla_tracker.domain.agreements.request_terms import Limit, SettleFrom
from sla_tracker.domain.consent.agreed_version import AgreedVersion
from sla_tracker.domain.consent.agreement import (
    AgreedCondition,
    AgreedLimit,
    AgreedParts,
    Agreement,
    NewObligation,
    NewTrigger,
    Proposal,
    ProposalState,
    TermPart,
)
from sla_tracker.domain.deadlines.deadline import Deadline
from sla_tracker.domain.deadlines.due import (
    AfterDuty,
    AtEvent,
    CountsFrom,
    DayOfMonth,
    DueRule,
    EachWorkday,
    InDays,
    InElapsedTime,
    InWorkdays,
    InWorkingTime,
    ListedDays,
    MovedTurn,
    NthWorkday,
    Recurrence,
    Roll,
    Turn,
    Weekly,
)
from sla_tracker.domain.duties.duty import Duty, Opened, Terms
from sla_tracker.domain.stored_kinds import StoredKind
from sla_tracker.domain.text import Text
from sla_tracker.plugin_host.type_checks import rule_classes
from sla_tracker.storage.codec import KINDS, decode, encode, kind_of

NEW_YEAR = date(2027, 1, 1)
HOUR = timedelta(hours=1)
RULES: tuple[DueRule, ...] = (
    AtEvent(calendar="lab"),
    InDays(days=3, at=time(15), zone="Europe/Berlin"),
    InWorkdays(workdays=2, at=time(9, 30), zone="consumer"),
    InWorkingTime(span=timedelta(hours=4), calendar="berlin"),
    InElapsedTime(elapsed=timedelta(minutes=-90)),
    DayOfMonth(day=-1, offset=-2, roll=Roll.SKIP, months=(3, 6)),
    NthWorkday(n=-1, left_out=(NEW_YEAR,)),
    Weekly(weekdays=(4,), moved=(MovedTurn(turn_on=NEW_YEAR, to_on=date(2026, 12, 31)),)),
    Recurrence(rrule="FREQ=DAILY", start_on=NEW_YEAR),
    EachWorkday(at=time(17)),
    ListedDays(on=(NEW_YEAR, date(2027, 1, 15)), roll=Roll.PRECEDING),
    AfterDuty(after="pay", then=InWorkdays(workdays=3), of=CountsFrom.DELIVERY),
)


DUE_AT = datetime(2027, 1, 1, 10, tzinfo=UTC)


def duty_with(terms: Terms) -> Duty:
    return Duty(
        id="d1",
        key="pay/hr/recurring/2027-01",
        obligation="pay",
        title=Text(zh="工资", en="Pay"),
        provider="hr",
        consumer="finance",
        terms=terms,
        opened_at=DUE_AT,
        deadline=Deadline(due_at=DUE_AT, due_on=NEW_YEAR, nominal_on=NEW_YEAR),
        due_at=DUE_AT,
        month="2027-01",
    )


def stored(terms: Terms) -> Terms:
    return decode(Duty, encode(duty_with(terms))).terms


def test_every_stored_kind_has_its_class() -> None:
    assert [kind.name for kind in KINDS] == [kind.value for kind in StoredKind]
    assert all(kind_of(kind.type) is kind for kind in KINDS)


def test_every_class_of_rules_is_tried() -> None:
    assert {type(rule) for rule in RULES} == rule_classes()


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: type(rule).__name__)
def test_a_stored_rule_comes_back_as_it_was(rule: DueRule) -> None:
    assert stored(Terms(due=rule, opened=Opened.RECURRING)).due == rule


def test_stored_terms_come_back_as_they_were() -> None:
    terms = Terms(
        due=AtEvent(),
        opened=Opened.ON_EVENT,
        accept_within=timedelta(minutes=15),
        depends_on=("list", Dependency(obligation="changes", turn=Turn.PREVIOUS)),
    )
    assert stored(terms) == terms
    assert stored(terms).dependencies[0] == Dependency(obligation="list", turn=Turn.SAME)
    assert stored(terms).silence == InWorkingTime(span=timedelta(minutes=15))


def test_stored_terms_of_a_request_and_a_measure_come_back_as_they_were() -> None:
    paper = Field(id="form", kind=FieldKind.TICK, label=Text("表", "form"))
    trigger = OnRequest(
        due=InWorkdays(workdays=5),
        limits_by="priority",
        limits=(Limit(values=("P1",), due=InElapsedTime(elapsed=timedelta(hours=4))),),
        fields=(paper,),
        settle_from=SettleFrom.PAPERS,
        papers=(paper,),
        updates_every=InWorkingTime(span=timedelta(hours=2)),
        earliest=InWorkdays(workdays=3),
    )
    measure = Measure(field="up", minimum=Decimal("99.50"), unit=Text("%", ""))
    terms = Terms(due=trigger.due, opened=Opened.ON_REQUEST, request=trigger.terms, measure=measure)
    assert stored(terms) == terms
    assert str(stored(terms).measure.minimum) == "99.50"  # type: ignore[union-attr]
    assert not OnRequest(due=AtEvent(), answer=AtEvent()).terms.is_special


# What 0.1 to 0.3 have written, each with what it meant then.
OLD_RULES: dict[str, DueRule] = {
    "{}": AtEvent(),
    '{"days":3,"at":null,"roll":"following"}': InDays(days=3),
    '{"workdays":-2,"at":"12:00:00"}': InWorkdays(workdays=-2, at=time(12)),
    '{"span":"PT4H"}': InWorkingTime(span=timedelta(hours=4)),
    '{"day":31,"at":null,"roll":"preceding","months":[1,7]}': DayOfMonth(
        day=31, roll=Roll.PRECEDING, months=(1, 7)
    ),
    '{"n":-1,"at":null,"months":[]}': NthWorkday(n=-1),
    '{"weekdays":[4],"at":null,"roll":"none"}': Weekly(weekdays=(4,), roll=Roll.NONE),
    '{"rrule":"FREQ=DAILY","start_on":"2027-01-01","at":null,"roll":"skip"}': Recurrence(
        rrule="FREQ=DAILY", start_on=NEW_YEAR, roll=Roll.SKIP
    ),
}


@pytest.mark.parametrize("written", OLD_RULES)
def test_terms_of_older_versions_mean_what_they_meant(written: str) -> None:
    document = json.loads(encode(duty_with(Terms(due=AtEvent(), opened=Opened.ON_EVENT))))
    document["terms"] = {
        "due": json.loads(written),
        "opened": "on_event",
        "evidence": [],
        "assumed": [],
        "accept_within": 2,
        "calendar": "",
        "target": None,
        "depends_on": ["list"],
    }
    terms = decode(Duty, json.dumps(document).encode()).terms
    assert terms.due == OLD_RULES[written]
    assert (terms.silence, terms.dependencies) == (InWorkdays(workdays=2), (Dependency(obligation="list"),))


AGREED_AT = datetime(2026, 12, 1, 2, tzinfo=UTC)


def test_an_agreement_comes_back_as_it_was() -> None:
    limits = (
        AgreedLimit(trigger="recurring", due=DayOfMonth(day=5), roll=Roll.PRECEDING),
        AgreedLimit(
            trigger="on_request:fast", due=InWorkdays(workdays=3), answer=InElapsedTime(elapsed=HOUR)
        ),
    )
    proposal = Proposal(
        number=2,
        parts=AgreedParts(limits=limits, target=Decimal("0.90")),
        first_on=date(2026, 12, 1),
        last_on=date(2027, 11, 30),
        proposed_at=AGREED_AT,
        proposed_by="sun.li",
        proposed_from="sales",
        state=ProposalState.ACCEPTED,
        decided_at=AGREED_AT,
        decided_by="chen.gang",
        decided_from="finance",
        declared=AgreedParts(),
    )
    created = NewObligation(
        title=Text(zh="报表", en="Report"),
        trigger="recurring",
        about=About.CURRENT,
        evidence=(),
        further=(
            NewTrigger(
                id="2",
                trigger="on_request",
                condition=AgreedCondition(field="amount", at_least=Decimal("0.5"), at_most=Decimal(7)),
            ),
        ),
    )
    agreement = Agreement(
        id="a1",
        obligation="report",
        provider="sales",
        consumer="finance",
        title=created.title,
        proposals=(proposal,),
        created=created,
    )
    assert decode(Agreement, encode(agreement)) == agreement


def test_terms_keep_the_version_of_their_agreement() -> None:
    version = AgreedVersion(
        agreement="a1",
        version=2,
        agreed_at=AGREED_AT,
        proposed_by="sun.li",
        accepted_by="chen.gang",
        first_on=date(2026, 12, 1),
        parts=(TermPart.DUE, TermPart.TARGET),
    )
    terms = Terms(due=AtEvent(), opened=Opened.ON_EVENT, set_by_admin=("roll",), agreed=version)
    assert decode(Duty, encode(duty_with(terms))).terms == terms
