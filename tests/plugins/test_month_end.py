"""The month-end pack: duties around the end of a month that wait for each other, prepared and judged apart."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

import pytest

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.obligation import Obligation, Recurring
from sla_tracker.domain.agreements.occurrences import occurrences
from sla_tracker.domain.deadlines.due import NthWorkday
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.plugin_host.host import PluginHost
from sla_tracker.testing.company import a_calendar, a_duty, always
from tests.plugins.installed import host


@pytest.fixture(scope="module")
def pack() -> PluginHost:
    return host("month-end")


@pytest.fixture(scope="module")
def catalogue(pack: PluginHost) -> Catalogue:
    assert pack.is_complete, [plugin.reason for plugin in pack.plugins]
    return pack.catalogue


def workday_of(obligation: Obligation) -> int:
    (trigger,) = obligation.triggers
    assert isinstance(trigger, Recurring)
    assert isinstance(trigger.due, NthWorkday)
    return trigger.due.n


def test_the_pack_is_a_checklist_with_one_check_beside_it(pack: PluginHost) -> None:
    (found,) = [plugin for plugin in pack.plugins if plugin.name == "month-end"]
    assert found.contributed == {"departments": 3, "obligations": 8, "reviews": 1}
    assert len(found.digest) == 64


def test_duties_lie_around_the_months_end(catalogue: Catalogue) -> None:
    assert sorted(map(workday_of, catalogue.obligations.values())) == [-3, -2, -1, 1, 2, 3, 4, 5]


def test_who_prepares_is_not_who_judges(catalogue: Catalogue) -> None:
    assert all(one.provider != one.consumer for one in catalogue.obligations.values())


def periods(catalogue: Catalogue, calendar: WorkCalendar) -> Mapping[str, date]:
    """Return for each obligation the month that its duty around the end of October 2026 is about."""
    return {
        id: opening.period_start
        for id, obligation in catalogue.obligations.items()
        for opening in occurrences(obligation, always(calendar), date(2026, 10, 20), date(2026, 11, 12))
    }


def test_a_duty_waits_for_duties_of_the_same_month_that_are_due_before_it(catalogue: Catalogue) -> None:
    calendar = a_calendar()
    about = periods(catalogue, calendar)
    assert about == dict.fromkeys(catalogue.obligations, date(2026, 10, 1))
    due = {
        id: opening.deadline.due_at
        for id, obligation in catalogue.obligations.items()
        for opening in occurrences(obligation, always(calendar), date(2026, 10, 20), date(2026, 11, 12))
    }
    waits = [(one.id, other) for one in catalogue.obligations.values() for other in map(str, one.depends_on)]
    assert len(waits) == 7
    assert [pair for pair in waits if due[pair[1]] >= due[pair[0]]] == []


@pytest.mark.parametrize(
    ("obligation", "evidence", "taken"),
    [
        ("close-bank-reconciliation", {"difference": "0"}, True),
        ("close-bank-reconciliation", {"difference": "0.00"}, True),
        ("close-bank-reconciliation", {"difference": "-12.50"}, False),
        ("close-bank-reconciliation", {"difference": "12", "explanation": "在途"}, True),
        ("close-trial-balance", {"difference": "1", "explanation": "  "}, False),
        ("close-cash-count", {"difference": "5"}, True),
    ],
)
def test_a_difference_has_to_be_explained(
    pack: PluginHost, obligation: str, evidence: dict[str, str], taken: bool
) -> None:
    problems = pack.review(replace(a_duty(), obligation=obligation), evidence).objections
    assert (problems == ()) is taken
    assert pack.is_complete
