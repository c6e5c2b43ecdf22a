"""What a person sees at a glance: contrast in every look, marks and ways out on every width."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import pytest
from rich.cells import cell_len
from textual.color import Color
from textual.theme import Theme
from textual.widgets import Button, Input

from sla_tracker import i18n
from sla_tracker.errors import Refused
from sla_tracker.services.context import ServiceContext
from sla_tracker.testing.company import a_context
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.dialogs.authoring.obligation_form import ObligationForm
from sla_tracker.tui.dialogs.duties.deliver import DeliverDialog
from sla_tracker.tui.dialogs.prompts import ConfirmDialog
from sla_tracker.tui.startup import start_of
from sla_tracker.tui.themes import CONTRAST, DARK, LIGHT, TERMINAL, THEMES
from sla_tracker.tui.views import VIEWS
from tests.tui.trial import SIZES, a_deployment, find, press, quiet, text_of, type_in, until, work_some_days

TEXT = ("foreground", "primary", "secondary", "accent", "success", "warning", "error", "muted", "hold")
GROUNDS = ("background", "surface", "panel", "cursor", "cursor-blurred")
LEAST = {DARK.name: 4.5, LIGHT.name: 4.5, CONTRAST.name: 7.0}
LEAST_OF_RULES = {DARK.name: 1.8, LIGHT.name: 1.8, CONTRAST.name: 3.0}


def colour(theme: Theme, name: str) -> Color:
    return Color.parse(theme.variables.get(name) or getattr(theme, name))


def contrast(one: Color, other: Color) -> float:
    """Return the contrast ratio of two colours, as WCAG 2.2 defines it."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def luminance(of: Color) -> float:
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in of.normalized
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_contrast_is_computed_as_the_guideline_says() -> None:
    assert contrast(Color.parse("#000000"), Color.parse("#ffffff")) == pytest.approx(21)
    assert contrast(Color.parse("#777777"), Color.parse("#ffffff")) == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("theme", [DARK, LIGHT, CONTRAST], ids=lambda theme: theme.name)
@pytest.mark.parametrize("ground", GROUNDS)
def test_text_can_be_read_on_every_ground(theme: Theme, ground: str) -> None:
    for name in TEXT:
        assert contrast(colour(theme, name), colour(theme, ground)) >= LEAST[theme.name], name


@pytest.mark.parametrize("theme", [DARK, LIGHT, CONTRAST], ids=lambda theme: theme.name)
def test_what_is_reversed_can_be_read_and_rules_can_be_seen(theme: Theme) -> None:
    for name in ("primary", "accent", "error"):
        for ground in ("background", "panel"):
            assert contrast(colour(theme, ground), colour(theme, name)) >= LEAST[theme.name], name
    for ground in ("background", "surface"):
        assert contrast(colour(theme, "rule"), colour(theme, ground)) >= LEAST_OF_RULES[theme.name]


def test_the_terminals_own_look_takes_the_terminals_colours() -> None:
    assert set(THEMES) == {*LEAST, TERMINAL.name}
    for name in (*TEXT, "background", "surface", "panel", "rule"):
        said = TERMINAL.variables.get(name) or getattr(TERMINAL, name)
        assert said.startswith("ansi_"), name


def worked(context: ServiceContext) -> ServiceContext:
    work_some_days(context)
    return context


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_marks_views_and_help_are_there_on_eighty_columns(lang: str) -> None:
    i18n.use(lang)
    deployment = a_deployment(
        context=worked(a_context(now="2026-11-02 09:00", name="示范汽车销售服务公司", trial=True))
    )
    deployment.actor = replace(deployment.actor, as_login="somebody")
    deployment.context = replace(
        deployment.context, settings=replace(deployment.context.settings, demonstration=True)
    )
    app = SlaApp(start_of(deployment))
    deployment.reads_only = True
    mark, help_word = {"zh": ("演示", "帮助"), "en": ("DEMONSTRATION", "Help")}[lang]
    async with app.run_test(size=(80, 24)) as pilot:
        for view in VIEWS:
            await pilot.press(view.key)
            await quiet(pilot)
            lines = text_of(app).splitlines()
            assert mark in lines[0]
            assert {"zh": "只读", "en": "READ ONLY"}[lang] in lines[0]
            assert "2026-11-20" in lines[0]
            assert all(f" {other.key} " in f" {lines[1]} " for other in VIEWS)
            assert lines[-1].endswith(help_word)
        await pilot.press("1")
        app.screen.title_bar.lost = True  # type: ignore[attr-defined]
        await quiet(pilot)
        first = text_of(app).splitlines()[0]
        assert mark in first
        assert {"zh": "存储无法访问", "en": "STORE NOT REACHABLE"}[lang] in first


@pytest.mark.parametrize("size", [(80, 24), (120, 36)], ids=str)
async def test_one_line_stands_between_two_messages(size: tuple[int, int]) -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=size, notifications=True) as pilot:
        await quiet(pilot)
        app.show_message("First.")
        app.show_message("Second.")
        await quiet(pilot)
        *_, first, second = (toast.region for toast in app.screen.query("Toast"))
        assert second.y - first.bottom == 1
        assert second.bottom == size[1] - 1


async def test_few_messages_are_shown_and_equal_ones_once() -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await quiet(pilot)
        app.clear_notifications()
        app.show_error(Refused("It fails."))
        for said in ("One.", "Two.", "Three.", "Two."):
            app.show_message(said)
        await quiet(pilot)
        assert [one.message for one in app._notifications] == ["It fails.", "Three.", "Two."]
        shown = {str(toast.render()) for toast in app.screen.query("Toast")}
        assert shown == {"It fails.", "Three.", "Two."}


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_all_buttons_of_a_dialog_are_whole_and_no_message_lies_over_them(lang: str) -> None:
    i18n.use(lang)
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(80, 24), notifications=True) as pilot:
        await quiet(pilot)
        app.screen.list.go_to_key(find(app.deployment.context, "decoration-sheet", "鄂F·12345").id)  # type: ignore[attr-defined]
        await pilot.press("enter")
        await quiet(pilot)
        assert isinstance(app.screen, DeliverDialog)
        app.screen.query_one("#buttons").mount(Button(" " + "x" * 20 + " ", compact=True))
        app.show_message("Something was said in the meantime.")
        await quiet(pilot)
        row = app.screen.query_one("#buttons").region
        buttons = [button.region for button in app.screen.query(Button)]
        assert len(buttons) > 3
        assert all(row.contains_region(button) for button in buttons)
        assert not any(one.overlaps(other) for one, other in combinations(buttons, 2))
        below = app.screen_stack[0].query("ToastRack").first()
        assert not below.display
        toasts = [toast.region for toast in app.screen.query("Toast")]
        assert toasts
        assert not any(toast.overlaps(row) for toast in toasts)
        await pilot.press("escape")
        await until(pilot, lambda: below.display)


@pytest.mark.parametrize("size", SIZES, ids=str)
async def test_older_messages_stand_above_a_dialog_or_wait_until_it_is_closed(size: tuple[int, int]) -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=size, notifications=True) as pilot:
        await quiet(pilot)
        app.screen.list.go_to_key(find(app.deployment.context, "decoration-sheet", "鄂F·12345").id)  # type: ignore[attr-defined]
        app.clear_notifications()
        before = "Said before.\n" * 5 + "Its end."
        app.show_message(before)
        await press(pilot, "enter")
        assert isinstance(app.screen, DeliverDialog)
        box = app.screen.query_one("#box").region
        shown = [str(toast.render()) for toast in app.screen.query("Toast") if toast.region]
        assert bool(shown) is (size == (120, 36))
        assert not any(toast.region.overlaps(box) for toast in app.screen.query("Toast"))
        app.show_message("Said now.")
        await quiet(pilot)
        assert "Said now." in [str(toast.render()) for toast in app.screen.query("Toast") if toast.region]
        assert not any(toast.region for toast in app.screen_stack[0].query("Toast"))
        await press(pilot, "escape")
        shown = [str(toast.render()) for toast in app.screen.query("Toast") if toast.region]
        assert shown == [before, "Said now."]


async def test_a_message_that_a_small_window_hid_is_back_in_a_larger_one() -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await quiet(pilot)
        app.clear_notifications()
        app.show_message("Said before.")
        await press(pilot, "enter")
        for size, count in (((50, 14), 0), ((120, 36), 1)):
            await pilot.resize_terminal(*size)
            await quiet(pilot)
            assert len([toast for toast in app.screen.query("Toast") if toast.region]) == count


async def test_a_message_stands_once_when_one_dialog_follows_another() -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(120, 36), notifications=True) as pilot:
        await quiet(pilot)
        app.clear_notifications()
        app.show_message("Delivered.")
        app._refresh_notifications()  # as when the view is in front again
        await app.push_screen(ConfirmDialog("Why?", "It was late.", "Say it", lambda: None))
        await quiet(pilot)
        shown = [
            toast.region for screen in app.screen_stack for toast in screen.query("Toast") if toast.region
        ]
        assert len(shown) == 1


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_no_hint_in_the_form_of_an_obligation_is_cut(lang: str) -> None:
    i18n.use(lang)
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(80, 24)) as pilot:
        app.push_screen(ObligationForm("sales", (), lambda _filled: None))
        await quiet(pilot)
        fields = [field for field in app.screen.query(Input) if field.placeholder and field.region]
        assert len(fields) > 3
        for field in fields:
            assert cell_len(str(field.placeholder)) <= field.content_size.width, field.placeholder


@pytest.mark.parametrize("lang", ["zh", "en"])
async def test_the_months_figure_says_its_target_and_what_may_be_missed(lang: str) -> None:
    i18n.use(lang)
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(80, 24)) as pilot:
        await quiet(pilot)
        figure = text_of(app).splitlines()[3]
        said = {
            "zh": ("本月按时 4/9", "目标 95.0 %", "未按时 5 件（允许 0 件）"),
            "en": ("4/9", "95.0 %", "misses 5, allowed 0"),
        }
        assert all(part in figure for part in said[lang])
        await pilot.resize_terminal(80, 16)
        await quiet(pilot)
        assert "4/9" in text_of(app).splitlines()[2]


async def test_a_dialog_keeps_its_title_and_buttons_on_the_screen() -> None:
    for key in ("question_mark", "v", "ctrl+p", "enter"):
        app = SlaApp(start_of(a_deployment()))
        async with app.run_test(size=(80, 24)) as pilot:
            await quiet(pilot)
            await pilot.press(key)
            await quiet(pilot)
            lines = text_of(app).splitlines()
            shown = [line for line in lines if "Close esc" in line]
            assert shown, key
            assert any("╭" in line for line in lines), key
            assert any("╰" in line for line in lines), key


async def test_the_palette_finds_by_pinyin_and_acts_in_the_view_below() -> None:
    i18n.use("zh")
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(100, 30)) as pilot:
        await quiet(pilot)
        await pilot.press("ctrl+p")
        await pilot.press("ctrl+p")
        await type_in(pilot, "fwsp")
        await quiet(pilot)
        await pilot.press("enter")
        await quiet(pilot)
        assert app.current_mode == "levels"
        assert len(app.screen_stack) == 1


async def test_arrows_belong_to_the_view_not_to_its_list() -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(100, 30)) as pilot:
        await pilot.press("3")
        await quiet(pilot)
        assert "Service levels" in text_of(app)
        keys = app.screen.active_bindings
        assert (keys["left"].binding.action, keys["right"].binding.action) == ("move(0, -1)", "move(0, 1)")
        await pilot.press("ctrl+pagedown")
        await quiet(pilot)
        assert app.current_mode == "events"


@pytest.mark.parametrize("size", [(80, 24), (160, 48)], ids=str)
async def test_the_calendar_says_what_its_signs_mean(size: tuple[int, int]) -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=size) as pilot:
        await pilot.press("c")
        await quiet(pilot)
        drawn = text_of(app)
        assert all(
            said in drawn for said in ("● overdue", "○ to deliver", "◌ planned", "✓ delivered", "• today")
        )
        assert all(cell_len(line) <= size[0] for line in drawn.splitlines())


async def test_a_high_screen_shows_the_month_beside_the_list_and_a_click_on_a_day_opens_it() -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(160, 30)) as pilot:
        await quiet(pilot)
        assert "This month" not in text_of(app)
        await pilot.resize_terminal(160, 48)
        await quiet(pilot)
        lines = text_of(app).splitlines()
        assert any("This month, by us and to us" in line for line in lines)
        day = next(number for number, line in enumerate(lines) if " 9 " in line and " 10 " in line)
        await pilot.click(offset=(lines[day].index(" 9 ") + 1, day))
        await quiet(pilot)
        assert "2026-11-09" in text_of(app)
        await pilot.press("escape")
        await quiet(pilot)
        assert all(sign in text_of(app) for sign in ("Overdue", "This month, by us", " 16 ", "• today"))


@pytest.mark.parametrize(
    ("keys", "title"), [((), "Order sheet returned"), (("enter",), "Deliver: Order sheet")]
)
async def test_a_tiny_window_says_so_and_keeps_what_was_done(keys: tuple[str, ...], title: str) -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(80, 24)) as pilot:
        await quiet(pilot)
        await pilot.press("down", *keys)
        await quiet(pilot)
        focused = app.focused
        assert title in text_of(app)
        await pilot.resize_terminal(20, 5)
        await quiet(pilot)
        assert " ".join(text_of(app).split()) == "This window is too small: 20 × 5, at least 30 × 6."
        await pilot.resize_terminal(80, 24)
        await quiet(pilot)
        assert title in text_of(app)
        assert "too small" not in text_of(app)
        assert app.focused is focused


async def test_the_card_has_the_whole_width_of_a_narrow_screen_in_every_view() -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(80, 24)) as pilot:
        for key in ("1", "5", "2", "1", *"34567"):
            await pilot.press(key)
            await quiet(pilot)
            card = app.screen.query_one("#card, .facts, #figures")
            assert not card.display or card.outer_size.width == 80, key
