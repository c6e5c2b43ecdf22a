"""View 7's form over a real deployment: everything wrong at its field, a preview, a checklist in use; changed files."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import cast

import pytest
from textual.pilot import Pilot
from textual.widgets import Button, Input, Select, TextArea

from sla_tracker import i18n
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.domain.agreements.fields import FieldKind
from sla_tracker.domain.agreements.obligation import TriggerKind
from sla_tracker.domain.text import Text
from sla_tracker.i18n import speaking
from sla_tracker.plugin_host.authoring.edit import drafts_in
from sla_tracker.services.authoring.draft import DraftEvidence
from sla_tracker.services.authoring.ids import spelled_id
from sla_tracker.services.deployment import OpenDeployment
from sla_tracker.tui import gateway
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.dialogs.authoring.answers import NEW, Answers, answers_of
from sla_tracker.tui.dialogs.authoring.checklist_form import ChecklistForm
from sla_tracker.tui.dialogs.authoring.drafting import department_problems, drafted, understood
from sla_tracker.tui.dialogs.authoring.edit_form import ChecklistEditForm
from sla_tracker.tui.dialogs.authoring.obligation_form import ObligationForm
from sla_tracker.tui.dialogs.authoring.obligation_list import ObligationListForm
from sla_tracker.tui.dialogs.authoring.take_over import SaveEditDialog, TakeOverDialog
from sla_tracker.tui.screens.plugins import PluginsScreen
from sla_tracker.tui.startup import start_of
from tests.tui.trial import text_of, until

ADMIN, HEAD, STAFF = "lin.tao", "chen.gang", "wang.fang"
GOOD = Answers(zh="月报", consumer="finance", rule="day", figure="5")


# --- what was typed ---------------------------------------------------------------------------------------------------


def test_everything_wrong_is_said_at_its_field() -> None:
    outcome = understood(Answers(rule="day", figure="50", at="25:00"), "workshop")
    assert outcome.filled is None
    assert set(outcome.problems) == {"zh", "consumer", "figure", "at"}
    by_event = Answers(zh="x", consumer=NEW, opens=TriggerKind.ON_EVENT, event=NEW, rule="")
    assert set(understood(by_event, "workshop").problems) == {
        "consumer_name",
        "event_name",
        "event_subject",
        "rule",
    }
    asked = Answers(
        zh="x", consumer="finance", opens=TriggerKind.ON_REQUEST, rule="days", figure="1", answer_hours="soon"
    )
    assert set(understood(asked, "workshop").problems) == {"answer_hours"}
    assert set(department_problems("Work shop", "", "", ())) == {"zh", "id"}
    assert set(department_problems("finance", "财务", "", ["finance"])) == {"id"}


@pytest.mark.parametrize(
    ("rule", "typed", "figure"),
    [
        ("day", "５", 5),
        ("nth_workday", "-1", -1),
        ("weekdays", "周五, 星期一", ["fri", "mon"]),
        ("weekdays", "Friday", ["fri"]),
    ],
)
def test_figures_are_taken_as_people_write_them(rule: str, typed: str, figure: object) -> None:
    outcome = understood(Answers(zh="月报", consumer="finance", rule=rule, figure=typed), "workshop")
    assert outcome.filled is not None
    assert outcome.filled.obligation.due == {rule: figure}


@pytest.mark.parametrize(
    ("answers", "due"),
    [
        (replace(GOOD, roll="preceding"), {"day": 5, "roll": "preceding"}),
        (GOOD, {"day": 5}),  # nobody said what a day off does, so it stays assumed
        (replace(GOOD, rule="nth_workday", figure="3", roll="preceding"), {"nth_workday": 3}),
    ],
)
def test_what_a_day_off_does_is_a_term_of_rules_that_name_a_day(
    answers: Answers, due: dict[str, object]
) -> None:
    outcome = understood(answers, "workshop")
    assert outcome.filled is not None
    assert outcome.filled.obligation.due == due


def test_the_duty_of_an_event_skips_no_turn() -> None:
    by_event = replace(GOOD, opens=TriggerKind.ON_EVENT, event="vehicle-delivered", rule="days", roll="skip")
    assert set(understood(by_event, "workshop").problems) == {"roll"}


def test_ids_come_from_the_names() -> None:
    assert spelled_id("", "车间月报") == "chejianyuebao"
    assert spelled_id("Month-end report!", "x") == "month-end-report"
    first = understood(GOOD, "workshop").filled
    assert first is not None
    second = understood(GOOD, "workshop", [first.obligation.id]).filled
    assert second is not None
    assert second.obligation.id == "workshop-yuebao-2"


def test_what_nobody_declares_yet_comes_along() -> None:
    answers = Answers(
        zh="交车单",
        consumer=NEW,
        consumer_name="港口",
        opens=TriggerKind.ON_EVENT,
        event=NEW,
        event_name="到港",
        event_subject="船名",
        rule="workdays",
        figure="0",
        evidence=(("提单", FieldKind.REFERENCE), ("", FieldKind.TICK), ("提单", FieldKind.TICK)),
    )
    filled = understood(answers, "yard").filled
    assert filled is not None
    draft = drafted("yard", "堆场", "", [filled])
    assert dict(draft.consumers)["gangkou"].zh == "港口"
    assert [one.id for one in draft.event_types] == ["yard-daogang"]
    assert [one.id for one in draft.obligations[0].evidence] == ["tidan", "tidan-2"]


# --- on the screen ----------------------------------------------------------------------------------------------------


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SLA_NOW", "2026-11-20T14:00:00+08:00")
    monkeypatch.setattr(gateway, "POLL_SECONDS", 0.1)
    DeploymentService().init(tmp_path / "trial", config="dealership", trial=True, in_force_from=None)
    return tmp_path / "trial"


@pytest.fixture
def deployment(folder: Path) -> Iterator[OpenDeployment]:
    opened = DeploymentService().open(folder, as_person=ADMIN)
    yield opened
    opened.close()


async def plugins_view(pilot: Pilot[None]) -> PluginsScreen:
    """Open view 7."""
    await pilot.press("7")
    await until(
        pilot, lambda: isinstance(pilot.app.screen, PluginsScreen) and bool(pilot.app.screen.list.rows)
    )
    return cast("PluginsScreen", pilot.app.screen)


async def form(pilot: Pilot[None], name: str = "车间") -> ChecklistForm:
    """Open view 7 and its form, and give the department a name."""
    await plugins_view(pilot)
    await pilot.press("n")
    await until(pilot, lambda: isinstance(pilot.app.screen, ChecklistForm))
    await pilot.press(*name)
    return cast("ChecklistForm", pilot.app.screen)


async def fill(pilot: Pilot[None], opened: ObligationListForm, **answers: str) -> ObligationForm:
    """Open the form of an obligation and fill it in."""
    opened.owed.focus()
    await pilot.press("enter")
    await until(pilot, lambda: isinstance(pilot.app.screen, ObligationForm))
    inner = cast("ObligationForm", pilot.app.screen)
    for name, value in answers.items():
        answer = inner.answer(name)
        if isinstance(answer, TextArea):
            answer.text = value
        else:
            assert isinstance(answer, Input | Select)
            answer.value = value
        await pilot.pause()
    return inner


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=str)
async def test_a_department_is_filled_in_previewed_and_in_use(
    deployment: OpenDeployment, folder: Path, size: tuple[int, int]
) -> None:
    i18n.use("zh")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=size) as pilot:
        opened = await form(pilot)
        await fill(pilot, opened, zh="车间月报", consumer="finance", figure="5")
        await until(pilot, lambda: "12-07 18:00" in text_of(app))
        assert "顺延到 12-07 周一" in text_of(app)
        assert "确定" in text_of(app)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.screen is opened and "12-07 18:00" in text_of(app))
        assert "车间月报 → 财务部" in text_of(app)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, PluginsScreen) and "chejian" in text_of(app))
        assert "chejian" in app.view_context.catalogue.departments
    text = (folder / "plugins" / "chejian.toml").read_text(encoding="utf-8")
    assert 'id = "chejian-chejianyuebao"' in text
    assert "recurring = { due = { day = 5 }" in text


async def test_by_the_5th_is_chosen_previewed_and_written(deployment: OpenDeployment, folder: Path) -> None:
    i18n.use("zh")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(80, 24)) as pilot:
        opened = await form(pilot)
        await fill(pilot, opened, zh="车间月报", consumer="finance", figure="5", roll="preceding")
        await until(pilot, lambda: "12-04 18:00" in text_of(app))  # the 5th is a Saturday
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.screen is opened and "12-04 18:00" in text_of(app))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, PluginsScreen) and "chejian" in text_of(app))
    text = (folder / "plugins" / "chejian.toml").read_text(encoding="utf-8")
    assert 'due = { day = 5, roll = "preceding" }' in text


async def test_what_a_request_asks_for_and_promises_is_filled_in_and_kept(
    deployment: OpenDeployment, folder: Path
) -> None:
    i18n.use("zh")
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(80, 24)) as pilot:
        opened = await form(pilot)
        inner = await fill(pilot, opened, zh="排除故障", consumer="finance", opens=TriggerKind.ON_REQUEST)
        assert not inner.answer("papers").parent.parent.display  # type: ignore[union-attr]
        fields, limits = inner.answer("fields"), inner.answer("limits")
        assert isinstance(fields, TextArea)
        assert isinstance(limits, TextArea)
        fields.text = "优先级：一级、二级"
        limits.text = "一级：连续4小时 / 连续15分钟 / 98%\n三级：3个工作日"
        await fill_again(pilot, inner, rule="workdays", figure="3", starts="answer", answer_hours="4")
        await fill_again(pilot, inner, updates="连续2小时", target="95%")
        await pilot.press("ctrl+s")
        await until(
            pilot, lambda: app.focused is limits and "每行以请求时填写的一个选项的值开头" in text_of(app)
        )
        limits.text = limits.text.replace("三级", "二级")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.screen is opened)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, PluginsScreen) and "chejian" in text_of(app))
    found = tomllib.loads((folder / "plugins" / "chejian.toml").read_text(encoding="utf-8"))
    (trigger,) = [one["on_request"] for one in found["obligation"]]
    assert trigger["limits"] == {
        "field": "youxianji",
        "yiji": {"due": {"hours": 4}, "answer": {"minutes": 15}, "target": 0.98},
        "erji": {"due": {"workdays": 3}},
    }
    assert (trigger["settle_from"], trigger["updates_every"]) == ("answer", {"hours": 2})


async def test_problems_stand_at_their_fields_and_go_when_they_are_mended(deployment: OpenDeployment) -> None:
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(80, 30)) as pilot:
        opened = await form(pilot)
        inner = await fill(pilot, opened)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: text_of(app).count("! ") == 3)
        for sentence in ("Write what is owed", "Choose who is owed", "1 to 31"):
            assert sentence in text_of(app)
        await pilot.press(*"x[/]")
        await until(pilot, lambda: "Write what is owed" not in text_of(app))
        await fill_again(pilot, inner, consumer="finance", figure="5")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "brackets are read as markup" in text_of(app))
        assert isinstance(app.screen, ObligationForm)


async def fill_again(pilot: Pilot[None], inner: ObligationForm, **answers: str) -> None:
    for name, value in answers.items():
        answer = inner.answer(name)
        assert isinstance(answer, Input | Select)
        answer.value = value
    await pilot.pause()


async def test_only_an_administrator_saves(folder: Path) -> None:
    deployment = DeploymentService().open(folder, as_person=HEAD)
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(100, 30)) as pilot:
        opened = await form(pilot)
        assert "Only an administrator takes it into use" in text_of(app)
        await fill(pilot, opened, zh="月报", consumer="finance", figure="5")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.screen is opened)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "administrator" in text_of(app))
    assert list((folder / "plugins").iterdir()) == []
    deployment.close()


@pytest.mark.parametrize("key", ["n", "e"])
async def test_staff_gets_no_form_and_reads_why(folder: Path, key: str) -> None:
    deployment = DeploymentService().open(folder, as_person=STAFF)
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        await plugins_view(pilot)
        await pilot.press(key)
        await until(pilot, lambda: "written by their heads" in text_of(app))
        assert isinstance(app.screen, PluginsScreen)
    deployment.close()


# --- what is there ----------------------------------------------------------------------------------------------------


YARD = """\
# Head.
[department]
id = "yard"
name = "车场"

# The list.
[[obligation]]
id = "yard-list"
title = "车辆清单"  # keep
consumer = "finance"
recurring = { due = { day = 5 } }

[[obligation]]
id = "yard-quarter"
title = "季报"
consumer = "finance"
recurring = { due = { day = 10, months = [1, 4, 7, 10] } }

# The end.
"""


def write_yard(folder: Path, text: str = YARD) -> Path:
    file = folder / "plugins" / "yard.toml"
    file.write_text(text, encoding="utf-8")
    file.chmod(0o644)
    return file


async def edit_form(pilot: Pilot[None], plugin: str) -> ChecklistEditForm:
    screen = await plugins_view(pilot)
    screen.list.cursor = [row.name for row in screen.list.rows].index(plugin)
    await pilot.press("e")
    await until(pilot, lambda: isinstance(pilot.app.screen, ChecklistEditForm))
    return cast("ChecklistEditForm", pilot.app.screen)


async def test_a_checklist_is_changed_where_it_was_changed_and_nowhere_else(folder: Path) -> None:
    file = write_yard(folder)
    deployment = DeploymentService().open(folder, as_person=ADMIN)
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(100, 36)) as pilot:
        opened = await edit_form(pilot, "yard")
        inner = await fill(pilot, opened, figure="7")
        await until(pilot, lambda: "12-07 18:00" in text_of(app))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.screen is opened)
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, ObligationForm) and app.screen is not inner)
        await until(pilot, lambda: "months = 1, 4" in text_of(app))
        await pilot.press("escape", "ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, SaveEditDialog))
        await until(pilot, lambda: "by the calendar: day = 5" in text_of(app))
        assert file.read_text(encoding="utf-8") == YARD
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, PluginsScreen))
    assert file.read_text(encoding="utf-8") == YARD.replace("day = 5 }", "day = 7 }")
    deployment.close()


async def test_a_colleagues_change_meanwhile_is_noticed_and_kept(folder: Path) -> None:
    file = write_yard(folder)
    deployment = DeploymentService().open(folder, as_person=ADMIN)
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(100, 36)) as pilot:
        opened = await edit_form(pilot, "yard")
        await fill(pilot, opened, figure="7")
        await pilot.press("ctrl+s")
        await until(pilot, lambda: app.screen is opened)
        write_yard(folder, YARD.replace("季报", "季度报表"))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, SaveEditDialog))
        assert "Somebody has changed this file" in text_of(app)
        write_yard(folder, YARD.replace("季报", "季度总表"))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "changed by somebody else just now" in text_of(app))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, SaveEditDialog))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, PluginsScreen))
    text = file.read_text(encoding="utf-8")
    assert "day = 7 }" in text
    assert "季度总表" in text
    deployment.close()


async def test_a_packaged_checklist_is_changed_by_a_file_of_the_deployment(
    deployment: OpenDeployment, folder: Path
) -> None:
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(100, 36)) as pilot:
        opened = await edit_form(pilot, "dealership-hr")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(app.screen, ObligationForm))
        removed = opened._filled[0].obligation.id
        app.screen.query_one("#remove", Button).press()
        await until(pilot, lambda: app.screen is opened)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, SaveEditDialog))
        await until(pilot, lambda: "package stays as it is" in text_of(app))
        assert f"- obligation {removed}" in text_of(app)
        await pilot.press("ctrl+s")
        await until(pilot, lambda: isinstance(app.screen, PluginsScreen))
        assert removed not in app.view_context.catalogue.obligations
    text = (folder / "plugins" / "dealership-hr.toml").read_text(encoding="utf-8")
    assert 'overrides = "dealership-hr"' in text
    assert deployment.workshop.open_checklist("dealership-hr").packaged is False


async def test_what_was_changed_is_not_lost_by_one_key(folder: Path) -> None:
    write_yard(folder)
    deployment = DeploymentService().open(folder, as_person=ADMIN)
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(100, 36)) as pilot:
        opened = await edit_form(pilot, "yard")
        await fill(pilot, opened, zh="half")
        await pilot.press("escape", "escape")
        await until(pilot, lambda: app.screen is opened)
        await pilot.press("down", "enter")
        await until(pilot, lambda: isinstance(app.screen, ObligationForm) and "季报" in text_of(app))
        assert "half" not in text_of(app), (
            "another obligation is not filled in with what was left in the first"
        )
        await pilot.press("escape")
        await until(pilot, lambda: app.screen is opened)
        await fill(pilot, opened)
        await pilot.press(*"x", "ctrl+s")
        await until(pilot, lambda: app.screen is opened)
        await pilot.press("escape")
        await until(pilot, lambda: "Nothing is saved yet" in text_of(app))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(app.screen, PluginsScreen))
    deployment.close()


async def test_a_plugin_of_code_says_that_it_is_not_changed_here(deployment: OpenDeployment) -> None:
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(100, 30), notifications=True) as pilot:
        screen = await plugins_view(pilot)
        screen.list.cursor = [row.name for row in screen.list.rows].index("dealership-sales")
        await pilot.press("e")
        await until(pilot, lambda: "is code" in text_of(app))


@pytest.mark.parametrize(
    ("lang", "label", "changed"),
    [
        ("en", Text("订车单", "Order form"), Text("订车单", "typed")),
        ("zh_CN", Text("订车单", "Order form"), Text("typed", "Order form")),
        ("en", Text("订车单", ""), Text("typed", "")),
        ("zh_CN", Text("", "Order form"), Text("", "typed")),
    ],
)
def test_evidence_and_guide_are_shown_and_changed_in_the_readers_language(
    lang: str, label: Text, changed: Text
) -> None:
    (draft, *_others) = drafts_in(tomllib.loads(YARD))
    evidence = DraftEvidence(id="order", label=label, kind=FieldKind.TICK)
    draft = replace(draft, evidence=(evidence,), guide=label)
    with speaking(lang):
        answers = answers_of(draft)
        assert answers.evidence == ((label.get(lang), FieldKind.TICK),)
        assert answers.guide == label.get(lang)
        typed = replace(answers, evidence=(("typed", FieldKind.TICK),), guide="typed")
        filled = understood(typed, "yard", [draft.id]).filled
    assert filled is not None
    assert [one.label for one in filled.obligation.evidence] == [changed]
    assert filled.obligation.guide == changed


def test_what_a_form_shows_of_a_checklist_and_leaves_alone_stays_as_it_was() -> None:
    """Whatever a checklist says, opening its form and closing it again changes nothing."""
    for draft in (*drafts_in(tomllib.loads(YARD)), *drafts_in(tomllib.loads(UNUSUAL))):
        outcome = understood(answers_of(draft), "yard", [draft.id])
        assert outcome.filled is not None, outcome.problems
        assert outcome.filled.obligation == draft


UNUSUAL = """
[[obligation]]
id = "a"
title = { zh = "甲", en = "A" }
consumer = "finance"
recurring = [{ id = "x", due = { day = 5 } }, { id = "y", due = { day = 20 } }]

[[obligation]]
id = "b"
title = { en = "B" }
consumer = "finance"
on_request = { answer = { workdays = 1 }, due = { working_minutes = 90 } }
evidence = [{ id = "e", kind = "choice", label = { en = "E" }, choices = [{ id = "c", label = "C" }] }]
guide = { en = "Do it." }

[[obligation]]
id = "c"
title = "丙"
consumer = "finance"
on_event = { type = "arrived", due = { days = 3, at = 12:00:00, roll = "preceding" } }

[[obligation]]
id = "d"
title = "丁"
consumer = "finance"
recurring = { due = { rrule = "FREQ=WEEKLY;INTERVAL=2", start = "2026-01-06" }, about = "current" }
"""


async def test_an_open_terminal_asks_before_it_takes_changed_plugins_over(
    deployment: OpenDeployment, folder: Path
) -> None:
    app = SlaApp(start_of(deployment))
    place = folder / "plugins"
    async with app.run_test(size=(100, 30)) as pilot:
        await until(pilot, lambda: app.sequence >= 0)
        begun = deployment.workshop.begin(
            "workshop", deployment.context.catalogue.departments["sales"].name, "finance", None
        )
        begun.rename(place / "workshop.toml")
        await until(pilot, lambda: isinstance(app.screen, TakeOverDialog))
        await until(pilot, lambda: "+ obligation workshop-papers: added" in text_of(app))
        assert "workshop" not in deployment.context.catalogue.departments
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(app.screen, TakeOverDialog))
        assert "workshop" not in app.view_context.catalogue.departments
        await pilot.press("7")
        await until(pilot, lambda: isinstance(app.screen, PluginsScreen))
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, TakeOverDialog))
        await pilot.press("ctrl+s")
        await until(pilot, lambda: "workshop" in app.view_context.catalogue.departments)
        await until(pilot, lambda: isinstance(app.screen, PluginsScreen) and "workshop" in text_of(app))
        await pilot.press("t")
        await until(pilot, lambda: isinstance(app.screen, TakeOverDialog))
        assert "Nothing has changed since they were read." in text_of(app)
        assert "have changed" not in text_of(app)
