"""What two departments agreed changes the terms from its first day on, part by part."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.obligation import EVERY, Obligation, OnRequest, Recurring, assumed_parts
from sla_tracker.domain.agreements.occurrences import occurrences, requestable
from sla_tracker.domain.consent.agreement import (
    AgreedLimit,
    AgreedParts,
    Agreement,
    NewObligation,
    Proposal,
    ProposalState,
)
from sla_tracker.domain.consent.applied import with_agreements
from sla_tracker.domain.deadlines.due import DayOfMonth, InWorkdays, MovedTurn, Roll, Weekly
from sla_tracker.domain.text import Text
from sla_tracker.testing.company import DEPARTMENTS, a_calendar, always, an_obligation, local

LIST = an_obligation("list", triggers=(Recurring(due=DayOfMonth(day=5), assumed=("day",)),))
DECEMBER, MARCH = date(2026, 12, 1), date(2027, 3, 1)
AT = local("2026-11-20 14:00")


def version(number: int, first_on: date, *, target: str = "", **limit: Any) -> Proposal:
    limits = (AgreedLimit(**({"trigger": "recurring"} | limit)),) if limit else ()
    return Proposal(
        number=number,
        parts=AgreedParts(limits=limits, target=Decimal(target) if target else None),
        first_on=first_on,
        proposed_at=AT,
        proposed_by="li.na",
        proposed_from="sales",
        state=ProposalState.ACCEPTED,
        decided_at=AT,
        decided_by="sun.hua",
        decided_from="finance",
    )


def agreed(*versions: Proposal, obligation: str = "list", **changes: Any) -> Agreement:
    made = Agreement(
        id="a1",
        obligation=obligation,
        provider="sales",
        consumer="finance",
        title=LIST.title,
        proposals=versions,
    )
    return replace(made, **changes)


def catalogue_of(*obligations: Obligation) -> Catalogue:
    return Catalogue(
        departments={one.id: one for one in DEPARTMENTS}, obligations={one.id: one for one in obligations}
    )


def applied(declared: Obligation, *agreements: Agreement) -> Obligation:
    return with_agreements(catalogue_of(declared), agreements).obligations[declared.id]


def due_days(obligation: Obligation, start: date, end: date) -> list[str]:
    turns = occurrences(obligation, always(a_calendar()), start, end)
    return sorted(f"{one.deadline.nominal_on:%m-%d}" for one in turns)


def test_a_version_applies_from_its_first_day_on() -> None:
    later = applied(LIST, agreed(version(1, DECEMBER, due=DayOfMonth(day=8))))
    assert due_days(later, date(2026, 10, 1), date(2027, 2, 1)) == ["01-08", "10-05", "11-05", "12-08"]


def test_the_latest_version_replaces_what_it_covers() -> None:
    second = version(2, MARCH, due=DayOfMonth(day=10))
    both = applied(LIST, agreed(version(1, DECEMBER, due=DayOfMonth(day=8)), second))
    assert due_days(both, date(2026, 11, 1), date(2027, 4, 1)) == [
        "01-08",
        "02-08",
        "03-10",
        "11-05",
        "12-08",
    ]
    earlier = applied(
        LIST, agreed(version(1, MARCH, due=DayOfMonth(day=8)), replace(second, first_on=DECEMBER))
    )
    assert due_days(earlier, date(2026, 11, 1), date(2027, 4, 1)) == [
        "01-10",
        "02-10",
        "03-10",
        "11-05",
        "12-10",
    ]


def test_turns_keep_their_keys_whatever_version_opens_them() -> None:
    changed = applied(LIST, agreed(version(1, DECEMBER, due=DayOfMonth(day=8))))
    calendar = always(a_calendar())
    before = {one.key for one in occurrences(LIST, calendar, date(2026, 10, 1), date(2027, 2, 1))}
    after = {one.key for one in occurrences(changed, calendar, date(2026, 10, 1), date(2027, 2, 1))}
    assert after == before


def test_parts_that_are_not_agreed_stay_as_they_were() -> None:
    declared = replace(
        LIST,
        target=Decimal("0.90"),
        triggers=(
            Recurring(
                due=DayOfMonth(
                    day=5,
                    roll=Roll.PRECEDING,
                    moved=(MovedTurn(turn_on=date(2027, 2, 5), to_on=date(2027, 2, 8)),),
                ),
                assumed=("day", "roll"),
                set_by_admin=("roll",),
            ),
        ),
    )
    trigger = applied(declared, agreed(version(1, DECEMBER, due=DayOfMonth(day=8)))).triggers[-1]
    assert isinstance(trigger.due, DayOfMonth)
    assert (trigger.due.day, trigger.due.roll, len(trigger.due.moved)) == (8, Roll.PRECEDING, 1)
    assert (assumed_parts(trigger), trigger.set_by_admin) == (("roll",), ("roll",))
    assert trigger.version is not None
    assert (trigger.version.agreed.parts, trigger.version.target) == (("due",), None)
    rolled = applied(declared, agreed(version(1, DECEMBER, roll=Roll.NONE, target="0.8"))).triggers[-1]
    assert rolled.due == replace(trigger.due, day=5, roll=Roll.NONE)
    assert rolled.version is not None
    assert (assumed_parts(rolled), rolled.version.target) == (("day",), Decimal("0.8"))


def test_a_version_of_other_parts_gives_the_first_ones_back() -> None:
    """Each version is the whole of what is agreed."""
    first, second = version(1, DECEMBER, due=DayOfMonth(day=8)), version(2, MARCH, target="0.8")
    both = applied(LIST, agreed(first, second))
    assert due_days(both, date(2027, 2, 1), date(2027, 4, 1)) == ["02-08", "03-05"]


def test_nothing_agreed_changes_nothing() -> None:
    catalogue = catalogue_of(LIST)
    refused = replace(version(1, DECEMBER, target="0.8"), state=ProposalState.REFUSED)
    ended = agreed(version(1, DECEMBER, target="0.8"), ended_at=AT)
    gone = agreed(version(1, DECEMBER, target="0.8"), obligation="gone")
    elsewhere = agreed(version(1, DECEMBER, target="0.8"), provider="service")
    for one in (agreed(refused), ended, gone, elsewhere):
        assert with_agreements(catalogue, [one]) is catalogue


def test_the_digest_tells_that_something_was_agreed() -> None:
    catalogue = catalogue_of(LIST)
    first = with_agreements(catalogue, [agreed(version(1, DECEMBER, target="0.8"))])
    second = with_agreements(
        catalogue, [agreed(version(1, DECEMBER, target="0.8"), version(2, MARCH, target="0.9"))]
    )
    assert len({catalogue.digest, first.digest, second.digest}) == 3


def test_each_consumer_of_a_request_has_an_agreement_of_its_own() -> None:
    declared = an_obligation("copy", consumer=EVERY, triggers=(OnRequest(due=InWorkdays(workdays=3)),))
    limit: dict[str, Any] = {"trigger": "on_request", "due": InWorkdays(workdays=1)}
    shorter = agreed(version(1, DECEMBER, **limit), obligation="copy")
    longer = agreed(
        version(1, MARCH, **(limit | {"due": InWorkdays(workdays=9)})),
        obligation="copy",
        id="a2",
        consumer="service",
    )
    copy = applied(declared, shorter, longer)

    def limit_on(consumer: str, day: str) -> object:
        found = requestable(copy.to(consumer), consumer, local(f"{day} 10:00"), always(a_calendar()))
        return found and found.due

    assert limit_on("finance", "2026-11-30") == InWorkdays(workdays=3)
    assert limit_on("finance", "2026-12-01") == InWorkdays(workdays=1)
    assert limit_on("service", "2026-12-01") == InWorkdays(workdays=3)
    assert limit_on("service", "2027-03-01") == InWorkdays(workdays=9)
    assert limit_on("warehouse", "2027-03-01") == InWorkdays(workdays=3)


def test_one_of_several_providers_has_an_agreement_of_its_own() -> None:
    declared = replace(LIST, provider=EVERY)
    catalogue = with_agreements(catalogue_of(declared), [agreed(version(1, DECEMBER, due=DayOfMonth(day=8)))])
    found = {
        one.provider: due_days(one, date(2026, 12, 1), date(2027, 1, 1)) for one in catalogue.bound("list")
    }
    assert found == {"sales": ["12-08"], "service": ["12-05"], "warehouse": ["12-05"]}


def test_a_trigger_with_an_id_is_meant_by_it() -> None:
    two = replace(
        LIST,
        triggers=(Recurring(due=DayOfMonth(day=5), id="a"), Recurring(due=DayOfMonth(day=20), id="b")),
    )
    changed = applied(two, agreed(version(1, DECEMBER, trigger="recurring:b", due=DayOfMonth(day=25))))
    assert due_days(changed, date(2026, 12, 1), date(2027, 1, 1)) == ["12-05", "12-25"]


def test_an_agreement_can_create_its_obligation() -> None:
    created = NewObligation(title=Text(zh="周报", en="Weekly report"), trigger="recurring")
    one = agreed(version(1, DECEMBER, due=Weekly(weekdays=(0,))), obligation="weekly", created=created)
    catalogue = with_agreements(catalogue_of(LIST), [one])
    weekly = catalogue.obligations["weekly"]
    assert due_days(weekly, date(2026, 11, 1), date(2026, 12, 16)) == ["12-07", "12-14"]
    assert [one.version is not None for one in weekly.triggers] == [False, True]


@pytest.mark.parametrize("bounds", [(date(2027, 6, 1), None), (None, date(2026, 6, 1))])
def test_a_trigger_stays_within_its_own_validity(bounds: tuple[date | None, date | None]) -> None:
    first, last = bounds
    declared = replace(LIST, triggers=(replace(LIST.triggers[0], valid_from_on=first, valid_until_on=last),))
    changed = applied(declared, agreed(version(1, DECEMBER, due=DayOfMonth(day=8))))
    days = due_days(changed, date(2026, 1, 1), date(2027, 12, 31))
    assert all(day.endswith("08") for day in days) if first else all(day.endswith("05") for day in days)
    assert len(days) == (7 if first else 5)
