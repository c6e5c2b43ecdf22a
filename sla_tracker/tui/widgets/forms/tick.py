"""A tick box whose state shows by its shape, not only by colour."""

from __future__ import annotations

from textual.content import Content
from textual.widgets import Checkbox


class Tick(Checkbox):
    """Shows [x] or [ ]."""

    DEFAULT_CSS = """
    Tick {
        background: transparent;
        & > .toggle--button { background: transparent; color: $muted; text-style: none; }
        &.-on > .toggle--button { background: transparent; color: $success; text-style: bold; }
        &:focus > .toggle--label { background: $cursor; color: $foreground; text-style: bold; }
    }
    """

    @property
    def _button(self) -> Content:
        return Content.styled("[x]" if self.value else "[ ]", self.get_visual_style("toggle--button"))
