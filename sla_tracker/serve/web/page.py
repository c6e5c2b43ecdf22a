"""Values of a plain page: sections with cards, facts, forms.

A page works without script, from 390 pixels on.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum

from sla_tracker.value_class import dataclass
from sla_tracker.wording.facts.fact import FactTone, StatedFact


class InputKind(StrEnum):
    """How a value is asked for."""

    TEXT = "text"
    LINES = "lines"
    NUMBER = "number"
    DATE = "date"
    TICK = "tick"
    CHOICE = "choice"
    PASSWORD = "password"
    HIDDEN = "hidden"


@dataclass(frozen=True, slots=True, kw_only=True)
class Input:
    """One input of a form; `choices` are values with their labels.

    What was typed is kept when a form is refused, except in one that is asked `anew`: a confirmation of what was shown.
    """

    name: str
    label: str = ""
    kind: InputKind = InputKind.TEXT
    value: str = ""
    choices: Sequence[tuple[str, str]] = ()
    required: bool = False
    hint: str = ""
    autocomplete: str = "off"
    anew: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """Inputs with a button; a `folded` one shows its heading only until it is opened.

    `other` is a second button: its address and its label.
    """

    action: str
    button: str
    inputs: Sequence[Input] = ()
    heading: str = ""
    folded: bool = False
    strong: bool = False
    hint: str = ""
    other: tuple[str, str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """One duty, event or request in a list."""

    title: str
    href: str = ""
    badge: str = ""
    lines: Sequence[str] = ()
    tone: FactTone = FactTone.PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A way to another page.

    `here` marks the present one, a `strong` one looks like a button.
    """

    text: str
    href: str
    here: bool = False
    count: int = 0
    strong: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a page; of a `folded` one only the heading is shown at first."""

    heading: str = ""
    tone: FactTone = FactTone.PLAIN
    lines: Sequence[str] = ()
    facts: Sequence[StatedFact] = ()
    cards: Sequence[Card] = ()
    forms: Sequence[Form] = ()
    links: Sequence[Link] = ()
    folded: bool = False
    copy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page without its frame. `problem` is a sentence above everything."""

    title: str
    sections: Sequence[Section] = ()
    subtitle: str = ""
    problem: str = ""
    status: int = 200
    tabs: Sequence[Link] = ()
    summary: Sequence[StatedFact] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """What surrounds every page: the company, who looks, where one can go.

    Without a `person` nobody is logged in.
    """

    company: str
    person: str = ""
    department: str = ""
    csrf: str = ""
    once: str = ""
    notice: str = ""
    links: Sequence[Link] = ()
    path: str = "/"
    other_language: str = ""
    log_out: str = ""
    demonstration: str = ""
