"""Dialogs to register and correct events, and to make requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from textual import on
from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Select, Static, TextArea

from sla_tracker.domain.agreements.fields import Field
from sla_tracker.domain.agreements.obligation import Obligation
from sla_tracker.domain.duties.event import Event, EventType
from sla_tracker.domain.duties.subject import LONGEST_SUBJECT
from sla_tracker.errors import SlaError
from sla_tracker.i18n import gettext as _
from sla_tracker.services import requests
from sla_tracker.services.events import fields_asked
from sla_tracker.tui.calls import departments, duties
from sla_tracker.tui.dialogs.dialog import Dialog, asked
from sla_tracker.tui.gateway import Call
from sla_tracker.tui.text_content import plain, row
from sla_tracker.tui.widgets.forms.form import FieldForm
from sla_tracker.wording.duties import text_of
from sla_tracker.wording.parse_time import parse_moment, parse_wanted


class EventDialog(Dialog):
    """Base of dialogs with a subject, a time, and the fields of the event type."""

    def __init__(self, event_type: EventType, event: Event | None = None) -> None:
        super().__init__(subject_id=event.id if event else "")
        self.event_type = event_type
        self.event = event

    def heading(self) -> Content:
        """Return the title."""
        kind = _("planned") if self.event_type.planned else _("happened")
        return row(plain(text_of(self.event_type.title)), plain(f"  {kind}", "$muted"))

    def body(self) -> ComposeResult:
        """Return subject, time, fields."""
        event = self.event
        self.subject = Input(event.subject if event else "", max_length=LONGEST_SUBJECT, compact=True)
        yield asked(f"{text_of(self.event_type.subject)} *", self.subject)
        self._when_given = (
            "" if event is None else f"{event.at.astimezone(self.view_context.zone):%Y-%m-%d %H:%M}"
        )
        hint = (
            _("tomorrow 9:00, 11-20 16:40, next Monday 10:00")
            if self.event_type.planned
            else _("now; or yesterday 16:40, 11-20 16:40")
        )
        self.when = Input(self._when_given, placeholder=hint, compact=True, classes="with-hint")
        yield asked(_("When *") if self.event_type.planned else _("When"), self.when)
        self.understood = Static(Content(""), classes="hint")
        yield asked("", self.understood)
        self.form = FieldForm(self.fields(), event.fields if event else {}, self.today())
        yield self.form

    def fields(self) -> tuple[Field, ...]:
        """Return the fields to ask for."""
        return self.event_type.fields

    def on_mount(self) -> None:
        """Focus the subject."""
        super().on_mount()
        self.subject.focus()
        self._understand()

    @on(Input.Changed)
    def _understand(self) -> None:
        try:
            at = self.at()
        except SlaError:
            self.understood.update(Content(""))
            self.form.ask_for(self.event_type.fields)
            return
        self.form.ask_for(fields_asked(self.sla.deployment.context, self.event_type, at))
        said = _("→ {when}", when=self.view_context.clock(at))
        self.understood.update(plain(said, "$muted"))

    def at(self) -> datetime:
        """Return the typed time; raises UsageError."""
        typed = self.when.value.strip()
        if self.event is not None and not self.is_moved:
            return self.event.at  # the field shows no seconds
        if not typed and not self.event_type.planned:
            return self.now()
        return parse_moment(typed, self.now(), self.view_context.zone, future=self.event_type.planned)

    @property
    def is_moved(self) -> bool:
        """Return whether another time was typed than the event's."""
        return self.when.value.strip() != self._when_given

    def action_confirm(self) -> None:
        """Check the time, then run the call."""
        try:
            at = self.at()
        except SlaError as error:
            self.say_problem(error.sentence())
            self.when.focus()
            return
        self.do(self.call(self.subject.value, at, self.form.values()), _("registering"))

    def call(self, subject: str, at: datetime, fields: Mapping[str, str]) -> Call:
        """Return the call for the filled-in values."""
        raise NotImplementedError


class RegisterDialog(EventDialog):
    """Registers an event; a likely duplicate needs a second confirmation."""

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Register")

    def call(self, subject: str, at: datetime, fields: Mapping[str, str]) -> Call:
        """Return the call that registers the event."""
        stated = at if self.when.value.strip() else None
        return duties.register(self.event_type.id, subject, stated, fields, again=self.insists)


class CorrectDialog(EventDialog):
    """Corrects subject, time or fields of an event."""

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Correct")

    def call(self, subject: str, at: datetime, fields: Mapping[str, str]) -> Call:
        """Return the call that corrects what was changed here, and nothing else."""
        event = self.event
        assert event is not None
        other = subject if subject != event.subject else None
        return duties.correct(event.id, other, at if self.is_moved else None, self.form.changes(), "")


class AskDialog(Dialog):
    """Requests something promised on request; a repeat needs a confirmation."""

    def __init__(self, obligation: Obligation) -> None:
        super().__init__()
        self._obligation = obligation

    def heading(self) -> Content:
        """Return the title."""
        provider = self.view_context.department(self._obligation.provider)
        return plain(
            _("Ask {department}: {title}", department=provider, title=text_of(self._obligation.title))
        )

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Ask")

    def body(self) -> ComposeResult:
        """Return the inputs for subject, text and wanted time."""
        self.subject = Input(
            placeholder=_("contract, vehicle or person, if it is about one"),
            max_length=LONGEST_SUBJECT,
            compact=True,
        )
        yield asked(_("Subject"), self.subject)
        self.text = TextArea(show_line_numbers=False, tab_behavior="focus")
        yield asked(_("What exactly"), self.text)
        self.wanted = Input(placeholder=_("only if later than agreed; optional"), compact=True)
        yield asked(_("Wanted by"), self.wanted)
        context = self.sla.deployment.context
        consumer = self.view_context.me.department
        today = self.today()
        self.form = FieldForm(requests.fields_to_ask(context, self._obligation, consumer), {}, today)
        yield self.form
        papers = requests.papers_to_ask(context, self._obligation, consumer)
        if papers:
            yield Static(plain(_("Papers that are there; the clock starts with the last one:"), "$muted"))
        self.papers = FieldForm([replace(one, required=False) for one in papers], {}, today)
        yield self.papers

    def action_confirm(self) -> None:
        """Check the wanted time and the fields, then make the request."""
        wanted = self.wanted.value.strip()
        try:
            zone = self.view_context.zone
            at = parse_wanted(wanted, self.now(), zone) if wanted else None
        except SlaError as error:
            self.say_problem(error.sentence())
            self.wanted.focus()
            return
        if problems := self.form.problems():
            self.say_problem("\n".join(problem.sentence() for problem in problems))
            self.form.focus_problem()
            return
        self.do(
            duties.ask(
                self._obligation,
                self.subject.value,
                self.text.text,
                at,
                fields=self.form.values(),
                papers=tuple(self.papers.values()),
                again=self.insists,
            ),
            _("asking"),
        )


class AskApartDialog(Dialog):
    """Makes a request that no obligation covers; it gets no time limits."""

    def __init__(self, departments: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._departments = departments

    def heading(self) -> Content:
        """Return the title."""
        return plain(_("Ask for something that no obligation covers"))

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Ask")

    def body(self) -> ComposeResult:
        """Return department, subject, text."""
        yield Static(plain(_("Nothing is agreed for it: it has no limits and is counted apart."), "$muted"))
        options = [(plain(name), id) for id, name in self._departments]
        self.department: Select[str] = Select(options, prompt=_("choose"), compact=True)
        yield asked(_("Whom"), self.department)
        self.subject = Input(
            placeholder=_("contract, vehicle or person, if it is about one"),
            max_length=LONGEST_SUBJECT,
            compact=True,
        )
        yield asked(_("Subject"), self.subject)
        self.text = TextArea(show_line_numbers=False, tab_behavior="focus")
        yield asked(_("What exactly"), self.text)

    def on_mount(self) -> None:
        """Focus the department."""
        super().on_mount()
        self.department.focus()

    def action_confirm(self) -> None:
        """Make the request, or show what is missing."""
        if self.department.is_blank():
            self.say_problem(_("Choose first: {what}.", what=_("Whom")))
            self.department.focus()
            return
        chosen = str(self.department.value)
        self.do(departments.ask_uncovered(chosen, self.subject.value, self.text.text), _("asking"))
