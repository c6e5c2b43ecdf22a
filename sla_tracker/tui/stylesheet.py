"""A Textual style sheet that is parsed once for each set of colours."""

from __future__ import annotations

from pathlib import Path

from textual.css.stylesheet import Stylesheet

# Absolute, because Textual resolves a relative CSS_PATH beside the module of whichever subclass inherits it.
STYLES = Path(__file__).parent / "styles"


class CachedStylesheet(Stylesheet):
    """Parses again only when colour variables change.

    Textual reparses whenever a screen brings a sheet of its own, and again when the first theme is announced; what was
    parsed stays valid then, and parsing is half of the work until an app's first frame.
    """

    def set_variables(self, variables: dict[str, str]) -> None:
        """Set the variables (colours); different ones discard what was parsed."""
        if variables != self._variables:
            super().set_variables(variables)

    def reparse(self) -> None:
        """Parse what was not parsed yet; raises StylesheetError for an invalid sheet."""
        self.parse()
