"""Starts the terminal with its frame and first rows from the start-up cache.

The deployment is opened afterwards and reads the same rows again; so a cache of an earlier day is used too, as long as
settings and plugins are unchanged.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING

from sla_tracker.cli.screen import can_draw
from sla_tracker.domain.people import Actor, Person, Role
from sla_tracker.domain.text import Text
from sla_tracker.errors import show_times_in
from sla_tracker.os_login import login_name, process_login
from sla_tracker.quickstart import cache_file
from sla_tracker.quickstart.fast_call import FastCall
from sla_tracker.quickstart.header import CachedPerson
from sla_tracker.quickstart.journal_tail import CacheInconclusive, CacheOutdated, DutySummary
from sla_tracker.services.queries.rows import DutyRow, urgency
from sla_tracker.tui.first_view import first_scope, in_scope, is_quiet

if TYPE_CHECKING:
    from sla_tracker.services.deployment import OpenDeployment
    from sla_tracker.tui.startup import Start
    from sla_tracker.tui.view_context import ViewContext

    # Opens the deployment in a folder as a person, its store later; the flag asks for a new start-up cache at the end.
    OpenLater = Callable[[Path, str, bool], OpenDeployment]

MOST_LINES = 1_000
"""Journal lines read after the cache; more than for `sla due`, as a cache of an earlier day is used too."""


def enter(call: FastCall, open_deployment: OpenLater) -> int:
    """Run the terminal and return its exit code.

    Raises CacheOutdated and CacheInconclusive before anything is drawn.
    """
    quick = QuickStart(call, open_deployment)
    try:
        return quick.run()
    except Exception as error:
        from sla_tracker.cli.errors import ended_by

        return ended_by(error)


class QuickStart:
    """A terminal start from the cache."""

    def __init__(self, call: FastCall, open_deployment: OpenLater) -> None:
        """Read the cache; raises CacheOutdated and CacheInconclusive."""
        if not can_draw():
            raise CacheInconclusive
        self._call = call
        self._open_deployment = open_deployment
        self._folder = cache_file.deployment(call.folder)
        self._deployment: OpenDeployment | None = None
        with cache_file.read(self._folder) as cache:
            now, self._delta = cache_file.checked(self._folder, cache, most_lines=MOST_LINES, any_day=True)
            cache_file.set_language(call, cache)
            self._zone = cache_file.zone_of(cache)
            self._view_context = view_context_of(cache, actor_of(call, cache, now), self._zone)
            self._is_of_today = self._is_cache_valid = cache_file.is_same_day(cache, now)
            # The descriptor outlives `read`, and another process may replace the file: go on with the checked one.
            self._cache = cache._replace(descriptor=os.dup(cache.descriptor))

    def run(self) -> int:
        """Run the terminal and return its exit code.

        Raises the error of opening the deployment.
        """
        from sla_tracker.tui.launch import run

        try:
            return run(self.start())
        finally:
            if self._deployment is not None:
                self._deployment.close()

    def start(self) -> Start:
        """Return the start values of the terminal."""
        from sla_tracker.tui.startup import Start

        return Start(
            view_context=self._view_context,
            keymap=self._cache.header["keys"],
            now=self._now,
            open=self._open,
            load_preview=self.load_preview,
        )

    def _now(self) -> datetime:
        return (
            self._deployment.context.now()
            if self._deployment is not None
            else cache_file.present(self._cache)
        )

    def _open(self, waiting: Callable[[str], None]) -> OpenDeployment:
        opened = self._open_deployment(self._folder, self._call.person, not self._is_cache_valid)
        show_times_in(opened.context.settings.zone)
        self._deployment = opened
        opened.begin(waiting)
        return opened

    def load_preview(self) -> Sequence[DutyRow]:
        """Return the rows that the person's department owes.

        Returns None where the cache cannot tell. Where no row is urgent for the person, what the department is owed is
        returned, too, because the terminal may open on it.
        """
        try:
            with suppress(
                CacheOutdated, CacheInconclusive, OSError, ValueError, KeyError, TypeError, IndexError
            ):
                now, person = self._now(), self._view_context.me
                rows = self._rows_of(now, [person.department], lambda one: one.provider == person.department)
                if is_quiet(in_scope(rows, first_scope(person), person.id)):
                    others = [id for id in self._cache.header["spans"] if id != person.department]
                    rows += self._rows_of(
                        now, others, lambda one: one.consumer == person.department != one.provider
                    )
                return rows
            self._is_cache_valid = False
            return ()
        finally:
            os.close(self._cache.descriptor)

    def _rows_of(
        self, now: datetime, providers: Sequence[str], is_wanted: Callable[[DutySummary], bool]
    ) -> list[DutyRow]:
        summaries = cache_file.summaries(self._cache, self._delta, providers)
        return sorted((self._row(summary, now) for summary in summaries if is_wanted(summary)), key=urgency)

    def _row(self, summary: DutySummary, now: datetime) -> DutyRow:
        row = cache_file.row_of(summary, self._cache, self._delta, now, self._zone)
        # The cache has the course of a moving due time only for the day it was written.
        return replace(row, provisional=True) if summary.runs and not self._is_of_today else row


def actor_of(call: FastCall, cache: cache_file.Cache, now: datetime) -> Actor:
    """Return the acting person, the same as the deployment will determine."""
    id, _department = cache_file.actor_of(call, cache, now)
    login = login_name()
    known = cache.header["people"].get(id)
    person = _person(id, known) if known else Person(id=id, name=id, department="", role=Role.READER)
    if cache.header["trial"]:
        return Actor(person=person, via=process_login("trial"), as_login=login)
    return Actor(person=person, via=process_login())


def view_context_of(cache: cache_file.Cache, actor: Actor, zone: tzinfo) -> ViewContext:
    """Return names and settings of the cache; raises ValueError, KeyError, TypeError."""
    from sla_tracker.tui.view_context import ViewContext

    header = cache.header
    return ViewContext(
        company=Text(*header["company"]),
        zone=zone,
        actor=actor,
        people={id: _person(id, person) for id, person in header["people"].items()},
        departments=cache.departments(),
        trial=header["trial"],
        demonstration=header["demonstration"],
    )


def _person(id: str, cached: CachedPerson) -> Person:
    return Person(
        id=id,
        name=cached["name"],
        department=cached["department"],
        role=Role(cached["role"]),
        left_on=date.fromisoformat(cached["left_on"]) if cached["left_on"] else None,
    )
