"""View 4: events and requests, registered once for all departments concerned."""

from __future__ import annotations

from functools import partial

from textual import on
from textual.actions import parse
from textual.app import ComposeResult
from textual.binding import Binding
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Input

from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.duties.request import REQUEST_WORDS, Request, RequestState
from sla_tracker.domain.typed_text import folded
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import bracketed
from sla_tracker.services.access import Right, may
from sla_tracker.tui import keys
from sla_tracker.tui.calls import departments, duties, pinyin
from sla_tracker.tui.calls.event_duties import EventFollowed, load_event_duties
from sla_tracker.tui.calls.imports import ImportsLoaded, load_imports, take_import_back
from sla_tracker.tui.filtering import spelled_like
from sla_tracker.tui.messages.loaded import EventsLoaded
from sla_tracker.tui.screens.base.view_screen import ViewScreen
from sla_tracker.tui.stylesheet import STYLES
from sla_tracker.tui.widgets.bars.filter_line import FilterLine
from sla_tracker.tui.widgets.cards.event_card import event_card_facts, followed_facts, request_card_facts
from sla_tracker.tui.widgets.cards.facts import FactSheet
from sla_tracker.tui.widgets.lists.happened_list import HappenedList, HappenedRow
from sla_tracker.tui.widgets.lists.line_list import LineList
from sla_tracker.tui.widgets.lists.sections import Section
from sla_tracker.wording.duties import text_of

APART = "*"
OPEN_STATES = (RequestState.ASKED, RequestState.ANSWERED)
# The words before a colon in the filter, after which a department is named.
DEPARTMENT_KEYS = frozenset({"dept", "department", "部门"})


class EventsScreen(ViewScreen):
    """Lists planned events, open requests, and past events."""

    VIEW = "events"
    CSS_PATH = STYLES / "columns.tcss"
    BINDINGS = keys.EVENTS
    AUTO_FOCUS = "#happened"

    def __init__(self) -> None:
        super().__init__()
        self._loaded: EventsLoaded | None = None
        self._asked = ""

    def body(self) -> ComposeResult:
        """Return filter, list and facts."""
        self.filter_line = FilterLine(_("words, pinyin initials, dept:"), self._asked)
        self.filter = self.filter_line.input
        self.list = HappenedList(self.view_context, self.now)
        self.list.empty = self.empty()
        self.sheet = FactSheet()
        yield self.filter_line
        with Horizontal(classes="columns"):
            yield self.list
            with VerticalScroll(classes="facts"):
                yield self.sheet

    def empty(self) -> Content:
        """Return the text for no rows, with what to do next."""
        key_word = self.sla.key_word
        if self._asked:
            return Content(
                _(
                    "Nothing registered or asked for fits the filter.\n{key} takes it away.",
                    key=key_word("list.clear"),
                )
            )
        return Content(
            _(
                "Nothing has been registered yet.\n"
                "{register} registers an event, {list} takes a list over, {ask} asks for something.",
                register=key_word("event.register"),
                list=key_word("event.import"),
                ask=key_word("event.ask"),
            )
        )

    def word_of(self, binding: Binding) -> str:
        """Return a key's label; empty where the row under the cursor has no use for it."""
        row, action = self.list.current, parse(binding.action)[1]
        if not self._is_possible(action, row):
            return ""
        is_withdrawal = action == "cancel_event" and row is not None and row.request is not None
        return _("Withdraw") if is_withdrawal else super().word_of(binding)

    def _is_possible(self, action: str, row: HappenedRow | None) -> bool:
        """Return whether a row, None where there is none, has a use for an action."""
        match action:
            case "primary":
                return row is not None and bool(row.subject)
            case "answer":
                return row is not None and row.request is not None and self._answers(row.request) is not None
            case "correct":
                return row is not None and row.event is not None
            case "move":
                return row is not None and row.event is not None and row.event.planned
            case "cancel_event":
                return row is not None and (row.request is None or row.request.state in OPEN_STATES)
        return True

    def read(self) -> None:
        """Read events and requests."""
        self.gateway.load(self, "events", duties.events_and_requests(), _("reading events"))

    @on(EventsLoaded)
    def _take(self, message: EventsLoaded) -> None:
        self._loaded = message
        self.lay_out()

    def minute_passed(self) -> None:
        """Move planned events whose time has come to the past ones."""
        super().minute_passed()
        self.lay_out()

    def lay_out(self) -> None:
        """Show planned events, open requests and past events, each under a heading."""
        if self._loaded is None:
            return
        events = [self._event_row(event) for event in self._loaded.events]
        requests = [self._request_row(request) for request in self._loaded.requests]
        now = self.now()
        groups = (
            (
                _("Open requests"),
                "today",
                [
                    row
                    for row in requests
                    if row.request and row.request.duty and row.request.state in OPEN_STATES
                ],
            ),
            (
                _("Covered by no obligation"),
                "today",
                [
                    row
                    for row in requests
                    if row.request and not row.request.duty and row.request.state in OPEN_STATES
                ],
            ),
            (
                _("Planned"),
                "week",
                [row for row in reversed(events) if row.event and row.event.planned and row.at >= now],
            ),
            (
                _("Happened"),
                "later",
                [row for row in events if row.event and (not row.event.planned or row.at < now)],
            ),
            (
                _("Settled requests"),
                "closed",
                [row for row in requests if row.request and row.request.state not in OPEN_STATES],
            ),
        )
        rows: list[HappenedRow] = []
        sections: list[Section] = []
        for title, tone, group in groups:
            fitting = [row for row in group if self._fits(row)]
            sections.append(Section(title, len(rows), len(rows) + len(fitting), tone))
            rows += fitting
        self.list.empty = self.empty()
        self.list.show(rows, sections)

    def _fits(self, row: HappenedRow) -> bool:
        return all(self._has_word(row, word) for word in folded(self._asked).split())

    def _has_word(self, row: HappenedRow, word: str) -> bool:
        """Return whether a word fits a row; after `dept:` a department concerned."""
        key, colon, value = word.partition(":")
        if colon and key in DEPARTMENT_KEYS:
            return any(
                spelled_like(value, f"{id} {self.view_context.department(id)}") for id in row.departments
            )
        return spelled_like(word, f"{row.title} {row.subject} {row.who}")

    def _event_row(self, event: Event) -> HappenedRow:
        planned = _("planned") if event.planned and event.at >= self.now() else ""
        return HappenedRow(
            id=event.id,
            at=event.at,
            title=text_of(event.title),
            subject=clean(event.subject),
            state=_("claimed") if event.before_claim else planned,
            tone="today" if event.before_claim else "week",
            who=self.view_context.person(event.registered_by),
            open_duties=self._loaded.open_duties.get(event.id, 0) if self._loaded else 0,
            departments=self._concerned(event),
            event=event,
        )

    def _concerned(self, event: Event) -> frozenset[str]:
        """Return the departments that owe or are owed something by an event.

        The event's type tells them; the department of who registered it is added.
        """
        opened = self.view_context.catalogue.opened_by(event.type)
        registered_by = self.view_context.people.get(event.registered_by)
        parties = {id for obligation, _trigger in opened for id in (obligation.provider, obligation.consumer)}
        return frozenset(parties | ({registered_by.department} if registered_by else set()))

    def _request_row(self, request: Request) -> HappenedRow:
        obligation = self.view_context.catalogue.obligations.get(request.obligation)
        is_open = request.state in OPEN_STATES
        return HappenedRow(
            id=request.id,
            at=request.requested_at,
            title=text_of(obligation.title) if obligation else clean(request.obligation or request.text),
            subject=clean(request.subject),
            state=_(REQUEST_WORDS[request.state]),
            tone="today" if is_open else "closed",
            who=self.view_context.person(request.requested_by),
            departments=frozenset({request.provider, request.consumer}),
            request=request,
        )

    @on(LineList.Highlighted)
    def _show_facts(self) -> None:
        row = self.list.current
        self.refresh_bindings()
        if row is None:
            self.sheet.show([])
        elif row.event is not None:
            self.sheet.show(list(event_card_facts(row.event, self.view_context, self.now())))
            self.gateway.load(self, "followed", load_event_duties(row.event), beside=True)
        elif row.request is not None:
            self.sheet.show(list(request_card_facts(row.request, self.view_context, self.now())))

    @on(EventFollowed)
    def _show_followed(self, message: EventFollowed) -> None:
        row = self.list.current
        if row is not None and row.event == message.event:
            facts = event_card_facts(message.event, self.view_context, self.now())
            self.sheet.show([*facts, *followed_facts(message, self.view_context, self.now())])

    def action_filter(self) -> None:
        """Open the filter."""
        self.filter_line.open()

    @on(Input.Changed, "#filter")
    def _narrow(self, message: Input.Changed) -> None:
        self._asked = message.value
        pinyin.once_loaded(self, self.lay_out)

    @on(Input.Submitted, "#filter")
    def _leave(self) -> None:
        self.lay_out()  # the next key acts on the rows that fit the whole filter
        self.list.focus()

    def action_clear(self) -> None:
        """Clear the filter."""
        self.filter.value = self._asked = ""
        self.filter_line.display = False
        self.list.focus()
        self.lay_out()

    def action_register(self) -> None:
        """Choose an event type, then fill in its form."""
        from sla_tracker.tui.dialogs.prompts import PickDialog
        from sla_tracker.tui.dialogs.register import RegisterDialog

        types = self.view_context.catalogue.event_types
        options = [
            (kind.id, _type_title(text_of(kind.title), planned=kind.planned)) for kind in types.values()
        ]
        if not options:
            self.sla.show_message(_("No plugin declares an event that could be registered."))
            return
        self.app.push_screen(
            PickDialog(
                _("What has happened, or is planned?"),
                options,
                lambda id: self._open(RegisterDialog(types[id])),
            )
        )

    def action_import_list(self) -> None:
        """Take a list over, go on with an import, or take one back."""
        self.gateway.load(self, "imports", load_imports, _("reading the imports"), opens=True)

    @on(ImportsLoaded)
    def _offer_imports(self, message: ImportsLoaded) -> None:
        from sla_tracker.tui.dialogs.imports.choosing import import_choices

        undo = lambda run: self.gateway.act(self, take_import_back(run), _("taking the import back"))
        self._open(import_choices(message.runs, message.maps, show=self._open, undo=undo))

    def _open(self, dialog: Screen[None]) -> None:
        self.app.push_screen(dialog)

    def action_ask(self) -> None:
        """Choose what to request, then fill in its form."""
        from sla_tracker.tui.dialogs.prompts import PickDialog
        from sla_tracker.tui.dialogs.register import AskApartDialog, AskDialog

        mine = self.view_context.me.department
        obligations = {
            obligation.entry: obligation for obligation, _trigger in self.view_context.catalogue.on_request()
        }
        options = [
            (entry, bracketed(text_of(obligation.title), self.view_context.department(obligation.provider)))
            for entry, obligation in obligations.items()
            if mine in obligation.owed_to(tuple(self.view_context.departments))
        ]
        if not mine:
            self.sla.show_message(_("There is nothing your department can ask for."))
            return
        others = [(id, self.view_context.department(id)) for id in self.view_context.departments]
        others = [(id, name) for id, name in others if id != mine]
        options.append((APART, _("Nothing of this list: ask a department")))

        def ask(entry: str) -> None:
            self._open(AskApartDialog(others) if entry == APART else AskDialog(obligations[entry]))

        self.app.push_screen(PickDialog(_("What do you need?"), options, ask))

    def action_answer(self) -> None:
        """Answer a request as its provider; as its consumer, settle an uncovered one.

        A request is uncovered if no obligation covers it.
        """
        from sla_tracker.tui.dialogs.prompts import ConfirmDialog, TextDialog

        row = self.list.current
        request = None if row is None else row.request
        if row is None or request is None:
            self.sla.show_message(_("Put the cursor on a request first."))
            return
        title = f"{row.title} {row.subject}".strip()
        right = self._answers(request)
        if right is Right.ANSWER:
            answer = partial(departments.answer, request)
            missing = _("An answer needs a text.")
            heading = _("Answer: {title}", title=title)
            self._open(TextDialog(heading, _("Answer"), missing, answer, subject_id=request.id))
        elif right is Right.WITHDRAW_REQUEST:
            settle = lambda: self.gateway.act(self, departments.settle(request), _("settling"))
            said = request.answer or _("It has not been answered yet.")
            self._open(ConfirmDialog(_("Settled? {title}", title=title), said, _("Settled"), settle))
        else:
            self.sla.show_message(_("There is nothing for you to answer or settle here."))

    def _answers(self, request: Request) -> Right | None:
        """Return by which right the person answers or settles a request, None for neither."""
        actor = self.view_context.actor
        if self.gateway.has_deployment:
            actor = self.gateway.deployment.context.acting(actor, self.now())
        sides = {"provider": request.provider, "consumer": request.consumer}
        if request.state is RequestState.ASKED and may(actor, Right.ANSWER, **sides):
            return Right.ANSWER
        return (
            Right.WITHDRAW_REQUEST
            if _may_settle(request) and may(actor, Right.WITHDRAW_REQUEST, **sides)
            else None
        )

    def _event(self) -> Event | None:
        row = self.list.current
        if row is None or row.event is None:
            self.sla.show_message(_("Put the cursor on an event first."))
            return None
        return row.event

    def action_correct(self) -> None:
        """Correct a mistyped event."""
        from sla_tracker.tui.dialogs.register import CorrectDialog

        event = self._event()
        event_type = self.view_context.catalogue.event_types.get(event.type) if event else None
        if event is not None and event_type is not None:
            self.app.push_screen(CorrectDialog(event_type, event))

    def action_move(self) -> None:
        """Reschedule a planned event."""
        from sla_tracker.tui.dialogs.event_changes import MoveDialog

        event = self._event()
        if event is not None and not event.planned:
            key = self.sla.key_word("event.correct")
            said = _("This has happened already; correct its time instead ({key}).", key=key)
            self.sla.show_message(said)
        elif event is not None:
            self.app.push_screen(MoveDialog(event))

    def action_cancel_event(self) -> None:
        """Cancel an event, or withdraw a request, with a reason."""
        from sla_tracker.tui.dialogs.event_changes import CancelEventDialog
        from sla_tracker.tui.dialogs.prompts import TextDialog

        row = self.list.current
        if row is None:
            self.sla.show_message(_("Put the cursor on an event or a request first."))
            return
        missing = _("It needs a reason.")
        if row.request is not None:
            about = f"{row.title} {row.subject}".rstrip()
            title = _("Withdraw the request: {title}", title=about)
            request = row.request
            withdraw = (
                partial(duties.withdraw, row.id) if request.duty else partial(departments.withdraw, request)
            )
            self.app.push_screen(TextDialog(title, _("Withdraw"), missing, withdraw, subject_id=row.id))
        elif row.event is not None:
            self._open(CancelEventDialog(row.event))

    @on(LineList.Chosen)
    def action_primary(self) -> None:
        """Open the page of the subject."""
        row = self.list.current
        if row is None or not row.subject:
            self.sla.show_message(_("This is about no contract, vehicle or person."))
            return
        self.sla.open_subject(row.subject)


def _may_settle(request: Request) -> bool:
    return not request.duty and request.state in OPEN_STATES


def _type_title(title: str, *, planned: bool) -> str:
    return bracketed(title, _("planned")) if planned else title
