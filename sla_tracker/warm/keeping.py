"""Leaves behind, when a deployment is closed, what the quick ways need."""

from __future__ import annotations

import os
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import TYPE_CHECKING

from sla_tracker.core.duty import Duty
from sla_tracker.core.people import Person
from sla_tracker.desk.desk import Desk, existing
from sla_tracker.desk.excuses import calendar_of, due_now
from sla_tracker.maintenance import anchors_of
from sla_tracker.storage.digest import Digest, digest_of, packed
from sla_tracker.storage.glance import Stale
from sla_tracker.warm.file import places, stamps_of
from sla_tracker.warm.header import FORMAT, Header, PersonSaid
from sla_tracker.warm.header import packed as packed_header

if TYPE_CHECKING:
    from sla_tracker.bootstrap import OpenHouse

YEARS_AHEAD = 3
FAR_ENOUGH = timedelta(days=60)


def keep_warm(house: OpenHouse) -> None:
    """Make the file anew from a deployment that has just been opened; one that cannot be written costs speed only."""
    try:
        content = _content(house)
    except Stale:
        return
    inside, cache = places(house.folder)
    place = inside if house.desk.settings.trial else cache
    fresh = place.with_name(f"{place.name}.{os.getpid()}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(
            fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600
        )
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(content)
        fresh.replace(place)
    except OSError:
        fresh.unlink(missing_ok=True)


def _content(house: OpenHouse) -> bytes:
    watched = [str(path) for path in house.watched()]
    stamps = stamps_of(watched)
    store = house.embedded
    if store is None or house.reads_only or house.plugins_changed() or not house.host.is_complete:
        raise Stale
    digest = digest_of(store.journal, house.deployment.store_folder)
    spans, briefs = packed(digest.briefs)
    return packed_header(_header(house, digest, spans, watched, stamps)) + briefs


def _header(
    house: OpenHouse,
    digest: Digest,
    spans: dict[str, list[int]],
    watched: list[str],
    stamps: list[list[int]],
) -> Header:
    desk, deployment = house.desk, house.deployment
    settings, now = desk.settings, desk.now()
    moving = (brief.id for own in digest.briefs.values() for brief in own if brief.runs)
    return {
        "format": FORMAT,
        "folder": str(house.folder),
        "store": str(deployment.store_folder),
        "anchor": str(anchors_of(deployment).file),
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
        "departments": {id: [one.name.zh, one.name.en] for id, one in desk.catalogue.departments.items()},
        "people": {id: _said_of(person) for id, person in desk.people.items()},
        "mark": list(digest.mark),
        "live": sum(map(len, digest.briefs.values())),
        "quiet_until": digest.quiet_until,
        "moving": {id: _course(desk, id, now) for id in moving},
        "spans": spans,
    }


def _said_of(person: Person) -> PersonSaid:
    return {
        "name": person.name,
        "department": person.department,
        "role": person.role.value,
        "logins": list(person.logins),
        "left_on": person.left_on.isoformat() if person.left_on else "",
    }


def _course(desk: Desk, id: str, now: datetime) -> list[tuple[str, str, float]]:
    """Return how a due time moves today while its clock stands: it goes along with working time, hour by hour."""
    duty = desk.store.read(lambda tx: existing(tx, Duty, id))
    calendar = calendar_of(desk, duty)
    course = [(now.isoformat(), due_now(desk, duty, now).due_at.isoformat(), 0.0)]
    tomorrow = calendar.instant_of(calendar.local_date(now) + timedelta(days=1), time())
    for begins, ends in calendar.working_pieces(now, tomorrow):
        due_at = due_now(desk, duty, begins).due_at
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
