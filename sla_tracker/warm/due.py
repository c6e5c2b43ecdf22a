"""The quick way of `sla due`: the list from what the last opening of the day knew.

While the day, the settings and the plugins are those of that opening, the list needs neither of them loaded again.
Only the plainest calls come this way. Both ways write through cli/duelist.py.
"""

from collections.abc import Callable, Mapping
from pathlib import Path

from sla_tracker.cli import output
from sla_tracker.cli.duelist import DueList, Sight, scope_of, write_document, write_list
from sla_tracker.core.states import OWED
from sla_tracker.core.text import Text
from sla_tracker.desk.rows import urgency
from sla_tracker.storage.glance import Brief, Doubtful, Fresh
from sla_tracker.warm import file
from sla_tracker.warm.file import Warm
from sla_tracker.warm.wishes import Wish


def answer(wish: Wish) -> int:
    """Write the list and return the exit code; raises Stale when the file has to be made anew, Doubtful otherwise."""
    folder = file.deployment(wish.folder)
    with file.read(folder) as warm:
        due, sight = _found(wish, folder, warm)
    return output.finished(lambda: (write_document if wish.as_json else write_list)(sight, due))


def _found(wish: Wish, folder: Path, warm: Warm) -> tuple[DueList, Sight]:
    now, fresh = file.checked(folder, warm)
    file.speak(wish, warm)
    sight = Sight(
        at=now,
        zone=file.zone_of(warm),
        departments=warm.departments(),
        people={id: person["name"] for id, person in warm.header["people"].items()},
    )
    return _due(wish, warm, fresh, sight), sight


def _due(wish: Wish, warm: Warm, fresh: Fresh, sight: Sight) -> DueList:
    person, own = file.actor_of(wish, warm, sight.at)
    named = _department(wish.department, sight.departments)
    scope = scope_of(wish.scope or None, named or own, looked_at=bool(named), ahead=False)
    department = "" if scope == "all" else named or own
    if (scope == "all" and named) or (scope != "all" and not department):
        raise Doubtful
    fits = _fitting(scope, department, person)
    sections = [department] if scope in {"ours", "mine", "pool"} else list(warm.header["spans"])
    chosen = (brief for brief in file.briefs(warm, fresh, sections) if fits(brief))
    rows = [file.row_of(brief, warm, fresh, sight.at, sight.zone) for brief in chosen]
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


def _department(named: str, departments: Mapping[str, Text]) -> str:
    if not named:
        return ""
    for id, name in departments.items():
        if named in {id, name.zh, name.en}:
            return id
    raise Doubtful
