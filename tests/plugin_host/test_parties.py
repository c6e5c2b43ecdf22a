"""Parties in checklists and settings: several providers, dependencies with a turn, acceptance in working time."""

from __future__ import annotations

from datetime import time, timedelta
from pathlib import Path
from typing import Any

import pytest

from sla_tracker.domain.agreements.catalogue import Catalogue
from sla_tracker.domain.agreements.dependencies import Dependency
from sla_tracker.domain.deadlines.due import (
    AfterDuty,
    CountsFrom,
    DayOfMonth,
    InWorkdays,
    InWorkingTime,
    Turn,
)
from sla_tracker.errors import PluginError
from sla_tracker.plugin_host.checklists.reader import read_checklist
from sla_tracker.plugin_host.declarations import digest_of
from sla_tracker.plugin_host.host import PluginHost
from sla_tracker.plugin_host.loading import load_plugins
from sla_tracker.plugin_host.overrides import Overrides
from sla_tracker.plugin_host.trust import LARGEST_CHECKLIST
from sla_tracker.services.deployment import PluginState
from tests.chinese import left_in_english
from tests.plugin_host.samples import PARTIES_CHECKLIST, status


def loaded(folder: Path, text: str, **assumed: dict[str, Any]) -> PluginHost:
    path = folder / "payroll.toml"
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)
    return load_plugins(offered=(), given={"payroll": path}, overrides=Overrides(assumed=assumed))


def test_what_a_checklist_says_of_parties() -> None:
    checklist, _file = read_checklist(PARTIES_CHECKLIST.encode(), "payroll.toml")
    attendance, pay, records, _bank, slip = checklist.obligations()
    assert (attendance.provider, attendance.providers, attendance.not_from) == ("*", (), ("service",))
    assert attendance.accept_within == timedelta(hours=4)
    assert (pay.provider, pay.providers) == ("", ("sales", "service"))
    assert pay.depends_on == (
        "attendance",
        Dependency(obligation="attendance", turn=Turn.PREVIOUS),
    )
    assert records.triggers[0].due == AfterDuty(after="bank", then=InWorkdays(workdays=-3, at=time(17)))
    assert slip.triggers[0].due == AfterDuty(
        after="bank", of=CountsFrom.DELIVERY, then=InWorkingTime(span=timedelta(hours=4))
    )


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ('provider = "*"', "provider = []", "Name at least one department"),
        ('provider = "*"', "provider = 5", "This should be a list"),
        ("{ working_hours = 4 }", "{ hours = 4 }", "Silence accepts in working time only"),
        ("{ working_hours = 4 }", "{ working_hours = 0 }", "Write workdays as a number, or { working_hours"),
        ("{ working_hours = 4 }", "{ days = 4 }", "Write workdays as a number, or { working_hours"),
        ("{ working_hours = 4 }", "{}", "Write workdays as a number, or { working_hours"),
        ("{ working_hours = 4 }", "{ working_hour = 4 }", "Did you mean “working_hours”?"),
        ("{ working_hours = 4 }", "true", "This should be a whole number."),
        ('turn = "previous"', 'turn = "last"', "“last” is unknown"),
        ('turn = "previous"', 'turns = "previous"', "Did you mean “turn”?"),
        ('"attendance", {', "5, {", "Write an obligation's id, or a table"),
        ('after = "bank", of = "due"', 'after = 5, of = "due"', "after: 5 is no text"),
        (
            'of = "delivery", working_hours = 4',
            'of = "delivery", working_hours = -4',
            "Nothing can be due before",
        ),
        (
            'of = "delivery", working_hours = 4',
            'of = "delivery", day = 4',
            "Beside after, a due rule has exactly",
        ),
        ('except = ["service"]', 'exept = ["service"]', "Did you mean “except”?"),
    ],
)
def test_a_mistake_is_named_with_its_place(wrong: str, right: str, said: str) -> None:
    assert wrong in PARTIES_CHECKLIST
    with pytest.raises(PluginError) as refused:
        read_checklist(PARTIES_CHECKLIST.replace(wrong, right, 1).encode(), "payroll.toml")
    assert left_in_english(*refused.value.problems) == []
    sentences = [problem.sentence() for problem in refused.value.problems]
    assert any(said in sentence for sentence in sentences), sentences
    assert all(sentence.startswith("payroll.toml, line ") for sentence in sentences)


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ('["sales", "service"]', '["sales", "*"]', "“*” means every department and stands alone"),
        ('["sales", "service"]', '["sales", "sales"]', "'sales' is declared 2 times"),
        ('["sales", "service"]', '["sales", "servise"]', "Did you mean “service”?"),
        ('except = ["service"]', 'except = ["servise"]', "Did you mean “service”?"),
        ('provider = "*"', 'provider = "sales"', 'it leaves departments out of provider = "*" only'),
        ('after = "bank", of = "due"', 'after = "banc", of = "due"', "Did you mean “bank”?"),
        ('after = "bank", of = "due"', 'after = "attendance", of = "due"', "several departments owe “attendance”"),
        (
            'consumer = "sales"\nrecurring = { due = { day = 25 } }',
            'consumer = "sales"\ndepends_on = ["time-records"]\nrecurring = { due = { day = 25 } }',
            "it would wait for itself: bank → time-records → bank",
        ),
        (
            'recurring = { due = { day = 25 } }',
            'recurring = { due = { after = "slip", days = 1 } }',
            "it would count from itself: bank → slip → bank",
        ),
        (
            'recurring = { due = { day = 25 } }',
            'on_request = { due = { after = "slip", days = 1 } }',
            "give a span counted from the event or request",
        ),
        ('obligation = "attendance"', 'obligation = "pay-list"', "it would wait for itself: pay-list → pay-list"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_named(tmp_path: Path, wrong: str, right: str, said: str) -> None:
    host = loaded(tmp_path, PARTIES_CHECKLIST.replace(wrong, right, 1))
    found = status(host, "payroll")
    assert found.state is PluginState.QUARANTINED
    assert said in found.reason
    assert "payroll.toml, line " in found.reason


def test_that_nobody_owes_it_is_doubted(tmp_path: Path) -> None:
    host = loaded(
        tmp_path, PARTIES_CHECKLIST.replace('except = ["service"]', 'except = ["service", "sales"]')
    )
    assert "no department owes this" in " ".join(status(host, "payroll").warnings)


class TestAssumed:
    def days(self, host: PluginHost) -> dict[str, tuple[int, bool]]:
        found = {}
        for one in host.catalogue.bound("attendance"):
            rule = one.triggers[0].due
            assert isinstance(rule, DayOfMonth)
            found[one.provider] = (rule.day, "day" in one.triggers[0].set_by_admin)
        return found

    TEXT = PARTIES_CHECKLIST.replace('except = ["service"]\n', "")

    def test_one_figure_for_all(self, tmp_path: Path) -> None:
        host = loaded(tmp_path, self.TEXT, attendance={"due": {"day": 6}})
        assert host.problems == ()
        assert self.days(host) == {"sales": (6, True), "service": (6, True)}

    def test_one_for_a_single_department(self, tmp_path: Path) -> None:
        host = loaded(tmp_path, self.TEXT, attendance={"sales": {"due": {"day": 7}}})
        assert host.problems == ()
        assert self.days(host) == {"sales": (7, True), "service": (5, False)}

    def test_the_nearer_goes_first(self, tmp_path: Path) -> None:
        host = loaded(
            tmp_path, self.TEXT, attendance={"due": {"day": 6}, "sales": {"recurring": {"due": {"day": 7}}}}
        )
        assert host.problems == ()
        assert self.days(host) == {"sales": (7, True), "service": (6, True)}
        assert host.catalogue.obligations["attendance"].triggers[0].due == DayOfMonth(day=6)

    def test_what_is_wrong_names_the_department(self, tmp_path: Path) -> None:
        host = loaded(
            tmp_path, self.TEXT, attendance={"sales": {"due": {"day": 77}}, "personnel": {"due": {"day": 7}}}
        )
        sentences = sorted(problem.sentence() for problem in host.problems)
        assert sentences[0].startswith("assumed.attendance.personnel: ")  # it is owed this, and owes nothing
        assert sentences[1].startswith("assumed.attendance.sales.due: ")

    def test_it_changes_the_digest(self, tmp_path: Path) -> None:
        one = loaded(tmp_path, self.TEXT, attendance={"sales": {"due": {"day": 7}}}).catalogue
        other = loaded(tmp_path, self.TEXT, attendance={"sales": {"due": {"day": 8}}}).catalogue
        plain = loaded(tmp_path, self.TEXT).catalogue
        assert len({digest_of(one), digest_of(other), digest_of(plain)}) == 3
        assert digest_of(plain) == digest_of(Catalogue(**self.parts(plain)))

    def parts(self, catalogue: Catalogue) -> dict[str, Any]:
        return {name: getattr(catalogue, name) for name in ("departments", "obligations", "event_types")}


def test_a_checklist_of_sixty_departments_fits_and_larger_than_a_mebibyte_does_not(tmp_path: Path) -> None:
    colleges = "".join(
        f'[[department]]\nid = "college-{n}"\nname = {{ zh = "学院{n}", en = "College {n}" }}\n'
        for n in range(60)
    )
    own = "".join(
        f'[[obligation]]\nid = "own-{n}"\ntitle = "自报 {n}"\nprovider = "college-{n}"\nconsumer = "personnel"\n'
        f'guide = "{"说明" * 200}"\nrecurring = {{ due = {{ day = 5 }} }}\n'
        for n in range(60)
    )
    text = PARTIES_CHECKLIST + colleges + own
    assert 64 * 1024 < len(text.encode()) < LARGEST_CHECKLIST
    host = loaded(tmp_path, text)
    assert status(host, "payroll").state is PluginState.ACTIVE
    assert len(host.catalogue.bound("attendance")) == 61
    assert len([one for one in host.catalogue.in_force() if one.id.startswith("own-")]) == 60
    larger = loaded(tmp_path, text + "#" * LARGEST_CHECKLIST)
    assert "1024 KiB" in status(larger, "payroll").reason
