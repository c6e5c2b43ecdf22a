"""Reads the start-up cache file and checks whether it is still valid.

The file may be deleted at any time. An invalid one raises CacheOutdated, and a question that only the deployment itself
can answer raises CacheInconclusive. Callers then open the deployment, which reports errors properly.
"""

import json
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import NamedTuple

from sla_tracker import i18n
from sla_tracker.cache_files import cache_places, open_private
from sla_tracker.domain.text import Text
from sla_tracker.os_login import login_name
from sla_tracker.quickstart.fast_call import FastCall
from sla_tracker.quickstart.header import FORMAT, FRONT_LENGTH, Header, length_in
from sla_tracker.quickstart.header import unpacked as unpacked_header
from sla_tracker.quickstart.journal_tail import (
    MOST_LINES,
    CacheInconclusive,
    CacheOutdated,
    Delta,
    DutySummary,
    JournalMark,
    delta_since,
    most_commits,
    row_of_summary,
    unpacked,
)
from sla_tracker.regular_files import read_regular
from sla_tracker.services.queries.rows import DutyRow

CONFIG_FILE = "sla_tracker.toml"


class Cache(NamedTuple):
    """An open cache file: its header, descriptor, and the byte where summaries begin."""

    header: Header
    descriptor: int
    begins: int

    def summaries(self, department: str) -> list[DutySummary]:
        """Return a department's duty summaries."""
        start, length, checksum = self.header["spans"].get(department, (0, 0, 0))
        return unpacked(os.pread(self.descriptor, length, self.begins + start), checksum) if length else []

    def departments(self) -> dict[str, Text]:
        """Return the department names by id."""
        return {id: Text(zh=zh, en=en) for id, (zh, en) in self.header["departments"].items()}


def deployment(named: str) -> Path:
    """Return the deployment's folder; raises CacheInconclusive where none is found."""
    named = named or os.environ.get("SLA_DEPLOYMENT", "")
    try:
        here = Path(named or os.curdir).absolute()
        for folder in (here,) if named else (here, *here.parents):
            if (folder / CONFIG_FILE).is_file():
                return folder.resolve()
    except OSError:
        raise CacheInconclusive from None
    raise CacheInconclusive


def places(folder: Path) -> tuple[Path, Path]:
    """Return the file's two possible paths: in a trial, and in the user's cache."""
    return cache_places(folder, "due")


@contextmanager
def read(folder: Path) -> Iterator[Cache]:
    """Open the cache file for a block.

    Any error in file or block raises CacheOutdated.
    """
    try:
        cache = opened(folder)
        try:
            yield cache
        finally:
            os.close(cache.descriptor)
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        raise CacheOutdated from None  # opening the deployment reports what is wrong


def opened(folder: Path) -> Cache:
    """Return the open cache file.

    Raises OSError, and CacheOutdated if others could have written it.
    """
    for place in places(folder):
        try:
            descriptor = open_private(place)
        except FileNotFoundError:
            continue
        except PermissionError:
            raise CacheOutdated from None
        try:
            front = os.pread(descriptor, FRONT_LENGTH, 0)
            length = length_in(front)
            header = unpacked_header(front, os.pread(descriptor, length, FRONT_LENGTH))
            return Cache(header, descriptor, FRONT_LENGTH + length)
        except (ValueError, CacheOutdated):
            os.close(descriptor)
            raise CacheOutdated from None
    raise CacheOutdated


def checked(
    folder: Path, cache: Cache, *, most_lines: int = MOST_LINES, any_day: bool = False
) -> tuple[datetime, Delta]:
    """Return the present time and the changes since the cache was written.

    `any_day` accepts a file of an earlier day and skips the check for automatic changes that are due: for the terminal,
    which opens the deployment a moment later anyway. `most_lines` as in `delta_since`. Raises CacheOutdated or
    CacheInconclusive.
    """
    header = cache.header
    if header["format"] != FORMAT or header["folder"] != str(folder):
        raise CacheOutdated
    now = present(cache)
    if header["server"] is None and not os.access(header["store"], os.W_OK):
        raise CacheInconclusive  # opening the deployment warns that the store is read-only
    if stamps_of(header["watched"]) != header["stamps"]:
        raise CacheOutdated
    is_meant = header["day"][0] <= now.timestamp() and now.year <= header["years"][1]
    if not is_meant or not (any_day or is_same_day(cache, now)):
        raise CacheOutdated
    delta = _delta(header, most_lines)
    if not any_day:
        _require_nothing_due((header["quiet_until"], delta.quiet_until), now)
    _require_seen_commit(Path(header["anchor"]), delta)
    return now, delta


def _delta(header: Header, most_lines: int) -> Delta:
    """Return the changes since the cache was written, from the journal or the server."""
    mark = JournalMark(*header["mark"])
    if header["server"] is None:
        return delta_since(Path(header["store"]), mark, header["live"], most_lines)
    from sla_tracker.quickstart.server_tail import delta_on_server

    return delta_on_server(header["server"], mark, most_commits(header["live"], most_lines))


def is_same_day(cache: Cache, now: datetime) -> bool:
    """Return whether the local day on which the file was written is not over."""
    return now.timestamp() < cache.header["day"][1]


def stamps_of(watched: Iterable[str]) -> list[list[int]]:
    """Return mtime (ns) and size (bytes) of each watched path.

    Both are 0 for a missing path.
    """
    return [_stamp(name) for name in watched]


def _stamp(name: str) -> list[int]:
    try:
        status = Path(name).stat()
    except OSError:
        return [0, 0]
    return [status.st_mtime_ns, status.st_size]


def present(cache: Cache) -> datetime:
    """Return the present time, in a trial that of SLA_NOW.

    Raises ValueError for a wrong SLA_NOW.
    """
    stopped = os.environ.get("SLA_NOW", "") if cache.header["trial"] else ""
    if not stopped:
        return datetime.now(UTC)
    at = datetime.fromisoformat(stopped)
    if at.tzinfo is None:
        raise CacheInconclusive
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise CacheInconclusive from None


def _require_nothing_due(limits: Iterable[str], now: datetime) -> None:
    """Raise CacheInconclusive when an automatic change is due, as by silence."""
    if any(limit and datetime.fromisoformat(limit) < now for limit in limits):
        raise CacheInconclusive


def _require_seen_commit(anchor: Path, delta: Delta) -> None:
    """Raise CacheInconclusive when the store lacks a commit that this login saw.

    Opening the deployment then warns that the store lost commits.
    """
    try:
        seen = json.loads(read_regular(anchor, 4096))
    except FileNotFoundError:
        return
    oldest = min(delta.hashes)
    if seen["sequence"] >= oldest and delta.hashes.get(seen["sequence"]) != seen["hash"]:
        raise CacheInconclusive


def set_language(call: FastCall, cache: Cache) -> None:
    """Set the language, the requested one or the deployment's.

    Raises CacheInconclusive if it is unknown.
    """
    if call.lang and i18n.match(call.lang) is None:
        raise CacheInconclusive
    i18n.use(i18n.choose(call.lang or None, os.environ, cache.header["language"]))


def zone_of(cache: Cache) -> tzinfo:
    """Return the deployment's time zone; one with a fixed offset needs no zone data."""
    if cache.header["offset"] is not None:
        return timezone(timedelta(seconds=cache.header["offset"]))
    from zoneinfo import ZoneInfo

    return ZoneInfo(cache.header["zone"])


def actor_of(call: FastCall, cache: Cache, now: datetime) -> tuple[str, str]:
    """Return the acting person's id and department.

    Raises CacheInconclusive if that needs a message.
    """
    people = cache.header["people"]
    if cache.header["trial"]:
        wanted = call.person or cache.header["default_person"]
        known = [id for id, person in people.items() if wanted == id] or [
            id for id, person in people.items() if wanted == person["name"]
        ]
        if not known:
            raise CacheInconclusive
        return known[0], people[known[0]]["department"]
    if call.person:
        raise CacheInconclusive
    login, today = login_name(), now.astimezone(zone_of(cache)).date().isoformat()
    for id, person in people.items():
        if login in person["logins"] and not (person["left_on"] and person["left_on"] <= today):
            return id, person["department"]
    return login, ""


def summaries(cache: Cache, delta: Delta, departments: Iterable[str]) -> Iterator[DutySummary]:
    """Yield the summaries of departments, and all changed since the cache was written."""
    for each in departments:
        yield from (summary for summary in cache.summaries(each) if summary.id not in delta.changed)
    yield from (summary for summary in delta.changed.values() if summary is not None)


def row_of(summary: DutySummary, cache: Cache, delta: Delta, now: datetime, zone: tzinfo) -> DutyRow:
    """Return the list row of a summary.

    Raises CacheOutdated where an excuse moves the due time of a changed duty: only the store can compute it.
    CacheInconclusive for a due time that becomes provisional today, for a year in which the fixed offset of the zone
    was not checked, and for a duty whose next update only the store can compute.
    """
    if summary.promises_updates:
        raise CacheInconclusive
    header = cache.header
    due_at = datetime.fromisoformat(summary.due_at)
    if summary.runs:
        if summary.id in delta.changed:
            raise CacheOutdated
        course = header["moving"][summary.id]
        if not course:
            raise CacheInconclusive
        due_at = moving_due_at(course, now)
    row = row_of_summary(summary, due_at, now, zone)
    if header["offset"] is not None and not header["years"][0] <= row.due_at.year <= header["years"][1]:
        raise CacheInconclusive
    return row


def moving_due_at(course: Sequence[tuple[str, str, float]], now: datetime) -> datetime:
    """Return a due time that a running excuse moves.

    From each instant of the course on, the due time moves with the clock for the given number of seconds.
    """
    due_at = now
    for since, due, seconds in course:
        begun = datetime.fromisoformat(since)
        if begun > now:
            break
        due_at = datetime.fromisoformat(due) + min(now - begun, timedelta(seconds=seconds))
    return due_at
