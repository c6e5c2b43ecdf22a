"""Writes the start-up cache when a deployment closes."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo
from itertools import pairwise
from typing import TYPE_CHECKING, Protocol

from sla_tracker.cache_files import write_private
from sla_tracker.domain.deadlines.duty_clock import clock_of
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.people import Person
from sla_tracker.quickstart.cache_file import places, stamps_of
from sla_tracker.quickstart.duty_summaries import DutySummaries, packed, summarise, summarise_server
from sla_tracker.quickstart.header import FORMAT, CachedPerson, CachedServer, Header
from sla_tracker.quickstart.header import packed as packed_header
from sla_tracker.quickstart.journal_tail import CacheOutdated
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.duties.current_deadline import calendar_of, due_now
from sla_tracker.services.lookup.references import existing
from sla_tracker.services.queries.next_workdays import next_workdays
from sla_tracker.services.reminders.policies import counts_shares

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from sla_tracker.config.deployment import Deployment
    from sla_tracker.storage.postgres import PostgresStore
    from sla_tracker.storage.tinydb import TinyStore

YEARS_AHEAD = 3
"""Years from this one on for which the zone's offset is checked; later rows need the deployment."""
FAR_ENOUGH = timedelta(days=60)
"""How far after a due time working time is searched for what one day may move it by."""


class Source(Protocol):
    """The open deployment that the cache is written from."""

    folder: Path
    deployment: Deployment

    @property
    def context(self) -> ServiceContext:
        """Return the context of its use cases."""

    @property
    def embedded(self) -> TinyStore | None:
        """Return the store if it is the embedded one, else None."""

    @property
    def server(self) -> PostgresStore | None:
        """Return the store if it is one on a server, else None."""

    @property
    def reads_only(self) -> bool:
        """Return whether the store is open for reading only."""

    @property
    def has_all_plugins(self) -> bool:
        """Return whether every plugin enabled in the settings works."""

    @property
    def checkpoint_file(self) -> Path:
        """Return the file with the last commit that this login saw."""

    def plugins_changed(self) -> bool:
        """Return whether settings, plugin files or calendars changed since they were read."""

    def watched(self) -> Sequence[Path]:
        """Return every file and folder whose change makes the cache outdated."""


def write_cache(opened: Source) -> None:
    """Write the start-up cache of a closing deployment.

    Failures are ignored: they only cost speed later.
    """
    try:
        content = _content(opened)
    except CacheOutdated:
        return
    inside, cache = places(opened.folder)
    place = inside if opened.context.settings.trial else cache
    write_private(place, content)


def _content(opened: Source) -> bytes:
    watched = [str(path) for path in opened.watched()]
    # Taken before `plugins_changed`: a file that changes after that makes the cache outdated instead of wrong.
    stamps = stamps_of(watched)
    if opened.reads_only or opened.plugins_changed() or not opened.has_all_plugins:
        raise CacheOutdated
    if opened.context.catalogue.renames():
        # The cache and the journal's tail are read as they are stored: a duty under a department's old id would be
        # missed. With renames every call asks the store, which knows old ids.
        raise CacheOutdated
    if counts_shares(opened.context):
        # How much of a duty's time is used depends on calendar and policy, which the cache does not hold.
        raise CacheOutdated
    current = _as_today(opened.context, _stored(opened))
    spans, summaries = packed(current.summaries)
    return packed_header(_header(opened, current, spans, watched, stamps)) + summaries


def _stored(opened: Source) -> DutySummaries:
    """Return the summaries of what is stored.

    Raises CacheOutdated for a store that keeps nothing.
    """
    if opened.embedded is not None:
        return summarise(opened.embedded.journal, opened.deployment.store_folder)
    if opened.server is not None:
        return summarise_server(opened.server)
    raise CacheOutdated


def _server(opened: Source) -> CachedServer | None:
    if opened.server is None:
        return None
    return {"variable": opened.deployment.basics.database_variable, "schema": opened.server.schema}


def _as_today(context: ServiceContext, stored: DutySummaries) -> DutySummaries:
    """Return the summaries, moving due times marked where provisional today."""
    now = context.now()
    marked = {
        department: [
            each._replace(provisional=_is_provisional(context, each.id, now)) if each.runs else each
            for each in own
        ]
        for department, own in stored.summaries.items()
    }
    return stored._replace(summaries=marked)


def _is_provisional(context: ServiceContext, id: str, at: datetime) -> bool:
    duty = context.store.read(lambda tx: existing(tx, Duty, id))
    return due_now(context, duty, at).provisional


def _header(
    opened: Source,
    current: DutySummaries,
    spans: dict[str, list[int]],
    watched: list[str],
    stamps: list[list[int]],
) -> Header:
    context, deployment = opened.context, opened.deployment
    settings, now = context.settings, context.now()
    moving = (summary.id for own in current.summaries.values() for summary in own if summary.runs)
    return {
        "format": FORMAT,
        "folder": str(opened.folder),
        "store": str(deployment.store_folder),
        "server": _server(opened),
        "anchor": str(opened.checkpoint_file),
        "watched": watched,
        "stamps": stamps,
        "day": _day(now, settings.zone),
        "zone": settings.zone.key,
        "offset": _steady_offset(now, settings.zone),
        "years": [now.year - 1, now.year + YEARS_AHEAD - 1],
        "company": [settings.name, settings.name_en],
        "trial": settings.trial,
        "demonstration": settings.demonstration,
        "keys": dict(deployment.basics.keys),
        "default_person": deployment.basics.default_person,
        "language": settings.language,
        "departments": {id: [one.name.zh, one.name.en] for id, one in context.catalogue.departments.items()},
        "next_workdays": {id: day.isoformat() for id, day in next_workdays(context, now).items()},
        "people": {id: _cached_person(person) for id, person in context.people.items()},
        "mark": list(current.mark),
        "live": sum(map(len, current.summaries.values())),
        "quiet_until": current.quiet_until,
        "moving": {id: due_course(context, id, now) for id in moving},
        "spans": spans,
    }


def _cached_person(person: Person) -> CachedPerson:
    return {
        "name": person.name,
        "department": person.department,
        "role": person.role.value,
        "logins": list(person.logins),
        "left_on": person.left_on.isoformat() if person.left_on else "",
    }


def due_course(context: ServiceContext, id: str, now: datetime) -> list[tuple[str, str, float]]:
    """Return how the due time of a duty moves today while an excuse runs.

    Each piece says from which instant on it moves along with its clock: (instant, due time then, seconds for which it
    moves). Empty where the due time becomes provisional during the day, which the course does not tell: the store has
    to be asked.
    """
    duty = context.store.read(lambda tx: existing(tx, Duty, id))
    calendar = calendar_of(context, duty)
    clock = clock_of(duty.terms.due, calendar)
    tomorrow = calendar.instant_of(calendar.local_date(now) + timedelta(days=1), time())
    if due_now(context, duty, tomorrow).provisional != due_now(context, duty, now).provisional:
        return []
    course = [(now.isoformat(), due_now(context, duty, now).due_at.isoformat(), 0.0)]
    starts = sorted(excuse.start_at for excuse in duty.excuses)
    for begins, ends in _cut(clock.pieces(now, tomorrow), starts):
        due_at = due_now(context, duty, begins).due_at
        if due_now(context, duty, ends).due_at == due_at:  # the wait begins later, or counts no more
            course.append((begins.isoformat(), due_at.isoformat(), 0.0))
            continue
        for first, last in clock.pieces(due_at, due_at + FAR_ENOUGH):
            along = min(last - first, ends - begins)
            # At the first instant of a piece of working time the due time has not moved yet.
            course.append((begins.isoformat(), due_at.isoformat(), 0.0))
            course.append(
                (_just_after(begins), _just_after(first), (along - datetime.resolution).total_seconds())
            )
            begins, due_at = begins + along, first + along
            if begins == ends:
                break
    return course


def _cut(
    pieces: Iterable[tuple[datetime, datetime]], instants: Sequence[datetime]
) -> Iterator[tuple[datetime, datetime]]:
    """Yield pieces of time, cut wherever a sorted instant lies inside."""
    for begins, ends in pieces:
        edges = [begins, *(instant for instant in instants if begins < instant < ends), ends]
        yield from pairwise(edges)


def _just_after(instant: datetime) -> str:
    return (instant + datetime.resolution).isoformat()


def _day(now: datetime, zone: tzinfo) -> list[float]:
    """Return now and the end of the local day, as timestamps.

    A clock that is before this now is not trusted when the cache is read.
    """
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return [now.timestamp(), datetime.combine(tomorrow, time(), zone).timestamp()]


def _steady_offset(now: datetime, zone: tzinfo) -> float | None:
    """Return the zone's UTC offset in seconds if it is constant, else None.

    The offset must be constant for the cached years.
    """
    first = datetime(now.year - 1, 1, 1, tzinfo=UTC)
    weeks = 53 * (YEARS_AHEAD + 1)
    found = {(first + timedelta(weeks=week)).astimezone(zone).utcoffset() for week in range(weeks)}
    offset = found.pop() if len(found) == 1 else None
    return None if offset is None else offset.total_seconds()
