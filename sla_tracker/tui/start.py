"""What the terminal starts with: what it can show at once, and how the rest is opened behind that."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from sla_tracker.tui.situation import Situation, situation_of

if TYPE_CHECKING:
    from sla_tracker.desk.house import House
    from sla_tracker.desk.rows import DutyRow


def _none() -> Sequence[DutyRow]:
    return ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The beginning of a session.

    `open` opens the deployment, its store included, and `foresee` reads the rows that the first view will most likely
    show, of which nothing may be done before it is open; both run on the desk's thread. `house` is there where a part
    of the deployment is open already.
    """

    situation: Situation
    keymap: Mapping[str, str]
    now: Callable[[], datetime]
    open: Callable[[], House]
    house: House | None = None
    foresee: Callable[[], Sequence[DutyRow]] = field(default=_none)


def start_of(house: House) -> Start:
    """Return the start in a deployment whose settings and plugins were read, and whose store may come later."""

    def begin() -> House:
        house.begin()
        return house

    def now() -> datetime:
        return house.desk.now()  # after every reading it is another desk

    return Start(
        situation=situation_of(house),
        keymap=house.keymap,
        now=now,
        open=begin,
        house=house,
    )
