"""The terminal starts on every Python: on a real one, in both languages, and screens are composed on the stack."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from textual.screen import Screen
from textual.widgets import Input

from sla_tracker.deployment.service import DeploymentService
from sla_tracker.tui import screens
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.screens.base.minimum_size import MinimumSizeScreen
from sla_tracker.tui.startup import start_of
from sla_tracker.tui.views import VIEWS
from tests.tui.pseudo_terminal import Pseudo
from tests.tui.trial import a_deployment, quiet

pytestmark = pytest.mark.every_python


@pytest.mark.parametrize(
    ("lang", "first", "second", "help_"),
    [("en", "My duties", "Owed to us", "Keys and signs"), ("zh", "我的事项", "待收事项", "按键与符号")],
)
def test_it_starts_looks_around_and_ends(
    tmp_path: Path, lang: str, first: str, second: str, help_: str
) -> None:
    folder = (
        DeploymentService()
        .init(tmp_path, config="dealership", trial=True, in_force_from=date(2026, 10, 1))
        .parent
    )
    for way in ("over the front doors", "the quick way"):
        with Pseudo(["-m", "sla_tracker", "--deployment", str(folder), "--lang", lang]) as terminal:
            assert terminal.read_until(first.encode(), 30), (
                f"{way}: {terminal.written.decode(errors='replace')}"
            )
            for key in ("/", "x", "\r", "2"):
                terminal.press(key)
            assert terminal.read_until(second.encode(), 20)
            terminal.press("?")
            assert terminal.read_until(help_.encode(), 20)
            terminal.written = b""
            terminal.press("\x1b")
            # Escape and a letter that a busy machine reads together are another key.
            assert terminal.read_until(second.encode(), 20)
            terminal.press("q")
            assert terminal.wait(20) == 0
            assert b"Traceback" not in terminal.written


async def test_every_view_is_composed_while_its_screen_is_on_the_stack(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    met: list[Screen[object]] = []
    watched = Input._watch_selection

    def watch(field: Input, selection: object) -> None:
        assert field.screen in field.app.screen_stack
        met.append(field.screen)
        watched(field, selection)  # type: ignore[arg-type]

    monkeypatch.setattr(Input, "_watch_selection", watch)
    for view in VIEWS:
        monkeypatch.setattr(SlaApp, "DEFAULT_MODE", view.id)
        app = SlaApp(start_of(a_deployment()))
        async with app.run_test(size=(120, 36)) as pilot:
            await quiet(pilot)
            assert app.is_running
            assert isinstance(app.screen, view.load())
    assert met


def kinds(base: type[Screen[object]]) -> Iterator[type[Screen[object]]]:
    for kind in base.__subclasses__():
        yield kind
        yield from kinds(kind)


def test_no_screen_of_ours_is_composed_in_another_way() -> None:
    for module in pkgutil.iter_modules(screens.__path__, f"{screens.__name__}."):
        importlib.import_module(module.name)
    ours = [kind for kind in kinds(Screen) if kind.__module__.startswith("sla_tracker.")]
    assert ours
    assert [kind for kind in ours if not issubclass(kind, MinimumSizeScreen)] == []
