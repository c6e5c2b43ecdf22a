"""What lies over the border of two widgets keeps its wide characters, whatever is drawn anew."""

from __future__ import annotations

import re
from typing import Any

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.containers import Horizontal
from textual.screen import Screen
from textual.widgets import Static

from sla_tracker.tui.screens.base.minimum_size import MinimumSizeScreen
from sla_tracker.tui.text_content import plain

SIZE = (60, 12)
MESSAGE = "“客户本人签字的订车单、交车单”（1be003）已交付，无需领取。"
MOVES = re.compile(r"\x1b\[(\d+);(\d+)H|\x1b\[[\d;:]*m|(.)", re.DOTALL)


class BorderScreen(MinimumSizeScreen[None]):
    DEFAULT_CSS = "BorderScreen #side { border-left: vkey white; width: 1fr; }"

    def __init__(self, border: int) -> None:
        super().__init__()
        self.border = border

    def compose(self) -> ComposeResult:
        with Horizontal():
            yield Static(plain("左" * 300), id="list").set_styles(f"width: {self.border};")
            yield Static(plain("右" * 300), id="side")


class BorderApp(App[None]):
    def __init__(self, border: int) -> None:
        super().__init__()
        self.border = border

    def get_default_screen(self) -> Screen[Any]:
        return BorderScreen(self.border)


def drawn(screen: Screen[Any]) -> list[str]:
    return [strip.text for strip in screen._compositor.render_strips()]


def changed(screen: Screen[Any], lines: list[str]) -> list[str]:
    """Return the lines after the update that Textual would write, from what is written."""
    cells = [[part for sign in line for part in (sign, "")[: cell_len(sign)]] for line in lines]
    update = screen._compositor.render_partial_update()
    at, y = 0, 0
    for row, column, sign in MOVES.findall(update.render_segments(screen.app.console) if update else ""):
        if row:
            y, at = int(row) - 1, int(column) - 1
        elif sign and sign != "\n":
            cells[y][at : at + cell_len(sign)] = [sign, ""][: cell_len(sign)]
            at += cell_len(sign)
    return ["".join(line) for line in cells]


@pytest.mark.parametrize("border", [20, 21, 34, 35])
async def test_a_message_over_a_border_is_whole(border: int) -> None:
    app = BorderApp(border)
    async with app.run_test(size=SIZE, notifications=True) as pilot:
        app.notify(MESSAGE, markup=False, timeout=60)
        await pilot.pause()
        left, top, width, height = app.screen.query_one("Toast").region
        strips = app.screen._compositor.render_strips()[top : top + height]
        said = "".join(strip.crop(left, left + width).text for strip in strips)
        assert re.sub(r"[▌\s]", "", said) == MESSAGE
        assert all(cell_len(line) == SIZE[0] for line in drawn(app.screen))
        before = drawn(app.screen)
        for id in ("#list", "#side", "Toast"):
            widget = app.screen.query_one(id)
            app.screen._compositor.update_widgets({widget})
            assert changed(app.screen, before) == before, id
        app.screen.query_one("#side", Static).update(plain("新" * 300))
        app.screen._compositor.update_widgets({app.screen.query_one("#side")})
        after = changed(app.screen, before)
        assert after == drawn(app.screen)
        assert after != before


@pytest.mark.parametrize("right", [38, 39, 40, 41])
async def test_what_a_smaller_dialog_uncovers_is_whole(right: int) -> None:
    app = BorderApp(20)
    async with app.run_test(size=SIZE) as pilot:
        over = Static("x" * 600)
        over.set_styles("position: absolute; layer: sentence; height: 10; background: red;")
        over.styles.offset, over.styles.width = (9, 1), right - 9
        await app.screen.mount(over)
        await pilot.pause()
        before = drawn(app.screen)
        app.screen._compositor._dirty_regions.clear()
        over.styles.height = 5
        app.screen._clear_arrangement_cache()
        app.screen._compositor.reflow(app.screen, app.size)
        after = changed(app.screen, before)
        assert after == drawn(app.screen)
        assert after != before
