"""Pictures of the screens at three sizes, in two languages and two looks; `PINS=write` pins what is drawn now.

High contrast and the terminal's own colours are looked at, not pinned. Text and colours are kept apart, so that a
change of colour reads as one.
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
from sla_tracker.tui.startup import start_of
from tests.cli.runner import FakeDeployment
from tests.services.reminded import a_reminding_context
from tests.tui.trial import a_deployment, colours_of, quiet, text_of

PINS = Path(__file__).with_name("pins")
SIZES = ((80, 24), (120, 36), (160, 48))
LOOKS = ("sla-dark", "sla-light")
REFERENCE = re.compile(r"#[0-9a-f]{6}\b")


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
        for key in keys:
            await pilot.press(key)
            await quiet(pilot)
        return REFERENCE.sub("#······", text_of(app)), colours_of(app)


@pytest.fixture(autouse=True)
def kept_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLORTERM", "truecolor")
    # What the terminal does by itself after a while would change the picture under the test.
    monkeypatch.setattr(gateway, "POLL_SECONDS", 600.0)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
@pytest.mark.parametrize(
    ("name", "keys", "person"),
    [
        ("first", (), "wang.fang"),
        ("owed", ("2",), "sun.li"),
        ("levels", ("3",), "wang.fang"),
        ("events", ("4",), "wang.fang"),
        ("complaints", ("5",), "wang.fang"),
        ("plugins", ("7",), "wang.fang"),
        ("deliver", ("down", "down", "enter"), "wang.fang"),
        ("judge", ("2", "enter"), "sun.li"),
        ("why", ("w",), "wang.fang"),
        ("calendar", ("c",), "wang.fang"),
        ("subject", ("down", "s"), "wang.fang"),
        ("help", ("7", "question_mark"), "wang.fang"),
    ],
)
async def test_views_and_dialogs(
    name: str, keys: tuple[str, ...], person: str, size: tuple[int, int], lang: str, look: str
) -> None:
    text, colours = await draw(size, lang, look, *keys, deployment=a_deployment(person))
    compare(f"{name}-{size[0]}x{size[1]}-{lang}", text)
    compare(f"{name}-{size[0]}x{size[1]}-{lang}-{look}", colours)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("size", SIZES, ids=lambda size: f"{size[0]}x{size[1]}")
async def test_reminders(size: tuple[int, int], lang: str, look: str) -> None:
    owed = [
        a_duty(id=f"01932f00-0000-7000-8000-{number:012x}", subject=subject, assignee=assignee)
        for number, (subject, assignee) in enumerate(
            [("鄂F·12345", "wang.fang"), ("鄂F·67890", "wang.fang"), ("鄂F·24680", "")]
        )
    ]
    context = a_reminding_context(*owed, now="2026-11-20 14:00", policies={"usual_channels": ("terminal",)})
    run_once(context, {})
    deployment = FakeDeployment(folder=Path(), context=context, actor=an_actor(context, "wang.fang"))
    text, colours = await draw(size, lang, look, "6", deployment=deployment)
    compare(f"reminders-{size[0]}x{size[1]}-{lang}", text)
    compare(f"reminders-{size[0]}x{size[1]}-{lang}-{look}", colours)


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


@pytest.mark.parametrize("size", [(20, 5), (1, 1), (30, 3), (40, 10), (300, 90)], ids=str)
async def test_any_size_is_survived_and_nothing_hangs_over(size: tuple[int, int]) -> None:
    for keys in ((), ("enter",), ("3",), ("4", "i"), ("c",), ("question_mark",), ("ctrl+p",)):
        app = SlaApp(start_of(a_deployment()))
        async with app.run_test(size=size) as pilot:
            await quiet(pilot)
            for key in keys:
                await pilot.press(key)
            await quiet(pilot)
            assert all(len(line) <= size[0] for line in text_of(app).splitlines())


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
