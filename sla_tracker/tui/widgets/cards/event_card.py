"""Facts of an event or a request."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from textual.content import Content

from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.request import Request
from sla_tracker.i18n import gettext as _
from sla_tracker.services.queries.duties import DutyRow
from sla_tracker.tui.calls.event_duties import EventFollowed
from sla_tracker.tui.text_content import lines, plain, row
from sla_tracker.tui.view_context import ViewContext
from sla_tracker.tui.widgets.cards.duty_card import STYLES
from sla_tracker.tui.widgets.cards.event_changes import reader_of
from sla_tracker.tui.widgets.cards.facts import Fact, painted
from sla_tracker.tui.widgets.lists.duty_list import symbol_of
from sla_tracker.wording.duties import format_standing, text_of
from sla_tracker.wording.facts.event_facts import event_facts
from sla_tracker.wording.facts.request_facts import request_facts


def event_card_facts(event: Event, place: ViewContext, now: datetime) -> Iterator[Fact]:
    """Yield an event's title and what it says of itself."""
    yield Fact("", plain(text_of(event.title), "bold"))
    kind = place.catalogue.event_types.get(event.type)
    yield from painted(event_facts(event, kind, reader_of(place, now)))


def followed_facts(followed: EventFollowed, place: ViewContext, now: datetime) -> Iterator[Fact]:
    """Yield the duties that an event opened, each with its state."""
    opened = [_opened(shown, place, now) for shown in followed.opened]
    yield Fact(_("Opened"), lines(*opened) if opened else plain(_("nothing"), "$muted"))


def _opened(shown: DutyRow, place: ViewContext, now: datetime) -> Content:
    said = format_standing(shown, now, place.zone)
    return row(
        plain(f"{symbol_of(shown)} ", STYLES[shown.bucket]),
        plain(text_of(shown.title)),
        plain(f"  {place.department(shown.provider)}", "$primary"),
        plain(f"  {said}", STYLES[shown.bucket]),
    )


def request_card_facts(request: Request, place: ViewContext, now: datetime) -> Iterator[Fact]:
    """Yield what a request asks for, between whom, and its facts."""
    obligation = place.catalogue.obligations.get(request.obligation)
    title = text_of(obligation.title) if obligation else clean(request.obligation)
    yield Fact("", plain(title if request.duty else _("Covered by no obligation"), "bold"))
    between = f"{place.department(request.provider)} → {place.department(request.consumer)}"
    yield Fact("", row(plain(between, "$primary"), plain(f"  {clean(request.subject)}", "bold")))
    yield from painted(request_facts(request, obligation, reader_of(place, now)))
