"""Every key has an id, a word in both languages and a way without a letter; what it does is there."""

from __future__ import annotations

import pytest
from textual.binding import Binding
from textual.message import Message

from sla_tracker import i18n
from sla_tracker.i18n import gettext as _
from sla_tracker.tui import keys
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.dialogs.dialog import Dialog
from sla_tracker.tui.dialogs.duties.deliver import DeliverDialog
from sla_tracker.tui.dialogs.duties.judge import JudgeDialog
from sla_tracker.tui.dialogs.palette import MOVES, commands
from sla_tracker.tui.dialogs.printing import PrintDialog
from sla_tracker.tui.dialogs.prompts import PickDialog
from sla_tracker.tui.dialogs.saved_filters import SavedFiltersDialog
from sla_tracker.tui.keymap import binding_ids
from sla_tracker.tui.messages.session import KeysChecked
from sla_tracker.tui.screens.base.duty_actions import ActingScreen
from sla_tracker.tui.screens.events import EventsScreen
from sla_tracker.tui.screens.my_duties import DutiesScreen
from sla_tracker.tui.screens.service_levels import LevelsScreen
from sla_tracker.tui.startup import start_of
from sla_tracker.tui.views import VIEWS
from sla_tracker.tui.widgets.figures.matrix_grid import MatrixGrid
from sla_tracker.tui.widgets.lists.line_list import LineList
from sla_tracker.tui.widgets.month.month_grid import MonthGrid
from tests.tui.trial import a_deployment, find, quiet, text_of, told, until
from tools import keys as reference

GROUPS: dict[str, tuple[list[object], type]] = {
    "app": (list(keys.APP), SlaApp),
    "duties": (list(keys.DUTIES), ActingScreen),
    "mine": (list(keys.MINE), DutiesScreen),
    "events": (list(keys.EVENTS), EventsScreen),
    "levels": (list(keys.LEVELS), LevelsScreen),
    "dialog": (list(keys.DIALOG), Dialog),
    "form": (list(keys.FORM), Dialog),
    "deliver": (list(keys.DELIVER), DeliverDialog),
    "judge": (list(keys.JUDGE), JudgeDialog),
    "print": (list(keys.PRINT), PrintDialog),
    "filters": (list(keys.FILTERS), SavedFiltersDialog),
    "pick": (list(keys.PICK), PickDialog),
    "list": (list(LineList.BINDINGS), LineList),
    "month": (list(MonthGrid.BINDINGS), MonthGrid),
    "matrix": (list(MatrixGrid.BINDINGS), MatrixGrid),
}


@pytest.mark.parametrize("group", GROUPS)
def test_every_key_is_complete(group: str) -> None:
    bindings, owner = GROUPS[group]
    for binding in bindings:
        assert isinstance(binding, Binding)
        assert binding.id
        assert binding.description
        assert any(len(key) > 1 or not key.isalpha() for key in binding.key.split(",")), (
            f"{binding.id} needs a letter"
        )
        action = binding.action.partition("(")[0]
        assert hasattr(owner, f"action_{action}"), f"{binding.id} does nothing"
        i18n.use("zh")
        assert _(binding.description) != binding.description or "中文" in binding.description


def test_no_key_does_two_things_in_one_place() -> None:
    for name in ("duties", "events"):
        own = [key for binding in GROUPS[name][0] for key in binding.key.split(",")]  # type: ignore[attr-defined]
        app = [key for binding in GROUPS["app"][0] for key in binding.key.split(",")]  # type: ignore[attr-defined]
        below = [key for binding in GROUPS["list"][0] for key in binding.key.split(",")]  # type: ignore[attr-defined]
        every = own + app + below
        assert sorted(every) == sorted(set(every))


def test_digits_are_given_once() -> None:
    assert len({view.key for view in VIEWS}) == len({view.id for view in VIEWS}) == len(VIEWS)


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_the_palette_offers_every_action_in_the_readers_language(lang: str) -> None:
    i18n.use(lang)
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(100, 30)) as pilot:
        await quiet(pilot)
        offered = {command.title for command in commands(app, app.screen)}
        bound = (*keys.APP, *keys.DUTIES)
        wanted = {
            _(binding.description)
            for binding in bound
            if isinstance(binding, Binding) and binding.action.partition("(")[0] not in MOVES
        }
        assert wanted <= offered
        await pilot.press("ctrl+p")
        await quiet(pilot)
        assert _("What do you want to do?")[2:] in text_of(app)


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_help_is_made_from_the_keys(lang: str) -> None:
    i18n.use(lang)
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(100, 70)) as pilot:
        await quiet(pilot)
        await pilot.press("question_mark")
        await quiet(pilot)
        shown = text_of(app)
        for binding in keys.DUTIES:
            assert isinstance(binding, Binding)
            assert _(binding.description) in shown


async def test_a_deployment_has_its_own_keys() -> None:
    deployment = a_deployment()
    deployment.keymap = {"duty.why": "f13", "app.help": "f14"}
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(100, 30)) as pilot:
        await quiet(pilot)
        await pilot.press("f13")
        await quiet(pilot)
        assert "Why is it due then?" in text_of(app)


async def test_an_action_that_the_settings_name_wrongly_is_said_at_the_start() -> None:
    deployment = a_deployment()
    deployment.keymap = {"duty.why": "f4", "duty.wy": "f2", "nothing": "x"}
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(120, 30), notifications=True) as pilot:
        await until(pilot, lambda: "duty.wy" in text_of(app))
        said = next(one for one in app._notifications if "duty.wy" in one.message)
        assert said.severity == "warning"
        assert "duty.wy, nothing." in said.message


async def test_right_names_are_not_mentioned() -> None:
    deployment, heard = a_deployment(), list[Message]()
    deployment.keymap = {"duty.why": "f13"}
    app = SlaApp(start_of(deployment))
    async with app.run_test(size=(100, 30), message_hook=heard.append) as pilot:
        await until(pilot, lambda: bool(told(heard, KeysChecked)))
        await quiet(pilot)
        assert not any("[keys]" in said.message for said in app._notifications)


def test_every_binding_of_the_terminal_has_an_id() -> None:
    assert reference.without_id() == frozenset()
    assert {row.id for row in reference.bindings()} == binding_ids()


async def test_the_buttons_of_a_dialog_name_the_deployments_keys() -> None:
    deployment = a_deployment()
    deployment.keymap = {"deliver.keep": "f2, ctrl+y", "dialog.confirm": "ctrl+o"}
    app, duty = SlaApp(start_of(deployment)), find(deployment.context, "decoration-sheet", "鄂F·12345")
    async with app.run_test(size=(100, 30)) as pilot:
        await quiet(pilot)
        screen = app.screen
        assert isinstance(screen, ActingScreen)
        assert screen.list.go_to_key(duty.id)
        await pilot.press("e")
        await until(pilot, lambda: isinstance(app.screen, DeliverDialog))
        await quiet(pilot)
        assert "Keep for later f2" in text_of(app)
        assert "Deliver ctrl+o" in text_of(app)
        assert "Close esc" in text_of(app)
        await pilot.press("space", "f2")
        await until(pilot, lambda: app.screen is screen)
    assert find(deployment.context, "decoration-sheet", "鄂F·12345").draft == {"sheet": "yes"}


async def test_a_click_on_a_key_or_a_view_does_it() -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(100, 30)) as pilot:
        await quiet(pilot)
        line = text_of(app).splitlines()[-1]
        await pilot.click("KeyBar", offset=(line.index("Why"), 0))
        await quiet(pilot)
        assert "Why is it due then?" in text_of(app)
        await pilot.press("escape")
        await quiet(pilot)
        await pilot.click("ViewBar", offset=(text_of(app).splitlines()[1].index(" 3 ") + 2, 0))
        await quiet(pilot)
        assert app.current_mode == "levels"


async def test_looks_go_round_and_every_look_has_all_its_colours() -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(100, 30)) as pilot:
        seen = []
        for _turn in range(4):
            await pilot.press("ctrl+t")
            await quiet(pilot)
            seen.append(app.theme)
            assert "Overdue" in text_of(app)
        assert len(set(seen)) == 4
