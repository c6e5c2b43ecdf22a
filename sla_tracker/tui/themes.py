"""The themes: dark, light, high contrast, and the terminal's own colours.

Text has a contrast of at least 4.5 to 1 on every background (WCAG 2.2, 1.4.3), and of 7 to 1 in high contrast (1.4.6);
a test computes it. The terminal's own colours are chosen by the person, so their contrast is unknown: text takes the
terminal's foreground wherever a colour is not needed.
"""

from __future__ import annotations

from textual.theme import BUILTIN_THEMES, Theme

from sla_tracker.errors import N_


def _variables(
    *, foreground: str, ground: str, muted: str, cursor: str, blurred: str, hold: str, rule: str
) -> dict[str, str]:
    """Return our colour variables, and those of Textual derived from them."""
    return {
        "muted": muted,
        "cursor": cursor,
        "cursor-blurred": blurred,
        "hold": hold,
        "rule": rule,
        "text-disabled": muted,
        "block-cursor-blurred-background": cursor,
        "block-cursor-blurred-foreground": foreground,
        "block-hover-background": blurred,
        "scrollbar": rule,
        "scrollbar-hover": muted,
        "scrollbar-active": muted,
        "scrollbar-background": ground,
    }


DARK = Theme(
    name="sla-dark",
    primary="#5fa8d3",
    secondary="#9aa9c0",
    accent="#e9b44c",
    foreground="#d9dee7",
    background="#14181f",
    surface="#1a1f28",
    panel="#232a36",
    success="#7fb77e",
    warning="#e9b44c",
    error="#f28583",
    dark=True,
    variables=_variables(
        foreground="#d9dee7",
        ground="#1a1f28",
        muted="#97a3b5",
        cursor="#263549",
        blurred="#222a36",
        hold="#b79ced",
        rule="#465268",
    ),
)
LIGHT = Theme(
    name="sla-light",
    primary="#1f5f8b",
    secondary="#526176",
    accent="#845600",
    foreground="#1d2530",
    background="#fbfbf8",
    surface="#f3f3ee",
    panel="#e6e7e1",
    success="#2e6f3e",
    warning="#845600",
    error="#b3261e",
    dark=False,
    variables=_variables(
        foreground="#1d2530",
        ground="#f3f3ee",
        muted="#56606d",
        cursor="#d3e3f1",
        blurred="#e4e9ee",
        hold="#6a3fa0",
        rule="#b3b6ad",
    ),
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
    error="#ffb0b0",
    dark=True,
    variables=_variables(
        foreground="#ffffff",
        ground="#000000",
        muted="#d0d0d0",
        cursor="#00344d",
        blurred="#303030",
        hold="#ffafff",
        rule="#949494",
    ),
)
TERMINAL = Theme(
    name="sla-terminal",
    primary="ansi_cyan",
    secondary="ansi_default",
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
        "muted": "ansi_default",
        "cursor": "ansi_blue",
        "cursor-blurred": "ansi_bright_black",
        "hold": "ansi_magenta",
        "rule": "ansi_bright_black",
        "scrollbar": "ansi_bright_black",
        "scrollbar-hover": "ansi_default",
        "scrollbar-active": "ansi_default",
        "scrollbar-background": "ansi_default",
        "scrollbar-background-hover": "ansi_default",
        "scrollbar-background-active": "ansi_default",
    },
)

THEMES = {DARK.name: DARK, LIGHT.name: LIGHT, CONTRAST.name: CONTRAST, TERMINAL.name: TERMINAL}
THEME_WORDS = {
    DARK.name: N_("Dark"),
    LIGHT.name: N_("Light"),
    CONTRAST.name: N_("High contrast"),
    TERMINAL.name: N_("The terminal's own colours"),
}
