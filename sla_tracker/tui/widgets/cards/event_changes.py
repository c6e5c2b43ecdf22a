"""Facts about changes of an event, as a duty keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

from sla_tracker.i18n import gettext as _
from sla_tracker.tui.text_content import several
from sla_tracker.tui.widgets.cards.facts import Fact
from sla_tracker.wording.event_changes import Reader, format_event_changes

if TYPE_CHECKING:
    from sla_tracker.domain.duties.duty import Duty
    from sla_tracker.tui.view_context import ViewContext


def reader_of(place: ViewContext, now: datetime) -> Reader:
    """Return the names and the time for sentences about event changes."""
    names = {id: place.departments[id] for id in place.departments}
    return Reader(departments=names, people=place.people, now=now, zone=place.zone)


def event_change_facts(duty: Duty, place: ViewContext, now: datetime) -> Iterator[Fact]:
    """Yield what departments changed about the event of a duty, and whether it counts."""
    for said in format_event_changes(duty, reader_of(place, now)):
        yield Fact(_("Event"), several(said, "$accent"))
