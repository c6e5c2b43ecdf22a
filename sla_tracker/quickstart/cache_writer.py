"""Leaves behind, when a deployment is closed, what the quick ways need."""

from __future__ import annotations

import os
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING, Protocol

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.people import Person
from sla_tracker.quickstart.cache_file import places, stamps_of
from sla_tracker.quickstart.duty_summaries import DutySummaries, packed, summarise
from sla_tracker.quickstart.header import FORMAT, CachedPerson, Header
from sla_tracker.quickstart.header import packed as packed_header
from sla_tracker.quickstart.journal_tail import CacheOutdated
from sla_tracker.services.context import ServiceContext, existing
from sla_tracker.services.duties.current_deadline import calendar_of, due_now

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from sla_tracker.config.load import Deployment
    from sla_tracker.storage.tinydb import TinyStore

YEARS_AHEAD = 3
FAR_ENOUGH = timedelta(days=60)


class Source(Protocol):
    """What the cache is made from: an open deployment."""

    folder: Path
    deployment: Deployment

    @property
    def context(self) -> ServiceContext:
        """Return the context of its use cases."""

    @property
    def embedded(self) -> TinyStore | None:
        """Return the store if it is the embedded one."""

    @property
    def reads_only(self) -> bool:
        """Say whether the store may only be read."""

    @property
    def has_all_plugins(self) -> bool:
        """Say whether every plugin that the settings ask for works."""

    @property
    def checkpoint_file(self) -> Path:
        """Return the file in which this login keeps how far it saw the store."""

    def plugins_changed(self) -> bool:
        """Say whether settings, plugin files or calendars differ from what was read."""

    def watched(self) -> Sequence[Path]:
        """Return every file and folder whose change makes the cache outdated."""


def write_cache(opened: Source) -> None:
    """Write the start-up cache when a deployment closes; a failure costs speed only."""
    try:
        content = _content(opened)
    except CacheOutdated:
        return
    inside, cache = places(opened.folder)
    place = inside if opened.context.settings.trial else cache
    delta = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(
            delta, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        delta.replace(place)
    except OSError:
        delta.unlink(missing_ok=True)


def _content(opened: Source) -> bytes:
    watched = [str(path) for path in opened.watched()]
    stamps = stamps_of(watched)
    store = opened.embedded
    if store is None or opened.reads_only or opened.plugins_changed() or not opened.has_all_plugins:
        raise CacheOutdated
    digest = summarise(store.journal, opened.deployment.store_folder)
    spans, summaries = packed(digest.summaries)
    return packed_header(_header(opened, digest, spans, watched, stamps)) + summaries


def _header(
    opened: Source,
    digest: DutySummaries,
    spans: dict[str, list[int]],
    watched: list[str],
    stamps: list[list[int]],
) -> Header:
    context, deployment = opened.context, opened.deployment
    settings, now = context.settings, context.now()
    moving = (summary.id for own in digest.summaries.values() for summary in own if summary.runs)
    return {
        "format": FORMAT,
        "folder": str(opened.folder),
        "store": str(deployment.store_folder),
        "anchor": str(opened.checkpoint_file),
        "watched": watched,
        "stamps": stamps,
        "day": _day(now, settings.zone),
        "zone": settings.zone.key,
        "offset": _steady_offset(now, settings.zone),
        "years": [now.year - 1, now.year + YEARS_AHEAD - 1],
        "company": settings.name,
        "trial": settings.trial,
        "demonstration": settings.demonstration,
        "keys": dict(deployment.config.keys),
        "default_person": deployment.config.trial.default_person,
        "language": settings.language,
        "departments": {id: [one.name.zh, one.name.en] for id, one in context.catalogue.departments.items()},
        "people": {id: _said_of(person) for id, person in context.people.items()},
        "mark": list(digest.mark),
        "live": sum(map(len, digest.summaries.values())),
        "quiet_until": digest.quiet_until,
        "moving": {id: _course(context, id, now) for id in moving},
        "spans": spans,
    }


def _said_of(person: Person) -> CachedPerson:
    return {
        "name": person.name,
        "department": person.department,
        "role": person.role.value,
        "logins": list(person.logins),
        "left_on": person.left_on.isoformat() if person.left_on else "",
    }


def _course(context: ServiceContext, id: str, now: datetime) -> list[tuple[str, str, float]]:
    """Return how a due time moves today while its clock stands: it goes along with working time, hour by hour."""
    duty = context.store.read(lambda tx: existing(tx, Duty, id))
    calendar = calendar_of(context, duty)
    course = [(now.isoformat(), due_now(context, duty, now).due_at.isoformat(), 0.0)]
    tomorrow = calendar.instant_of(calendar.local_date(now) + timedelta(days=1), time())
    for begins, ends in calendar.working_pieces(now, tomorrow):
        due_at = due_now(context, duty, begins).due_at
        for first, last in calendar.working_pieces(due_at, due_at + FAR_ENOUGH):
            along = min(last - first, ends - begins)
            # At its very beginning a stretch of working time has moved nothing yet.
            course.append((begins.isoformat(), due_at.isoformat(), 0.0))
            course.append(
                (_just_after(begins), _just_after(first), (along - datetime.resolution).total_seconds())
            )
            begins, due_at = begins + along, first + along
            if begins == ends:
                break
    return course


def _just_after(instant: datetime) -> str:
    return (instant + datetime.resolution).isoformat()


def _day(now: datetime, zone: tzinfo) -> list[float]:
    """Return until when the present local day lasts, and since when: a clock that went back takes the long way."""
    tomorrow = now.astimezone(zone).date() + timedelta(days=1)
    return [now.timestamp(), datetime.combine(tomorrow, time(), zone).timestamp()]


def _steady_offset(now: datetime, zone: tzinfo) -> float | None:
    """Return the zone's distance from UTC, in seconds, if it is the same around the present; else None."""
    first = datetime(now.year - 1, 1, 1, tzinfo=UTC)
    weeks = 53 * (YEARS_AHEAD + 1)
    found = {(first + timedelta(weeks=week)).astimezone(zone).utcoffset() for week in range(weeks)}
    offset = found.pop() if len(found) == 1 else None
    return None if offset is None else offset.total_seconds()
