"""The file that the last opening of a deployment left behind: read, and checked against the present.

It is disposable: whatever is wrong with it raises Stale, and whatever needs the deployment itself Doubtful.
"""

import json
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import NamedTuple

from sla_tracker import i18n
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
    row_of_summary,
    unpacked,
)
from sla_tracker.services.queries.rows import DutyRow

CONFIG_FILE = "sla_tracker.toml"


class Cache(NamedTuple):
    """The file as it was read: its header, and its open descriptor with the place where the briefs begin."""

    header: Header
    descriptor: int
    begins: int

    def summaries(self, department: str) -> list[DutySummary]:
        """Return a department's briefs."""
        start, length, checksum = self.header["spans"].get(department, (0, 0, 0))
        return unpacked(os.pread(self.descriptor, length, self.begins + start), checksum) if length else []

    def departments(self) -> dict[str, Text]:
        """Return the departments' names by id."""
        return {id: Text(zh=zh, en=en) for id, (zh, en) in self.header["departments"].items()}


def deployment(named: str) -> Path:
    """Return the deployment's folder; raises Doubtful where none can be seen, for the long way says so."""
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
    """Return where the file may lie: within a trial deployment, else in the login's own cache."""
    import zlib

    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    name = f"due-{zlib.crc32(str(folder).encode()):08x}"
    return folder / ".seen" / "due", cache / "sla_tracker" / name


@contextmanager
def read(folder: Path) -> Iterator[Cache]:
    """Open the file for a while; raises Stale whatever is wrong with it, or with what is made of it meanwhile."""
    try:
        cache = opened(folder)
        try:
            yield cache
        finally:
            os.close(cache.descriptor)
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        raise CacheOutdated from None  # the long way says what is wrong


def opened(folder: Path) -> Cache:
    """Return the file; raises OSError, and Stale where somebody else could have written it."""
    for place in places(folder):
        try:
            # Whoever opens a pipe would wait for its writer.
            descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            status = os.fstat(descriptor)
            ours = (
                status.st_uid == os.geteuid() and stat.S_ISREG(status.st_mode) and not status.st_mode & 0o077
            )
            front = os.pread(descriptor, FRONT_LENGTH, 0) if ours else b""
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
    """Return the present and what has changed; raises Stale or Doubtful where the file does not stand for it.

    `any_day` takes a file of an earlier day too, and does not ask whether something has come due to happen by itself:
    for whoever opens the deployment a moment later in any case. `most_lines` as in `fresh_since`.
    """
    header = cache.header
    if header["format"] != FORMAT or header["folder"] != str(folder):
        raise CacheOutdated
    now = present(cache)
    if not os.access(header["store"], os.W_OK):
        raise CacheInconclusive  # that it can only be read is said to everybody
    if stamps_of(header["watched"]) != header["stamps"]:
        raise CacheOutdated
    is_meant = header["day"][0] <= now.timestamp() and now.year <= header["years"][1]
    if not is_meant or not (any_day or is_same_day(cache, now)):
        raise CacheOutdated
    delta = delta_since(Path(header["store"]), JournalMark(*header["mark"]), header["live"], most_lines)
    if not any_day:
        _must_be_quiet((header["quiet_until"], delta.quiet_until), now)
    _must_hold_what_was_seen(Path(header["anchor"]), delta)
    return now, delta


def is_same_day(cache: Cache, now: datetime) -> bool:
    """Say whether the day on which the file was made is not over."""
    return now.timestamp() < cache.header["day"][1]


def stamps_of(watched: Iterable[str]) -> list[list[int]]:
    """Return time and size of everything that decides what an opening finds; zeros for what is not there."""
    return [_stamp(name) for name in watched]


def _stamp(name: str) -> list[int]:
    try:
        status = Path(name).stat()
    except OSError:
        return [0, 0]
    return [status.st_mtime_ns, status.st_size]


def present(cache: Cache) -> datetime:
    """Return the present, or in a trial where the clock was stopped; raises ValueError for what is no instant."""
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


def _must_be_quiet(limits: Iterable[str], now: datetime) -> None:
    """Raise Doubtful when something has come due to happen by itself, such as acceptance by silence."""
    if any(limit and datetime.fromisoformat(limit) < now for limit in limits):
        raise CacheInconclusive


def _must_hold_what_was_seen(anchor: Path, delta: Delta) -> None:
    """Raise Doubtful when this login has seen a later or another end of the store: the long way raises the alarm."""
    try:
        seen = json.loads(anchor.read_bytes())
    except FileNotFoundError:
        return
    oldest = min(delta.hashes)
    if seen["sequence"] >= oldest and delta.hashes.get(seen["sequence"]) != seen["hash"]:
        raise CacheInconclusive


def speak(call: FastCall, cache: Cache) -> None:
    """Speak the language that is asked for, else the deployment's; raises Doubtful for one that is not spoken here."""
    if call.lang and i18n.match(call.lang) is None:
        raise CacheInconclusive
    i18n.use(i18n.choose(call.lang or None, os.environ, cache.header["language"]))


def zone_of(cache: Cache) -> tzinfo:
    """Return the deployment's zone; where its clocks are never turned, no zone data is needed for it."""
    if cache.header["offset"] is not None:
        return timezone(timedelta(seconds=cache.header["offset"]))
    from zoneinfo import ZoneInfo

    return ZoneInfo(cache.header["zone"])


def actor_of(call: FastCall, cache: Cache, now: datetime) -> tuple[str, str]:
    """Return who acts, and for which department; raises Doubtful where the long way has something to say about it."""
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
    """Yield the briefs of departments, and all that have changed since the file was made."""
    for each in departments:
        yield from (summary for summary in cache.summaries(each) if summary.id not in delta.changed)
    yield from (summary for summary in delta.changed.values() if summary is not None)


def row_of(summary: DutySummary, cache: Cache, delta: Delta, now: datetime, zone: tzinfo) -> DutyRow:
    """Return the row of a brief; raises Stale where only the store knows when it is due, Doubtful for far-off years."""
    header = cache.header
    due_at = datetime.fromisoformat(summary.due_at)
    if summary.runs:
        if summary.id in delta.changed:
            raise CacheOutdated
        due_at = _moved(header["moving"][summary.id], now)
    row = row_of_summary(summary, due_at, now, zone)
    if header["offset"] is not None and not header["years"][0] <= row.due_at.year <= header["years"][1]:
        raise CacheInconclusive
    return row


def _moved(course: Sequence[tuple[str, str, float]], now: datetime) -> datetime:
    """Return a due time that an excuse moves: from each instant of its course on it goes along for so many seconds."""
    due_at = now
    for since, due, seconds in course:
        begun = datetime.fromisoformat(since)
        if begun > now:
            break
        due_at = datetime.fromisoformat(due) + min(now - begun, timedelta(seconds=seconds))
    return due_at
