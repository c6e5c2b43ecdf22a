"""The quick way of `sla due` and of completion: what the last opening of the day knew is kept in a disposable file.

While the day, the settings and the plugins are those of that opening, the list needs neither of them loaded again.
Only the plainest calls come this way; whenever anything does not fit, the command goes the long way, and the file is
made anew on the way out. Both ways write through cli/duelist.py.
"""

import json
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from sla_tracker import locale
from sla_tracker.cli import output
from sla_tracker.cli.duelist import DueList, Sight, scope_of, write_document, write_list
from sla_tracker.core.states import OWED, State
from sla_tracker.core.text import Text
from sla_tracker.desk.rows import DutyRow, urgency
from sla_tracker.login import login_name
from sla_tracker.storage.glance import (
    Brief,
    Doubtful,
    Fresh,
    Mark,
    Stale,
    fresh_since,
    row_of_brief,
    unpacked,
)

if TYPE_CHECKING:
    from sla_tracker.cli.glimpse import Glimpse, SeenDuty

FORMAT = 2
LARGEST_HEADER = 1 << 20
HEADER_AT = 16
CONFIG_FILE = "sla_tracker.toml"
_VALUED = {"--deployment": "folder", "--as": "person", "--lang": "lang", "--department": "department"}
_SCOPES = {"--mine": "mine", "--pool": "pool", "--owed-to-us": "owed_to_us", "--all": "all"}
_AFTER_DUE = frozenset({"--department", "--json", *_SCOPES})


class Wish(NamedTuple):
    """A plain call of `sla due`."""

    folder: str = ""
    person: str = ""
    lang: str = ""
    department: str = ""
    scope: str = ""
    as_json: bool = False


class Warm(NamedTuple):
    """The file as it was read: its header, and its open descriptor with the place where the briefs begin."""

    header: Mapping[str, Any]
    descriptor: int
    begins: int

    def briefs(self, department: str) -> list[Brief]:
        """Return a department's briefs."""
        start, length, checksum = self.header["spans"].get(department, (0, 0, 0))
        return unpacked(os.pread(self.descriptor, length, self.begins + start), checksum) if length else []


def wished(arguments: Sequence[str]) -> Wish | None:
    """Return what a plain call asks for; None for any other call, and where no embedded store can be."""
    if os.name != "posix" or "_SLA_COMPLETE" in os.environ:
        return None
    found: dict[str, Any] = {}
    is_due = False
    words = iter(arguments)
    for word in words:
        name, equals, value = word.partition("=")
        if name in _AFTER_DUE and not is_due:
            return None
        if name in _VALUED:
            value = value if equals else next(words, "")
            if not value or value.startswith("-") or not value.isprintable():
                return None
            found[_VALUED[name]] = value
        elif word in _SCOPES and "scope" not in found:
            found["scope"] = _SCOPES[word]
        elif word == "--json":
            found["as_json"] = True
        elif word == "due" and not is_due:
            is_due = True
        elif word != "--no-input":
            return None
    return Wish(**found) if is_due else None


def answer(wish: Wish) -> int:
    """Write the list and return the exit code; raises Stale when the file has to be made anew, Doubtful otherwise."""
    folder = _deployment(wish.folder)
    try:
        warm = _opened(folder)
    except OSError:
        raise Stale from None
    try:
        due, sight = _found(wish, folder, warm)
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        raise Stale from None  # whatever is wrong with a disposable file or a line, the long way says it
    finally:
        os.close(warm.descriptor)
    return output.finished(lambda: (write_document if wish.as_json else write_list)(sight, due))


def glimpse(folder: Path, *, duties: bool) -> "Glimpse":
    """Return what is offered after a tab, live duties if asked for; raises Stale and Doubtful as `answer` does."""
    from sla_tracker.cli.glimpse import Glimpse  # not for the list

    try:
        warm = _opened(folder)
    except OSError:
        raise Stale from None
    try:
        header = warm.header
        _now_at, fresh = _checked(folder, warm)
        return Glimpse(
            duties=[_offered(brief) for brief in _briefs(warm, fresh, header["spans"])] if duties else [],
            people={id: person["name"] for id, person in header["people"].items()},
            departments={id: Text(zh=zh, en=en) for id, (zh, en) in header["departments"].items()},
            language=header["language"],
        )
    except (OSError, ValueError, KeyError, TypeError, IndexError):
        raise Stale from None
    finally:
        os.close(warm.descriptor)


def _offered(brief: Brief) -> "SeenDuty":
    from sla_tracker.cli.glimpse import SeenDuty

    return SeenDuty(brief.id[-6:], Text(zh=brief.zh, en=brief.en), brief.subject, State(brief.state))


def _briefs(warm: Warm, fresh: Fresh, departments: Iterable[str]) -> Iterator[Brief]:
    """Yield the briefs of departments, and all that have changed since the file was made."""
    for each in departments:
        yield from (brief for brief in warm.briefs(each) if brief.id not in fresh.changed)
    yield from (brief for brief in fresh.changed.values() if brief is not None)


def _checked(folder: Path, warm: Warm) -> tuple[datetime, Fresh]:
    """Return the present and what has changed; raises Stale or Doubtful where the file does not stand for it."""
    header = warm.header
    now = _now(header)
    if not os.access(header["store"], os.W_OK):
        raise Doubtful  # that it can only be read is said to everybody
    if (
        header["format"] != FORMAT
        or header["folder"] != str(folder)
        or stamps_of(header["watched"]) != header["stamps"]
    ):
        raise Stale
    if not header["day"][0] <= now.timestamp() < header["day"][1]:
        raise Stale
    fresh = fresh_since(Path(header["store"]), Mark(*header["mark"]), header["live"])
    _must_be_quiet((header["quiet_until"], fresh.quiet_until), now)
    _must_hold_what_was_seen(Path(header["anchor"]), fresh)
    return now, fresh


def _found(wish: Wish, folder: Path, warm: Warm) -> tuple[DueList, Sight]:
    header = warm.header
    now, fresh = _checked(folder, warm)
    _speak(wish, header)
    sight = Sight(
        at=now,
        zone=_zone(header),
        departments={id: Text(zh=zh, en=en) for id, (zh, en) in header["departments"].items()},
        people={id: person["name"] for id, person in header["people"].items()},
    )
    return _due(wish, warm, fresh, sight), sight


def _due(wish: Wish, warm: Warm, fresh: Fresh, sight: Sight) -> DueList:
    person, own = _actor(wish, warm.header, sight)
    named = _department(wish.department, sight.departments)
    scope = scope_of(wish.scope or None, named or own, looked_at=bool(named), ahead=False)
    department = "" if scope == "all" else named or own
    if (scope == "all" and named) or (scope != "all" and not department):
        raise Doubtful
    fits = _fitting(scope, department, person)
    sections = [department] if scope in {"ours", "mine", "pool"} else list(warm.header["spans"])
    rows = [_row(brief, warm.header, fresh, sight) for brief in _briefs(warm, fresh, sections) if fits(brief)]
    return DueList(scope=scope, department=department, rows=sorted(rows, key=urgency))


def _fitting(scope: str, department: str, person: str) -> Callable[[Brief], bool]:
    """Return what says whether a duty belongs on the list."""
    match scope:
        case "ours":
            return lambda brief: brief.provider == department
        case "mine":
            return lambda brief: brief.provider == department and brief.assignee == person
        case "pool":
            return lambda brief: brief.provider == department and not brief.assignee and brief.state in OWED
        case "owed_to_us":
            return lambda brief: brief.consumer == department
    return lambda _brief: True


def _row(brief: Brief, header: Mapping[str, Any], fresh: Fresh, sight: Sight) -> DutyRow:
    due_at = datetime.fromisoformat(brief.due_at)
    if brief.runs:
        if brief.id in fresh.changed:
            raise Stale
        due_at = _moved(header["moving"][brief.id], sight.at)
    row = row_of_brief(brief, due_at, sight.at, sight.zone)
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


# --- what has to fit --------------------------------------------------------------------------------------------------


def _deployment(named: str) -> Path:
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


def _opened(folder: Path) -> Warm:
    """Return the file; raises OSError, and Stale where somebody else could have written it."""
    for place in places(folder):
        try:
            descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            status = os.fstat(descriptor)
            ours = (
                status.st_uid == os.geteuid() and stat.S_ISREG(status.st_mode) and not status.st_mode & 0o077
            )
            length = int(os.pread(descriptor, HEADER_AT, 0)) if ours else 0
            if not 0 < length <= LARGEST_HEADER:
                raise Stale
            return Warm(json.loads(os.pread(descriptor, length, HEADER_AT)), descriptor, HEADER_AT + length)
        except (ValueError, Stale):
            os.close(descriptor)
            raise Stale from None
    raise Stale


def stamps_of(watched: Iterable[str]) -> list[list[int]]:
    """Return time and size of everything that decides what an opening finds; zeros for what is not there."""
    return [_stamp(name) for name in watched]


def _stamp(name: str) -> list[int]:
    try:
        status = Path(name).stat()
    except OSError:
        return [0, 0]
    return [status.st_mtime_ns, status.st_size]


def _now(header: Mapping[str, Any]) -> datetime:
    """Return the present, or in a trial where the clock was stopped; raises ValueError for what is no instant."""
    stopped = os.environ.get("SLA_NOW", "") if header["trial"] else ""
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


def _speak(wish: Wish, header: Mapping[str, Any]) -> None:
    if wish.lang and locale.match(wish.lang) is None:
        raise Doubtful
    locale.use(locale.choose(wish.lang or None, os.environ, header["language"]))


def _zone(header: Mapping[str, Any]) -> tzinfo:
    """Return the deployment's zone; where its clocks are never turned, no zone data is needed for it."""
    if header["offset"] is not None:
        return timezone(timedelta(seconds=header["offset"]))
    from zoneinfo import ZoneInfo

    return ZoneInfo(header["zone"])


def _actor(wish: Wish, header: Mapping[str, Any], sight: Sight) -> tuple[str, str]:
    """Return who acts, and for which department; raises Doubtful where the long way has something to say about it."""
    people: Mapping[str, Mapping[str, Any]] = header["people"]
    if header["trial"]:
        wanted = wish.person or header["default_person"]
        known = [id for id, person in people.items() if wanted == id] or [
            id for id, person in people.items() if wanted == person["name"]
        ]
        if not known:
            raise Doubtful
        return known[0], people[known[0]]["department"]
    if wish.person:
        raise Doubtful
    login, today = login_name(), sight.at.astimezone(sight.zone).date().isoformat()
    for id, person in people.items():
        if login in person["logins"] and not (person["left_on"] and person["left_on"] <= today):
            return id, person["department"]
    return login, ""


def _department(named: str, departments: Mapping[str, Text]) -> str:
    if not named:
        return ""
    for id, name in departments.items():
        if named in {id, name.zh, name.en}:
            return id
    raise Doubtful
