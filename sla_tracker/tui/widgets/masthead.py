"""The first line: which company, who acts, what is unusual about it, and the time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from textual.reactive import reactive

from sla_tracker.core.clean import clean
from sla_tracker.locale import gettext as _
from sla_tracker.tui.content import fit, width
from sla_tracker.tui.situation import Situation
from sla_tracker.tui.widgets.bar import Bar, Label

LONGEST_NAME = 24
LONGEST_PERSON = 40


class Masthead(Bar):
    """Shows company and person, marks trials, demonstrations and a lost store, and says what takes long."""

    DEFAULT_CSS = """
    Masthead { background: $panel; color: $foreground; }
    """

    doing: reactive[str] = reactive("")
    lost: reactive[bool] = reactive(False)

    def __init__(self, situation: Situation, now: Callable[[], datetime]) -> None:
        super().__init__(id="masthead")
        self.situation = situation
        self.now = now

    def labels(self) -> Sequence[Label]:
        """Return the labels of the first line."""
        place = self.situation
        company = clean(place.company) or "SLA Tracker"
        found = [
            Label(f" {_cut(company, LONGEST_NAME)} ", "bold $primary"),
            Label(f" {_cut(place.who, LONGEST_PERSON)} ", "bold"),
        ]
        if place.as_login:
            found.append(
                Label(
                    _(" TRIAL: {login} acts ", login=_cut(clean(place.as_login), LONGEST_NAME)),
                    "reverse $accent",
                )
            )
        elif place.trial:
            found.append(Label(_(" TRIAL "), "reverse $accent"))
        if place.demonstration:
            found.append(Label(_(" DEMONSTRATION "), "reverse $accent"))
        if self.lost:
            found.append(Label(_(" STORE NOT REACHABLE "), "reverse bold $error"))
        if self.doing:
            found.append(Label(f" ⋯ {self.doing} ", "$accent"))
        found.append(Label(f" {place.clock(self.now())} ", "", right=True))
        return found


def _cut(text: str, cells: int) -> str:
    return fit(text, min(width(text), cells))
