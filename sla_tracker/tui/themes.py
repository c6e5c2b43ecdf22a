"""The looks one can choose: dark, light, high contrast, and the terminal's own colours."""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES, Theme

from sla_tracker.errors import N_

DARK = Theme(
    name="sla-dark",
    primary="#5fa8d3",
    secondary="#7d8fa9",
    accent="#e9b44c",
    foreground="#d9dee7",
    background="#14181f",
    surface="#1a1f28",
    panel="#232a36",
    success="#7fb77e",
    warning="#e9b44c",
    error="#ef6f6c",
    dark=True,
    variables={
        "muted": "#8794a7",
        "cursor": "#2b3a4f",
        "cursor-blurred": "#222a36",
        "hold": "#b79ced",
        "border": "#33405280",
    },
)
LIGHT = Theme(
    name="sla-light",
    primary="#1f5f8b",
    secondary="#5b6b80",
    accent="#8a5a00",
    foreground="#1d2530",
    background="#fbfbf8",
    surface="#f3f3ee",
    panel="#e6e7e1",
    success="#2e6f3e",
    warning="#8a5a00",
    error="#b3261e",
    dark=False,
    variables={"muted": "#5f6a78", "cursor": "#d3e3f1", "cursor-blurred": "#e4e9ee", "hold": "#6a3fa0"},
)
CONTRAST = Theme(
    name="sla-contrast",
    primary="#00d7ff",
    secondary="#ffffff",
    accent="#ffff00",
    foreground="#ffffff",
    background="#000000",
    surface="#000000",
    panel="#1c1c1c",
    success="#00ff5f",
    warning="#ffff00",
    error="#ff8787",
    dark=True,
    variables={"muted": "#d0d0d0", "cursor": "#005f87", "cursor-blurred": "#303030", "hold": "#ffafff"},
)
TERMINAL = Theme(
    name="sla-terminal",
    primary="ansi_cyan",
    secondary="ansi_blue",
    accent="ansi_yellow",
    foreground="ansi_default",
    background="ansi_default",
    surface="ansi_default",
    panel="ansi_default",
    success="ansi_green",
    warning="ansi_yellow",
    error="ansi_red",
    dark=True,
    ansi=True,
    variables=BUILTIN_THEMES["ansi-dark"].variables
    | {
        "muted": "ansi_bright_black",
        "cursor": "ansi_blue",
        "cursor-blurred": "ansi_bright_black",
        "hold": "ansi_magenta",
    },
)

THEMES = {DARK.name: DARK, LIGHT.name: LIGHT, CONTRAST.name: CONTRAST, TERMINAL.name: TERMINAL}
THEME_WORDS = {
    DARK.name: N_("Dark"),
    LIGHT.name: N_("Light"),
    CONTRAST.name: N_("High contrast"),
    TERMINAL.name: N_("The terminal's own colours"),
}
