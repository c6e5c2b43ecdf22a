"""Dialogs of an open request: its fields, papers and state, and objections."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.content import Content
from textual.widgets import Input, Static, TextArea

from sla_tracker.domain.agreements.fields import TICKED
from sla_tracker.domain.duties.duty import OWED, Duty, FieldChange
from sla_tracker.domain.duties.states import Decision
from sla_tracker.errors import UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import paired
from sla_tracker.services.access import Right, may
from sla_tracker.services.departments.inbox_duties import papers_limit
from sla_tracker.services.deployment import OpenDeployment
from sla_tracker.services.open_requests import field_changes, progress
from sla_tracker.services.open_requests.clocks import request_terms_of
from sla_tracker.services.open_requests.field_changes import objectable_field_changes, pending_field_changes
from sla_tracker.tui.calls.departments import said
from sla_tracker.tui.dialogs.dialog import Dialog, asked
from sla_tracker.tui.dialogs.duties.statement import WordsDialog
from sla_tracker.tui.gateway import Call
from sla_tracker.tui.text_content import plain, several
from sla_tracker.tui.widgets.cards.event_changes import reader_of
from sla_tracker.tui.widgets.forms.form import FieldForm
from sla_tracker.wording.duties import text_of
from sla_tracker.wording.facts.open_requests import format_field_changes
from sla_tracker.wording.parse_time import parse_moment

if TYPE_CHECKING:
    from sla_tracker.domain.people import Actor
    from sla_tracker.tui.app_base import BaseApp


def request_statements(actor: Actor, duty: Duty) -> Iterator[tuple[str, str]]:
    """Yield id and label of what the person may do to a duty's open request now."""
    terms = request_terms_of(duty)
    owed = duty.state in OWED and bool(duty.request)
    offers = (
        ("update", _("Tell how it stands"), Right.UPDATE_REQUEST, owed and terms.updates_every is not None),
        ("change_fields", _("Change its details"), Right.CHANGE_REQUEST, owed and bool(terms.fields)),
        ("papers", _("Tick papers that are there"), Right.TICK_PAPER, owed and bool(duty.missing_papers)),
        (
            "object_field",
            _("Object to the changed details"),
            Right.OBJECT,
            bool(objectable_field_changes(duty)),
        ),
        (
            "judge_field",
            _("Decide on the change that was objected to"),
            Right.CONFIRM_HOLD,
            bool(pending_field_changes(duty)),
        ),
    )
    for id, words, right, now in offers:
        if now and may(actor, right, provider=duty.provider, consumer=duty.consumer):
            yield id, words


class ChangeFieldsDialog(Dialog):
    """Changes fields of a request, with a reason."""

    def __init__(self, title: str, duty: Duty) -> None:
        super().__init__(subject_id=duty.id)
        self._title, self._duty = title, duty

    def heading(self) -> Content:
        """Return the title."""
        return plain(self._title)

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Change")

    def body(self) -> ComposeResult:
        """Return what a change means, the fields and the reason."""
        note = _("A shorter limit counts from now, a longer one from the start; both sides are told.")
        yield Static(plain(note, "$muted"))
        today = self.today()
        self.form = FieldForm(request_terms_of(self._duty).fields, self._duty.fields, today)
        yield self.form
        self.reason = TextArea(show_line_numbers=False, tab_behavior="focus")
        yield asked(_("Reason"), self.reason)

    def on_mount(self) -> None:
        """Focus the first field."""
        super().on_mount()
        next(self.form.answers()).focus()

    def action_confirm(self) -> None:
        """Check the fields and the reason, then change them."""
        if problems := self.form.problems():
            self.say_problem("\n".join(problem.sentence() for problem in problems))
            self.form.focus_problem()
            return
        reason = self.reason.text.strip()
        if not reason:
            self.say_problem(_("It needs a reason."))
            self.reason.focus()
            return
        duty, values = self._duty, self.form.changes()
        act = lambda deployment: field_changes.change_fields(
            deployment.context, deployment.actor, duty.id, values, reason
        )
        self.do(said(_("Changed: both sides are told."), act), _("changing"))


class PapersDialog(Dialog):
    """Ticks the papers of a request that are there."""

    def __init__(self, title: str, duty: Duty, facts: str) -> None:
        super().__init__(subject_id=duty.id)
        self._title, self._duty, self._facts = title, duty, facts

    def heading(self) -> Content:
        """Return the title."""
        return plain(self._title)

    def confirmation(self) -> str:
        """Return the confirm button's label."""
        return _("Tick")

    def body(self) -> ComposeResult:
        """Return what is missing, as ticks."""
        yield Static(several(self._facts, "$muted"))
        missing = [one for one in request_terms_of(self._duty).papers if one.id in self._duty.missing_papers]
        today = self.today()
        self.form = FieldForm(missing, {}, today)
        yield self.form
        self.came = Input(placeholder=_("now; else such as 11-20 9:00"), compact=True)
        yield asked(_("They came at"), self.came)

    def on_mount(self) -> None:
        """Focus the first paper."""
        super().on_mount()
        next(self.form.answers()).focus()

    def action_confirm(self) -> None:
        """Tick the papers, or say that none is ticked."""
        ticked = [id for id, value in self.form.values().items() if value == TICKED]
        if not ticked:
            self.say_problem(_("Tick at least one paper."))
            return
        duty, typed = self._duty, self.came.value.strip()
        try:
            at = parse_moment(typed, self.now(), self.view_context.zone) if typed else None
        except UsageError as reason:
            self.say_problem(reason.sentence())
            self.came.focus()
            return
        act = lambda deployment: progress.tick_papers(
            deployment.context, deployment.actor, duty.id, ticked, at
        )
        is_all = len(ticked) == len(duty.missing_papers)
        done = _("Ticked: the clock runs.") if is_all else _("Ticked.")
        self.do(said(done, act), _("ticking"))


def _update(_app: BaseApp, duty: Duty, title: str) -> Dialog:
    def make(_choice: str, words: str, _insists: bool) -> Call:
        act = lambda deployment: progress.tell_update(deployment.context, deployment.actor, duty.id, words)
        return said(_("Told: the next update counts from now."), act)

    return WordsDialog(paired(_("Tell how it stands"), title), make, words=_("How it stands"))


def _change_fields(_app: BaseApp, duty: Duty, title: str) -> Dialog:
    return ChangeFieldsDialog(paired(_("Change its details"), title), duty)


def _papers(app: BaseApp, duty: Duty, title: str) -> Dialog:
    facts = _("The clock starts with the last paper.")
    if not duty.papers and app.gateway.now() > papers_limit(app.gateway.deployment.context, duty):
        facts += "\n" + _("Nothing has come for 20 workdays; withdraw the request if it is needed no more.")
    return PapersDialog(paired(_("Papers"), title), duty, facts)


def _changed(app: BaseApp, duty: Duty, change: FieldChange | None) -> str:
    """Return the sentence on a change, empty without one."""
    reader = reader_of(app.view_context, app.gateway.now())
    said = zip(duty.field_changes, format_field_changes(duty, reader), strict=True)
    return "".join(sentence for one, sentence in said if one is change)


def _name_of(change: FieldChange | None) -> str:
    """Return what tells a change apart from the others of its request."""
    return "" if change is None else f"{change.field} {change.at}"


def _object(app: BaseApp, duty: Duty, title: str) -> Dialog:
    change = next(iter(objectable_field_changes(duty)), None)

    def make(_choice: str, words: str, _insists: bool) -> Call:
        act = lambda deployment: field_changes.object_to_change(
            deployment.context, deployment.actor, duty.id, words, shown=change
        )
        return said(_("Objected: the change counts only if your head confirms it."), act)

    heading = paired(_("Object to the changed details"), title)
    return WordsDialog(heading, make, facts=_changed(app, duty, change), draft_of=_name_of(change))


def _judge(app: BaseApp, duty: Duty, title: str) -> Dialog:
    change = next(iter(pending_field_changes(duty)), None)

    def make(choice: str, _words: str, _insists: bool) -> Call:
        def act(deployment: OpenDeployment) -> object:
            return field_changes.judge_change(
                deployment.context,
                deployment.actor,
                duty.id,
                confirmed=choice == Decision.YES,
                shown=change,
            )

        return said(_("On record."), act)

    return WordsDialog(
        paired(_("Changed details"), title),
        make,
        choice=_("The change"),
        options=((Decision.YES.value, _("counts")), (Decision.NO.value, _("does not count"))),
        asks_words=False,
        facts=_changed(app, duty, change),
        draft_of=_name_of(change),
    )


def _field(app: BaseApp, duty: Duty, title: str) -> Dialog:
    """Return the dialog for the inbox: object to a change, or judge an objection."""
    return (_judge if pending_field_changes(duty) else _object)(app, duty, title)


REQUEST_DIALOGS: dict[str, Callable[[BaseApp, Duty, str], Dialog]] = {
    "update": _update,
    "change_fields": _change_fields,
    "papers": _papers,
    "object_field": _object,
    "judge_field": _judge,
    "field": _field,
}


def request_dialog(app: BaseApp, id: str, duty: Duty) -> Dialog:
    """Return the dialog of what may be done to a duty's open request."""
    title = f"{text_of(duty.title)} {duty.subject}".rstrip()
    return REQUEST_DIALOGS[id](app, duty, title)
