"""Old ids in plugins: written in checklists, followed in references, refused where they are used again."""

from dataclasses import replace
from decimal import Decimal

import pytest

from sla_tracker import InWorkdays, OnEvent
from sla_tracker.plugin_host.checklists.reader import read_checklist
from sla_tracker.plugin_host.declarations import Declared, digest_of, owners_of, together
from sla_tracker.plugin_host.host import PluginHost
from sla_tracker.plugin_host.overrides import Overrides, overridden
from tests.plugin_host.samples import GOOD, declaring, department, event_type, hosted, obligation, status

DUE = InWorkdays(workdays=1)
TARGET = Decimal("0.9")


def renamed_obligation(id: str, *old: str) -> object:
    return replace(obligation(id), renamed_from=old)


def renamed_department(id: str, *old: str) -> object:
    return replace(department(id), renamed_from=old)


def reason(host: PluginHost, plugin: str) -> str:
    problem = status(host, plugin).problem
    assert problem is not None
    return problem.sentence()


@pytest.mark.parametrize(
    ("written", "old"), [('"yard"', ("yard",)), ('["yard", "place"]', ("yard", "place"))]
)
def test_a_checklist_names_one_old_id_or_several(written: str, old: tuple[str, ...]) -> None:
    text = f"""
[department]
id = "garden"
name = "花园"
renamed_from = {written}

[[event_type]]
id = "car-came"
title = "来车"
subject = "车牌号"
renamed_from = {written}

[[obligation]]
id = "car-put"
title = "停好"
consumer = "garden"
renamed_from = {written}
on_event = {{ type = "car-came", due = {{ workdays = 1 }} }}
"""
    checklist, _file = read_checklist(text.encode(), "garden.toml")
    assert [one.renamed_from for one in checklist.departments()] == [old]
    assert [one.renamed_from for one in checklist.event_types()] == [old]
    assert [one.renamed_from for one in checklist.obligations()] == [old]


def test_an_old_id_that_is_no_id_is_refused() -> None:
    host = hosted(wrong=declaring(renamed_department("garden", "Yard 1")))
    assert "department[garden].renamed_from: 'Yard 1' is no id" in reason(host, "wrong")


def test_other_plugins_may_go_on_naming_old_ids() -> None:
    host = hosted(
        base=declaring(
            renamed_department("accounts", "finance"),
            replace(event_type("car-handed-over"), renamed_from=("car-sold",)),
            obligation(
                "slips",
                OnEvent(event_type="car-handed-over", due=DUE),
                provider="accounts",
                consumer="accounts",
            ),
        ),
        other=declaring(obligation("papers", depends_on=("slip",)), renamed_obligation("slip-list", "slip")),
    )
    assert not host.broken
    papers = host.catalogue.obligations["papers"]
    (trigger,) = papers.triggers
    assert (papers.provider, papers.consumer, papers.depends_on) == ("accounts", "accounts", ("slip-list",))
    assert isinstance(trigger, OnEvent)
    assert trigger.event_type == "car-handed-over"


def test_an_old_id_that_is_declared_again_is_refused_naming_both() -> None:
    host = hosted(first=declaring(renamed_department("accounts", "finance")), second=GOOD)
    assert (
        "The department “finance” of plugin “second” is an old name of “accounts” of plugin “first”"
        in reason(host, "second")
    )
    assert "accounts" in host.catalogue.departments


def test_within_one_plugin_too() -> None:
    host = hosted(only=declaring(renamed_department("accounts", "finance"), department("finance")))
    assert "“finance” of plugin “only” is an old name of “accounts” of plugin “only”" in reason(host, "only")


def test_two_that_claim_one_old_id_are_refused_naming_both() -> None:
    host = hosted(
        first=declaring(renamed_department("accounts", "finance")),
        second=declaring(renamed_department("money", "finance")),
    )
    said = reason(host, "second")
    assert "“money” of plugin “second” and “accounts” of plugin “first”" in said
    assert "“finance”" in said


def test_whoever_has_an_id_in_use_keeps_it_from_one_that_claims_it_as_old() -> None:
    holder = Declared(plugin="zoo", departments=(department("finance"),))
    claimer = Declared(
        plugin="aaa", departments=(replace(department("accounts"), renamed_from=("finance",)),)
    )
    accepted, faults = together([claimer, holder], kept=owners_of([holder]))
    assert [one.plugin for one in accepted] == ["zoo"]
    assert list(faults) == ["aaa"]


def test_a_rename_keeps_its_old_id_from_a_newcomer() -> None:
    holder = Declared(plugin="zoo", departments=(replace(department("accounts"), renamed_from=("finance",)),))
    newcomer = Declared(plugin="aaa", departments=(department("finance"),))
    accepted, _faults = together([newcomer, holder], kept=owners_of([holder]))
    assert [one.plugin for one in accepted] == ["zoo"]


def test_the_digest_changes_with_a_rename_only() -> None:
    plain = hosted(good=GOOD).catalogue
    told = replace(plain, departments={"finance": replace(department(), renamed_from=("money",))})
    assert digest_of(replace(plain)) == plain.digest
    assert digest_of(told) != plain.digest


def test_settings_under_an_old_id_hold_for_the_present_one() -> None:
    host = hosted(good=declaring(department(), event_type(), renamed_obligation("papers", "sheets")))
    catalogue, problems = overridden(host.catalogue, Overrides(targets={"sheets": TARGET}))
    assert not problems
    assert catalogue.obligations["papers"].target == TARGET
