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

from sla_tracker import locale
from sla_tracker.core.text import Text
from sla_tracker.desk.rows import DutyRow
from sla_tracker.login import login_name
from sla_tracker.storage.glance import (
    MOST_LINES,
    Brief,
    Doubtful,
    Fresh,
    Mark,
    Stale,
    fresh_since,
    row_of_brief,
    unpacked,
)
from sla_tracker.warm.header import FORMAT, FRONT_LENGTH, Header, length_in
from sla_tracker.warm.header import unpacked as unpacked_header
from sla_tracker.warm.wishes import Wish

CONFIG_FILE = "sla_tracker.toml"


class Warm(NamedTuple):
    """The file as it was read: its header, and its open descriptor with the place where the briefs begin."""

    header: Header
    descriptor: int
    begins: int

    def briefs(self, department: str) -> list[Brief]:
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
        raise Doubtful from None
    raise Doubtful


def places(folder: Path) -> tuple[Path, Path]:
    """Return where the file may lie: within a trial deployment, else in the login's own cache."""
    import zlib

    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    name = f"due-{zlib.crc32(str(folder).encode()):08x}"
    return folder / ".seen" / "due", cache / "sla_tracker" / name


@contextmanager
def read(folder: Path) -> Iterator[Warm]:
    """Open the file for a while; raises Stale whatever is wrong with it, or with what is made of it meanwhile."""
    try:
        warm = opened(folder)
        try:
            yield warm
        finally:
            os.close(warm.descriptor)
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        raise Stale from None  # the long way says what is wrong


def opened(folder: Path) -> Warm:
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
            return Warm(header, descriptor, FRONT_LENGTH + length)
        except (ValueError, Stale):
            os.close(descriptor)
            raise Stale from None
    raise Stale


def checked(
    folder: Path, warm: Warm, *, most_lines: int = MOST_LINES, any_day: bool = False
) -> tuple[datetime, Fresh]:
    """Return the present and what has changed; raises Stale or Doubtful where the file does not stand for it.

    `any_day` takes a file of an earlier day too, and does not ask whether something has come due to happen by itself:
    for whoever opens the deployment a moment later in any case. `most_lines` as in `fresh_since`.
    """
    header = warm.header
    if header["format"] != FORMAT or header["folder"] != str(folder):
        raise Stale
    now = present(warm)
    if not os.access(header["store"], os.W_OK):
        raise Doubtful  # that it can only be read is said to everybody
    if stamps_of(header["watched"]) != header["stamps"]:
        raise Stale
    is_meant = header["day"][0] <= now.timestamp() and now.year <= header["years"][1]
    if not is_meant or not (any_day or is_same_day(warm, now)):
        raise Stale
    fresh = fresh_since(Path(header["store"]), Mark(*header["mark"]), header["live"], most_lines)
    if not any_day:
        _must_be_quiet((header["quiet_until"], fresh.quiet_until), now)
    _must_hold_what_was_seen(Path(header["anchor"]), fresh)
    return now, fresh


def is_same_day(warm: Warm, now: datetime) -> bool:
    """Say whether the day on which the file was made is not over."""
    return now.timestamp() < warm.header["day"][1]


def stamps_of(watched: Iterable[str]) -> list[list[int]]:
    """Return time and size of everything that decides what an opening finds; zeros for what is not there."""
    return [_stamp(name) for name in watched]


def _stamp(name: str) -> list[int]:
    try:
        status = Path(name).stat()
    except OSError:
        return [0, 0]
    return [status.st_mtime_ns, status.st_size]


def present(warm: Warm) -> datetime:
    """Return the present, or in a trial where the clock was stopped; raises ValueError for what is no instant."""
    stopped = os.environ.get("SLA_NOW", "") if warm.header["trial"] else ""
    if not stopped:
        return datetime.now(UTC)
    at = datetime.fromisoformat(stopped)
    if at.tzinfo is None:
        raise Doubtful
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise Doubtful from None


def _must_be_quiet(limits: Iterable[str], now: datetime) -> None:
    """Raise Doubtful when something has come due to happen by itself, such as acceptance by silence."""
    if any(limit and datetime.fromisoformat(limit) < now for limit in limits):
        raise Doubtful


def _must_hold_what_was_seen(anchor: Path, fresh: Fresh) -> None:
    """Raise Doubtful when this login has seen a later or another end of the store: the long way raises the alarm."""
    try:
        seen = json.loads(anchor.read_bytes())
    except FileNotFoundError:
        return
    oldest = min(fresh.hashes)
    if seen["sequence"] >= oldest and fresh.hashes.get(seen["sequence"]) != seen["hash"]:
        raise Doubtful


def speak(wish: Wish, warm: Warm) -> None:
    """Speak the language that is asked for, else the deployment's; raises Doubtful for one that is not spoken here."""
    if wish.lang and locale.match(wish.lang) is None:
        raise Doubtful
    locale.use(locale.choose(wish.lang or None, os.environ, warm.header["language"]))


def zone_of(warm: Warm) -> tzinfo:
    """Return the deployment's zone; where its clocks are never turned, no zone data is needed for it."""
    if warm.header["offset"] is not None:
        return timezone(timedelta(seconds=warm.header["offset"]))
    from zoneinfo import ZoneInfo

    return ZoneInfo(warm.header["zone"])


def actor_of(wish: Wish, warm: Warm, now: datetime) -> tuple[str, str]:
    """Return who acts, and for which department; raises Doubtful where the long way has something to say about it."""
    people = warm.header["people"]
    if warm.header["trial"]:
        wanted = wish.person or warm.header["default_person"]
        known = [id for id, person in people.items() if wanted == id] or [
            id for id, person in people.items() if wanted == person["name"]
        ]
        if not known:
            raise Doubtful
        return known[0], people[known[0]]["department"]
    if wish.person:
        raise Doubtful
    login, today = login_name(), now.astimezone(zone_of(warm)).date().isoformat()
    for id, person in people.items():
        if login in person["logins"] and not (person["left_on"] and person["left_on"] <= today):
            return id, person["department"]
    return login, ""


def briefs(warm: Warm, fresh: Fresh, departments: Iterable[str]) -> Iterator[Brief]:
    """Yield the briefs of departments, and all that have changed since the file was made."""
    for each in departments:
        yield from (brief for brief in warm.briefs(each) if brief.id not in fresh.changed)
    yield from (brief for brief in fresh.changed.values() if brief is not None)


def row_of(brief: Brief, warm: Warm, fresh: Fresh, now: datetime, zone: tzinfo) -> DutyRow:
    """Return the row of a brief; raises Stale where only the store knows when it is due, Doubtful for far-off years."""
    header = warm.header
    due_at = datetime.fromisoformat(brief.due_at)
    if brief.runs:
        if brief.id in fresh.changed:
            raise Stale
        due_at = _moved(header["moving"][brief.id], now)
    row = row_of_brief(brief, due_at, now, zone)
    if header["offset"] is not None and not header["years"][0] <= row.due_at.year <= header["years"][1]:
        raise Doubtful
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
