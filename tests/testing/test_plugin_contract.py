"""The contract for plugins holds for ours, and notices what it promises to notice."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

import sla_china.plugin
import sla_dealership.events
import sla_dealership.finance
import sla_dealership.insurance
import sla_dealership.loan
import sla_dealership.sales
import sla_dealership.service
import sla_month_end
from sla_tracker.domain.text import Text
from sla_tracker.testing.plugin_contract import PluginContract
from tests.plugin_host.samples import declaring, department, event_type, obligation, plugin

PACKS = Path(sla_month_end.__file__).resolve().parent.parent


class TestChina(PluginContract):
    plugin = sla_china.plugin


class TestFinance(PluginContract):
    plugin = sla_dealership.finance
    languages = ("zh", "en")


class TestLoan(PluginContract):
    plugin: object = sla_dealership.loan
    departments = ("finance",)
    event_types = sla_dealership.events.SHARED
    languages = ("zh", "en")


class TestService(TestLoan):
    plugin = sla_dealership.service


class TestInsurance(TestLoan):
    plugin = sla_dealership.insurance


class TestSales(TestLoan):
    plugin = sla_dealership.sales


class TestHumanResources(TestLoan):
    plugin = PACKS / "sla_dealership" / "hr.toml"


class TestMonthEnd(PluginContract):
    plugin = PACKS / "sla_month_end" / "plugin.toml"
    languages = ("zh", "en")


class Counting:
    """Declares another department at each start."""

    def __init__(self) -> None:
        self.starts = 0

    def declaring(self) -> Callable[[], object]:
        def declare() -> object:
            self.starts += 1
            return [department(f"number-{self.starts}")]

        return declare


def object_to(duty: object) -> object:
    raise KeyError("sheet")


def contract(of: object, **more: object) -> PluginContract:
    made = type("Made", (PluginContract,), {"plugin": of, **more})()
    assert isinstance(made, PluginContract)
    return made


CAUGHT: dict[str, tuple[SimpleNamespace, Callable[[PluginContract], None], dict[str, object]]] = {
    "it is not let in": (declaring(obligation()), PluginContract.test_it_is_let_in, {}),
    "it changes from start to start": (
        plugin(sla_register_departments=Counting().declaring()),
        PluginContract.test_it_declares_the_same_every_time,
        {},
    ),
    "a language is missing": (
        declaring(department(), replace(event_type(), title=Text("卖车", ""))),
        PluginContract.test_texts_are_there_in_the_promised_languages,
        {"languages": ("zh", "en")},
    ),
    "its review fails": (
        plugin(sla_review_delivery=object_to),
        PluginContract.test_reviews_bear_whatever_people_type,
        {},
    ),
    "its observer fails": (
        plugin(sla_after_change=lambda change: change.touched[0]),
        PluginContract.test_observers_bear_every_change,
        {},
    ),
}


@pytest.mark.parametrize("mistake", CAUGHT)
def test_the_contract_notices(mistake: str) -> None:
    broken, test, more = CAUGHT[mistake]
    with pytest.raises(AssertionError):
        test(contract(broken, **more))
