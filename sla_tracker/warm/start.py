"""The quick way into the terminal: its frame and first rows from what the last opening knew.

The deployment is opened behind them, which reads the same rows again; so a file of an earlier day will do too, as long
as settings and plugins are those of that opening.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING

from sla_tracker.cli.screen import can_draw
from sla_tracker.core.people import Actor, Person, Role
from sla_tracker.desk.rows import DutyRow, urgency
from sla_tracker.errors import show_times_in
from sla_tracker.login import login_name
from sla_tracker.storage.glance import Brief, Doubtful, Stale
from sla_tracker.warm import file
from sla_tracker.warm.header import PersonSaid
from sla_tracker.warm.wishes import Wish

if TYPE_CHECKING:
    from sla_tracker.desk.house import House
    from sla_tracker.tui.situation import Situation
    from sla_tracker.tui.start import Start

MOST_LINES = 1_000


def enter(wish: Wish) -> int:
    """Run the terminal and return its exit code; raises Stale and Doubtful before anything is drawn."""
    quick = QuickStart(wish)
    try:
        return quick.run()
    except Exception as error:
        from sla_tracker.cli.faults import ended_by

        return ended_by(error)


class QuickStart:
    """A terminal that is about to open."""

    def __init__(self, wish: Wish) -> None:
        """Read the file; raises Stale and Doubtful where it does not stand for the deployment."""
        if not can_draw():
            raise Doubtful
        self._wish = wish
        self._folder = file.deployment(wish.folder)
        self._house: House | None = None
        with file.read(self._folder) as warm:
            now, self._fresh = file.checked(self._folder, warm, most_lines=MOST_LINES, any_day=True)
            file.speak(wish, warm)
            self._zone = file.zone_of(warm)
            self._situation = situation_of(warm, actor_of(wish, warm, now), self._zone)
            self._is_of_today = self._is_sound = file.is_same_day(warm, now)
            # Another process may replace the file; this one goes on with the one it has checked.
            self._warm = warm._replace(descriptor=os.dup(warm.descriptor))

    def run(self) -> int:
        """Run the terminal and return its exit code; raises what kept the deployment from being opened."""
        from sla_tracker.tui.launch import run

        try:
            return run(self.start())
        finally:
            if self._house is not None:
                self._house.close()

    def start(self) -> Start:
        """Return what the terminal starts with."""
        from sla_tracker.tui.start import Start

        return Start(
            situation=self._situation,
            keymap=self._warm.header["keys"],
            now=self._now,
            open=self._open,
            foresee=self.foresee,
        )

    def _now(self) -> datetime:
        return self._house.desk.now() if self._house is not None else file.present(self._warm)

    def _open(self) -> House:
        from sla_tracker.frontdoors import FrontDoors

        doors = FrontDoors(keeps_warm=not self._is_sound)
        house = doors.open(self._folder, as_person=self._wish.person, store_later=True)
        show_times_in(house.desk.settings.zone)
        self._house = house
        house.begin()
        return house

    def foresee(self) -> Sequence[DutyRow]:
        """Return what the person's department owes, as far as the file knows; nothing where only the store does."""
        try:
            with suppress(Stale, Doubtful, OSError, ValueError, KeyError, TypeError, IndexError):
                now, own = self._now(), self._situation.me.department
                briefs = file.briefs(self._warm, self._fresh, [own])
                return sorted(
                    (self._row(brief, now) for brief in briefs if brief.provider == own), key=urgency
                )
            self._is_sound = False
            return ()
        finally:
            os.close(self._warm.descriptor)

    def _row(self, brief: Brief, now: datetime) -> DutyRow:
        row = file.row_of(brief, self._warm, self._fresh, now, self._zone)
        # How a due time goes on moving is known for the file's own day only.
        return replace(row, provisional=True) if brief.runs and not self._is_of_today else row


def actor_of(wish: Wish, warm: file.Warm, now: datetime) -> Actor:
    """Return who acts, as the deployment will find it."""
    id, _department = file.actor_of(wish, warm, now)
    login = login_name()
    known = warm.header["people"].get(id)
    person = _person(id, known) if known else Person(id=id, name=id, department="", role=Role.READER)
    if warm.header["trial"]:
        return Actor(person=person, via="trial", as_login=login)
    return Actor(person=person, via="login")


def situation_of(warm: file.Warm, actor: Actor, zone: tzinfo) -> Situation:
    """Return names and settings as the file knows them; raises ValueError, KeyError and TypeError where it is wrong."""
    from sla_tracker.tui.situation import Situation

    header = warm.header
    return Situation(
        company=header["company"],
        zone=zone,
        actor=actor,
        people={id: _person(id, person) for id, person in header["people"].items()},
        departments=warm.departments(),
        trial=header["trial"],
        demonstration=header["demonstration"],
    )


def _person(id: str, said: PersonSaid) -> Person:
    return Person(
        id=id,
        name=said["name"],
        department=said["department"],
        role=Role(said["role"]),
        left_on=date.fromisoformat(said["left_on"]) if said["left_on"] else None,
    )
