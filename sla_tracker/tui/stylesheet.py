"""A style sheet that is parsed once for each set of colours."""

from __future__ import annotations

from pathlib import Path

from textual.css.stylesheet import Stylesheet

# Absolute, because Textual resolves a relative CSS_PATH beside the module of whichever subclass inherits it.
STYLES = Path(__file__).parent / "styles"


class PatientStylesheet(Stylesheet):
    """Parses anew only when other colours make that necessary.

    Textual asks for it whenever a screen brings a sheet of its own, and again when the first theme is announced; all
    that was parsed stays valid then, and parsing is half of what an app does until its first frame.
    """

    def set_variables(self, variables: dict[str, str]) -> None:
        """Use these variables, the colours among them; what was parsed with other ones is forgotten."""
        if variables != self._variables:
            super().set_variables(variables)

    def reparse(self) -> None:
        """Parse what has not been parsed with the present variables; raises StylesheetError for a wrong sheet."""
        self.parse()
