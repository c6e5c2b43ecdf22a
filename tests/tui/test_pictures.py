"""Pictures of views and dialogs at three sizes and in two languages; `PINS=write` pins what is drawn now.

English, which is narrower, is pinned at the two sizes where room is scarce. Dialogs over a view are the same on every
screen from 120 columns on: in English they are pinned at 80 columns, and none at 200. The light look is pinned at one
size, as it only changes colours; high contrast and the terminal's own colours are looked at, not pinned. Text and
colours are kept apart, so that a change of colour reads as one.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from sla_tracker import i18n
from sla_tracker.services.reminders.sender import run_once
from sla_tracker.testing.company import a_duty, an_actor
from sla_tracker.tui import gateway
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.screens.base.month_beside import TALL, WIDE
from sla_tracker.tui.startup import start_of
from tests.cli.runner import FakeDeployment
from tests.services.reminded import a_reminding_context
from tests.tui.trial import a_deployment, colours_of, quiet, text_of, until

PINS = Path(__file__).with_name("pins")
SIZES = ((80, 24), (120, 36), (200, 60))
PINNED = [(size, lang) for size in SIZES for lang in ("zh", "en") if lang == "zh" or size != SIZES[-1]]
# What is drawn over a view and takes no more room where there is more.
DIALOGS = frozenset(
    "deliver bulk judge why details sides note print palette register ask complain explain".split()  # noqa: SIM905
)
DARK, LIGHT = "sla-dark", "sla-light"
# The keys that open each view or dialog, and who looks at it.
PICTURES = {
    "first": ((), "wang.fang"),
    "owed": ((), "sun.li"),
    "levels": (("3",), "wang.fang"),
    "events": (("4",), "wang.fang"),
    "inbox": (("5",), "wang.fang"),
    "plugins": (("7",), "wang.fang"),
    "calendar": (("c",), "wang.fang"),
    "subject": (("down", "s"), "wang.fang"),
    "deliver": (("down", "down", "enter"), "wang.fang"),
    "bulk": (("space", "space", "enter"), "wang.fang"),
    "judge": (("enter",), "sun.li"),
    "why": (("w",), "wang.fang"),
    "details": (("down", "v"), "wang.fang"),
    "sides": (("x",), "wang.fang"),
    "note": (("n",), "wang.fang"),
    "print": (("p",), "wang.fang"),
    "palette": (("ctrl+p",), "wang.fang"),
    "help": (("question_mark",), "wang.fang"),
    "register": (("4", "i", "enter"), "wang.fang"),
    "ask": (("4", "d"), "sun.li"),
    "complain": (("5", "i"), "wang.fang"),
    "explain": (("5", "enter"), "wang.fang"),
    "department": (("7", "n"), "li.na"),
}
DIALOG_PINNED = [(SIZES[0], "zh"), (SIZES[1], "zh"), (SIZES[0], "en")]
REFERENCE = re.compile(r"#[0-9a-f]{1,6}\b")  # also one that a dialog cuts


def compare(name: str, drawn: str) -> None:
    """Compare with the pinned picture; references differ from run to run and count as `#······`."""
    path = PINS / f"{name}.txt"
    if os.environ.get("PINS") == "write":
        PINS.mkdir(exist_ok=True)
        path.write_text(drawn + "\n", encoding="utf-8")
    assert drawn + "\n" == path.read_text(encoding="utf-8")


async def draw(
    size: tuple[int, int], lang: str, look: str, *keys: str, deployment: FakeDeployment | None = None
) -> tuple[str, str]:
    i18n.use(lang)
    app = SlaApp(start_of(deployment or a_deployment()), theme=look)
    async with app.run_test(size=size) as pilot:
        await quiet(pilot)
        if size[0] >= WIDE and size[1] >= TALL:
            await until(pilot, lambda: bool(app.screen.query("#month_overview")))
        for key in keys:
            await pilot.press(key)
            await quiet(pilot)
        return REFERENCE.sub(lambda found: "#" + "·" * (len(found[0]) - 1), text_of(app)), colours_of(app)


@pytest.fixture(autouse=True)
def kept_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    # What the terminal does by itself after a while would change the picture under the test.
    monkeypatch.setattr(gateway, "POLL_SECONDS", 600.0)


@pytest.mark.parametrize(
    ("name", "size", "lang"),
    [
        pytest.param(name, size, lang, id=f"{name}-{size[0]}x{size[1]}-{lang}")
        for name in PICTURES
        for size, lang in (DIALOG_PINNED if name in DIALOGS else PINNED)
    ],
)
async def test_views_and_dialogs(name: str, size: tuple[int, int], lang: str) -> None:
    keys, person = PICTURES[name]
    text, colours = await draw(size, lang, DARK, *keys, deployment=a_deployment(person))
    compare(f"{name}-{size[0]}x{size[1]}-{lang}", text)
    compare(f"{name}-{size[0]}x{size[1]}-{lang}-{DARK}", colours)


@pytest.mark.parametrize("name", ["first", "owed", "events", "inbox", "calendar", "deliver", "help"])
async def test_the_light_look(name: str) -> None:
    keys, person = PICTURES[name]
    _text, colours = await draw(SIZES[1], "zh", LIGHT, *keys, deployment=a_deployment(person))
    compare(f"{name}-120x36-zh-{LIGHT}", colours)


@pytest.mark.parametrize(
    ("size", "lang"), PINNED, ids=[f"{width}x{height}-{lang}" for (width, height), lang in PINNED]
)
async def test_reminders(size: tuple[int, int], lang: str) -> None:
    owed = [
        a_duty(id=f"01932f00-0000-7000-8000-{number:012x}", subject=subject, assignee=assignee)
        for number, (subject, assignee) in enumerate(
            [("鄂F·12345", "wang.fang"), ("鄂F·67890", "wang.fang"), ("鄂F·24680", "")]
        )
    ]
    context = a_reminding_context(*owed, now="2026-11-20 14:00", policies={"usual_channels": ("terminal",)})
    run_once(context, {})
    deployment = FakeDeployment(folder=Path(), context=context, actor=an_actor(context, "wang.fang"))
    text, colours = await draw(size, lang, DARK, "6", deployment=deployment)
    compare(f"reminders-{size[0]}x{size[1]}-{lang}", text)
    compare(f"reminders-{size[0]}x{size[1]}-{lang}-{DARK}", colours)


async def test_a_view_looks_the_same_whatever_was_opened_before_it() -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(80, 24)) as pilot:
        rounds: list[list[tuple[str, str]]] = [[], []]
        for pictures in rounds:
            for key in ("1", "c", "escape", "enter", "escape", *"234567"):
                await pilot.press(key)
                await quiet(pilot)
                pictures.append((text_of(app), colours_of(app)))
    assert rounds[0] == rounds[1]


@pytest.mark.parametrize("size", [(1, 1), (30, 3), (40, 10), (240, 70)], ids=str)
async def test_any_size_is_survived_and_nothing_hangs_over(size: tuple[int, int]) -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=size) as pilot:
        await quiet(pilot)
        for keys in ((), ("enter",), ("3",), ("4", "i"), ("1", "c"), ("question_mark",), ("ctrl+p",)):
            for key in keys:
                await pilot.press(key)
            await quiet(pilot)
            assert all(len(line) <= size[0] for line in text_of(app).splitlines())
            while len(app.screen_stack) > 1:
                await pilot.press("escape")
                await quiet(pilot)


async def test_a_dialog_survives_being_resized() -> None:
    app = SlaApp(start_of(a_deployment()))
    async with app.run_test(size=(120, 36)) as pilot:
        await quiet(pilot)
        await pilot.press("enter")
        await quiet(pilot)
        for size in ((20, 5), (80, 24), (200, 60), (40, 8), (100, 30)):
            await pilot.resize_terminal(*size)
            await quiet(pilot)
        assert "Deliver:" in text_of(app)
        await pilot.press("escape")
        await quiet(pilot)
        assert "Overdue" in text_of(app)
