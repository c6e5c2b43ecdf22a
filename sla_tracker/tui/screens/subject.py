"""The page of a contract, vehicle or person: its events and duties in time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from pathlib import PurePath
from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Horizontal
from textual.content import Content

from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.event import Event
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import ngettext
from sla_tracker.services.queries.duties import DutyRow
from sla_tracker.tui import keys
from sla_tracker.tui.calls import duties
from sla_tracker.tui.keyboard.effects import KeyEffect
from sla_tracker.tui.messages.loaded import SubjectLoaded
from sla_tracker.tui.screens.base.duty_actions import ActingScreen
from sla_tracker.tui.stylesheet import STYLES
from sla_tracker.tui.text_content import plain, row
from sla_tracker.tui.widgets.cards.duty_card import STYLES as STYLES_OF
from sla_tracker.tui.widgets.cards.duty_card import DutyCard
from sla_tracker.tui.widgets.cards.facts import Fact, FactSheet
from sla_tracker.tui.widgets.cards.time_line import Point, TimeLine
from sla_tracker.tui.widgets.lists.duty_list import DutyList, symbol_of
from sla_tracker.tui.widgets.lists.sections import Section
from sla_tracker.wording.duties import format_day, format_moment, text_of, weekday_word
from sla_tracker.wording.lists.subjects import format_more_ties, format_tie

MOST_TIED = 4  # lines of tied subjects above the list


class SubjectScreen(ActingScreen):
    """A page over a view; esc returns to the view."""

    CSS_PATH: ClassVar[list[str | PurePath]] = [STYLES / "duty_list.tcss", STYLES / "subject.tcss"]
    BINDINGS: ClassVar[list[BindingType]] = [
        keys.key("page.primary", "enter", "primary", N_("Deliver, judge or look"), effect=KeyEffect.OPENS),
        keys.key("page.back", "escape", "back", N_("Back")),
    ]

    POINTLESS: ClassVar[frozenset[str]] = frozenset(
        {"subject", "filter", "saved_filters", "clear", "sort", "jump"}
    )

    def __init__(self, subject: str) -> None:
        super().__init__()
        self._subject = subject

    def body(self) -> ComposeResult:
        """Return the events, then the duties beside the card of the current one."""
        self.sheet = FactSheet(id="subject-facts")
        self.list = DutyList(self.view_context, self.now, id="duties")
        self.list.party = lambda shown: shown.provider
        self.list.party_always = True
        self.list.party_head = N_("Provider")
        self.list.empty = Content(_("Nothing is stored about this subject."))
        self.card = DutyCard(self.view_context, id="card")
        self.time_line = TimeLine(self.view_context.zone, id="time-line")
        yield self.sheet
        yield self.time_line
        with Horizontal(id="beside"):
            yield self.list
            yield self.card

    def read(self) -> None:
        """Read the subject's events and duties."""
        self.gateway.load(self, "subject", duties.about(self._subject), _("reading"))

    def minute_passed(self) -> None:
        """Read again, because duties may have become late."""
        super().minute_passed()
        self.gateway.pace(self, "", self.read)

    @on(SubjectLoaded)
    def _take(self, message: SubjectLoaded) -> None:
        also = [row for one in message.tied for row in one.duties]
        zone = self.view_context.zone
        self._rows = sorted((*message.rows, *also), key=lambda shown: (shown.day_in(zone), shown.due_at))
        self.sheet.show([*self._facts(message.events, len(message.rows)), *self._tie_facts(message)])
        elsewhere = [event for one in message.tied for event in one.events]
        self.time_line.show(
            [
                *(Point(event.at, "◆", "$accent", on_axis=True) for event in message.events),
                *(Point(event.at, "◇", "$muted", on_axis=True) for event in elsewhere),
                *(Point(shown.due_at, symbol_of(shown), STYLES_OF[shown.bucket]) for shown in self._rows),
            ],
            self.now(),
        )
        self.show_read()

    _rows: Sequence[DutyRow] = ()

    def show_read(self) -> None:
        """Show the rows that were read, and read the card's duty again.

        The duty may have changed, by a note for example, while its row stays as it was.
        """
        self.lay_out()
        self._followed_current(None)

    def lay_out(self) -> None:
        """Show the duties grouped by due day."""
        sections: list[Section] = []
        for day, rows in groupby(self._rows, key=lambda shown: shown.day_in(self.view_context.zone)):
            start = sections[-1].end if sections else 0
            today = self.today()
            title = f"{format_day(day, today)} {weekday_word(day)}{'  ' + _('today') if day == today else ''}"
            sections.append(
                Section(title, start, start + len(list(rows)), "today" if day == today else "week")
            )
        self.list.show(self._rows, sections)

    def _facts(self, events: Sequence[Event], count: int) -> Iterator[Fact]:
        said = ngettext("{n} duty of all departments", "{n} duties of all departments", count)
        yield Fact("", row(plain(self._subject, "bold $primary"), plain(f"   {said}", "$muted")))
        for event in events:
            at = format_moment(event.at, self.now(), self.view_context.zone)
            who = self.view_context.person(event.registered_by)
            yield Fact(
                "",
                row(
                    plain("◆ ", "$accent"),
                    plain(f"{at}  ", "$muted"),
                    plain(text_of(event.title)),
                    plain(f"  {clean(who)}", "$muted"),
                ),
            )

    def _tie_facts(self, message: SubjectLoaded) -> Iterator[Fact]:
        """Yield a line for each tied subject, whose duties are in the list too."""
        for one in message.tied[:MOST_TIED]:
            said = format_tie(one.tie, self.now(), self.view_context.zone)
            yield Fact("", row(plain("◇ ", "$muted"), plain(said)))
        more = message.left_off + max(0, len(message.tied) - MOST_TIED)
        if more:
            yield Fact("", plain(format_more_ties(more), "$muted"))

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Disable actions that would filter this page or open it again."""
        return action not in self.POINTLESS and super().check_action(action, parameters)

    def action_back(self) -> None:
        """Return to the view below."""
        self.dismiss()
