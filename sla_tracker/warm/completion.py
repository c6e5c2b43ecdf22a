"""The quick way of completion: what is offered after a tab, without opening the deployment."""

from pathlib import Path

from sla_tracker.cli.glimpse import Glimpse, SeenDuty
from sla_tracker.core.states import State
from sla_tracker.core.text import Text
from sla_tracker.storage.glance import Brief
from sla_tracker.warm import file


def glimpse(folder: Path, *, duties: bool) -> Glimpse:
    """Return what is offered after a tab, live duties if asked for; raises Stale and Doubtful."""
    with file.read(folder) as warm:
        header = warm.header
        _now, fresh = file.checked(folder, warm)
        return Glimpse(
            duties=[_offered(brief) for brief in file.briefs(warm, fresh, header["spans"])] if duties else [],
            people={id: person["name"] for id, person in header["people"].items()},
            departments=warm.departments(),
            language=header["language"],
        )


def _offered(brief: Brief) -> SeenDuty:
    return SeenDuty(brief.id[-6:], Text(zh=brief.zh, en=brief.en), brief.subject, State(brief.state))
