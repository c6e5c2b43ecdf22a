"""Base class of dialogs: title, body, error line and two buttons."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from pathlib import PurePath
from typing import TYPE_CHECKING, ClassVar, cast

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.containers import Horizontal, Vertical, VerticalScroll
from textual.content import Content
from textual.notifications import Notification
from textual.screen import ModalScreen
from textual.widget import Widget
from textual.widgets import Button, Input, Static

from sla_tracker.domain.clean import clean
from sla_tracker.errors import NeedsConfirmation
from sla_tracker.i18n import gettext as _
from sla_tracker.services.form_drafts import DraftValue, FormDraft
from sla_tracker.tui import keys
from sla_tracker.tui.calls import duties
from sla_tracker.tui.gateway import Call
from sla_tracker.tui.messages import CallRefused, Done
from sla_tracker.tui.messages.loaded import ChangedMeanwhile
from sla_tracker.tui.messages.session import StoreChanged
from sla_tracker.tui.screens.base.minimum_size import MinimumSizeScreen
from sla_tracker.tui.stylesheet import STYLES
from sla_tracker.tui.text_content import plain, row, several
from sla_tracker.tui.view_context import ViewContext
from sla_tracker.tui.widgets.cards.facts import FactSheet, natural_cells
from sla_tracker.tui.widgets.forms.button_rows import ButtonRows
from sla_tracker.tui.widgets.forms.drafts import answers_in, fill, is_left_by, keep, values_of
from sla_tracker.wording.times import format_moment

if TYPE_CHECKING:
    from sla_tracker.services.queries.duties import DutyDetail
    from sla_tracker.tui.app_base import BaseApp

# Widths in cells: of a form, the least and the most of any body, and of the border with its padding.
FORM_CELLS, LEAST_CELLS, MOST_CELLS, BORDER_CELLS = 64, 40, 116, 4


class Dialog(MinimumSizeScreen[None], ModalScreen[None]):
    """A dialog that runs one act; stays open with the reason when it is refused."""

    CSS_PATH: ClassVar[str | PurePath | list[str | PurePath]] = STYLES / "dialog.tcss"
    BINDINGS = [*keys.DIALOG, *keys.FORM]
    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (60, "-wide")]
    VERTICAL_BREAKPOINTS = [(0, "-low"), (12, "-high")]

    # Whether a filled form asks before it closes, and is offered again.
    KEEPS_DRAFT: ClassVar[bool] = True
    # Whether it is offered until the program ends only, and never written to a file.
    IS_SECRET: ClassVar[bool] = False

    def __init__(self, *, subject_id: str = "", draft_of: str = "") -> None:
        """Remember by `subject_id` what the dialog is about.

        `subject_id` is the id of a duty, event, request or complaint; empty for none. `draft_of` tells apart what one
        dialog asks about the same subject one after the other, such as two deliveries of a duty: a draft is for one of
        them only.
        """
        super().__init__()
        self.subject_id, self.draft_of = subject_id, draft_of
        self.forgets_draft = True  # whether an act stores everything that is filled in
        self._underway = False
        self._opened_at = time.time()  # as Textual notes when a notice came
        self._seen = -1  # the last change that the dialog knows of
        self._given: tuple[DraftValue, ...] | None = None
        self._asked_about: tuple[DraftValue, ...] | None = None
        self._problem_of: tuple[DraftValue, ...] = ()  # what was filled in when the problem was said
        self._acted_on: tuple[DraftValue, ...] = ()  # what was filled in when the act was last run
        self._doubted: tuple[DraftValue, ...] | None = None  # what was filled in when the act was doubted

    @property
    def sla(self) -> BaseApp:
        """Return the app."""
        return cast("BaseApp", self.app)

    @property
    def view_context(self) -> ViewContext:
        """Return the present names and settings."""
        return self.sla.view_context

    def now(self) -> datetime:
        """Return the present instant."""
        return self.sla.gateway.now()

    def today(self) -> date:
        """Return the present day of the company."""
        return self.view_context.date_of(self.now())

    def heading(self) -> Content:
        """Return the title."""
        raise NotImplementedError

    def confirmation(self) -> str:
        """Return the confirm button's label; empty for a dialog without an act."""
        return ""

    def body(self) -> ComposeResult:
        """Return the widgets between title and buttons."""
        raise NotImplementedError

    def cells(self) -> int:
        """Return the width of the body: its facts unwrapped, or at least a form's."""
        sheets = [natural_cells(sheet.facts) + 1 for sheet in self.query(FactSheet) if sheet.facts]
        return max([*sheets, FORM_CELLS if self.confirmation() or not sheets else 0])

    def _fit_box(self) -> None:
        """Make the box as wide as title, body and buttons, within the screen."""
        buttons = sum(
            cell_len(str(button.label)) + 3 for button in self.query("#buttons Button").results(Button)
        )
        wanted = max(self.cells(), self.heading().cell_length, buttons, LEAST_CELLS)
        self.query_one("#box").styles.width = min(wanted, MOST_CELLS) + BORDER_CELLS

    def further_buttons(self) -> Iterator[Button]:
        """Yield buttons besides confirm and close."""
        yield from ()

    def compose(self) -> ComposeResult:
        """Put the body into a box."""
        with Vertical(id="box"):
            yield Static(self.heading(), id="heading")
            with VerticalScroll(id="body", can_focus=not self.confirmation()):
                yield from self.body()
            self.notice = Static(Content(""), id="notice")
            yield self.notice
            self.problem = Static(Content(""), id="problem")
            yield self.problem
            with ButtonRows(id="buttons"):
                if self.confirmation():
                    yield self.button(self.confirmation(), "confirm", "dialog.confirm", variant="primary")
                yield from self.further_buttons()
                yield self.button(_("Close"), "close", "dialog.close")

    def button(self, text: str, id: str, binding: str = "", *, variant: str = "default") -> Button:
        """Return a button that names the key of a binding of the dialog."""
        label = plain(f" {text} {self.sla.key_word(binding)} " if binding else f" {text} ")
        found = Button(label, id=id, compact=True)
        found.add_class(f"-{variant}")
        return found

    def say_problem(self, text: str) -> None:
        """Show a problem above the buttons; nothing when it is empty."""
        self._problem_of = self._filled_in_now()
        self.problem.update(several(text))
        self.problem.display = bool(text)
        self._limit_body_later()

    def drop_old_problem(self) -> None:
        """Remove the problem if something was filled in since it was said.

        The message of a change may arrive after the confirmation that was typed behind it.
        """
        if self._filled_in_now() != self._problem_of:
            self.say_problem("")

    def _filled_in_now(self) -> tuple[DraftValue, ...]:
        return values_of(answers_in(self.query_one("#body")))

    def say_notice(self, text: str) -> None:
        """Show something to know above the problem; nothing when it is empty."""
        self.notice.update(several(text))
        self.notice.display = bool(text)
        self._limit_body_later()

    def on_mount(self) -> None:
        """Hide the error line, fit the box, and fill in what was left behind."""
        if self._given is not None:
            return  # Textual calls this once more after a subclass has called it
        self._fit_box()
        self.problem.display = self.notice.display = False
        self._seen = max(self._seen, self.sla.sequence)
        self._given = values_of(self._answers())
        self._offer_draft()

    def _answers(self) -> list[Widget]:
        return answers_in(self.query_one("#body")) if self.KEEPS_DRAFT and self.confirmation() else []

    @property
    def _draft_key(self) -> str:
        return "/".join((type(self).__qualname__, self.subject_id, self.draft_of, self.heading().plain))

    def _offer_draft(self) -> None:
        """Fill in again what was left behind in this dialog."""
        draft, answers = self.sla.drafts.get(self._draft_key), self._answers()
        if draft is None or len(draft.left) != len(answers):
            return
        fill(answers, draft.left, unless=draft.given)
        left = format_moment(draft.left_at, self.now(), self.view_context.zone)
        self.say_notice(_("Filled in again with what you left at {when}.", when=left))
        self.query_one("#buttons").mount(self.button(_("Start anew"), "anew", "dialog.anew"), before=0)

    @on(Button.Pressed, "#anew")
    def action_start_anew(self) -> None:
        """Empty the form of what was left behind."""
        if self.sla.drafts.pop(self._draft_key, None) is not None:
            fill(self._answers(), self._given or ())
            self.say_notice("")
            self.query("#anew").remove()

    @on(StoreChanged)
    def _look_for_others(self, message: StoreChanged) -> None:
        if self.subject_id and not self._underway and message.sequence > self._seen:
            self.sla.gateway.load(
                self, "meanwhile", duties.changes_of(self.subject_id, self._seen), beside=True
            )

    @on(ChangedMeanwhile)
    def _say_meanwhile(self, message: ChangedMeanwhile) -> None:
        if message.words:
            self.say_notice(message.words)

    def on_resize(self) -> None:
        """Limit the body's height so that title and buttons stay visible."""
        self._limit_body_later()

    def _limit_body_later(self) -> None:
        self.call_after_refresh(self._limit_body)

    def _limit_body(self) -> None:
        box, body = self.query_one("#box"), self.query_one("#body")
        others = [part for part in box.children if part is not body and part.display]
        taken = sum(part.outer_size.height + part.styles.margin.height for part in others)
        body.styles.max_height = max(1, self.size.height - box.gutter.height - taken)
        self.call_after_refresh(self.sla.place_notices)

    def notices_shown(self, notices: Sequence[Notification]) -> Sequence[Notification]:
        """Return the notices since the dialog was opened, older ones only above the box.

        One that is left out is shown again when the dialog is closed.
        """
        room = self.query_one("#box").region.y
        if sum(map(_lines_of, notices)) <= room:
            return notices
        return [notice for notice in notices if notice.raised_at >= self._opened_at]

    def do(self, call: Call, doing: str) -> None:
        """Have the gateway run the act; does nothing while one is running."""
        if self._underway:
            return
        self._underway = True
        self._acted_on = self._filled_in_now()
        self.say_problem("")
        self.sla.gateway.act(self, call, doing)

    @on(Done)
    def _end(self, message: Done) -> None:
        if self.forgets_draft:
            self.sla.drafts.pop(self._draft_key, None)
        else:
            self.keep_draft()
        self.sla.show_done(message)
        self.dismiss()

    @on(CallRefused)
    def _stay(self, message: CallRefused) -> None:
        self._underway = False
        self.say_problem(message.error.sentence())
        if isinstance(message.error, NeedsConfirmation):
            self._doubted = self._acted_on

    @property
    def insists(self) -> bool:
        """Return whether a doubted act is confirmed once more with the same answers."""
        return self._filled_in_now() == self._doubted

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Return whether an action applies.

        The keys between fields do where they leave the focused one.
        """
        match action:
            case "next_answer":
                return is_left_by(self.focused, 1)
            case "previous_answer":
                return is_left_by(self.focused, -1)
        return super().check_action(action, parameters)

    def action_next_answer(self) -> None:
        """Go to the next field or button."""
        self.focus_next()

    def action_previous_answer(self) -> None:
        """Go to the previous field or button."""
        self.focus_previous()

    def action_confirm(self) -> None:
        """Run the dialog's act."""

    def action_close(self) -> None:
        """Close the dialog; a filled form asks first, and is kept.

        While its act runs the dialog stays, to say what became of it.
        """
        if self._underway:
            return
        left = values_of(self._answers())
        if left not in (self._given, self._asked_about):
            self._asked_about = left
            self.say_notice(
                _(
                    "Nothing is stored yet. {key} again closes this; it is then filled in when you open it again.",
                    key=self.sla.key_word("dialog.close"),
                )
            )
            return
        self.keep_draft()
        self.dismiss()

    def keep_draft(self) -> None:
        """Keep what is filled in, to be offered when the dialog is opened again."""
        left = values_of(self._answers())
        if self._given is not None and left != self._given:
            draft = FormDraft(self._given, left, self.now(), self.IS_SECRET)
            keep(self.sla.drafts, self._draft_key, draft)

    def leave_behind(self) -> None:
        """Keep what is filled in as the program ends, unless an act is storing it."""
        if self._given is not None and not self._underway:
            self.keep_draft()

    @on(Button.Pressed, "#confirm")
    def _confirm(self) -> None:
        self.action_confirm()

    @on(Button.Pressed, "#close")
    def _close(self) -> None:
        self.action_close()

    @on(Input.Submitted)
    def _next_field(self) -> None:
        self.focus_next()


class DutyDialog(Dialog):
    """A dialog about one duty."""

    def __init__(self, detail: DutyDetail) -> None:
        super().__init__(subject_id=detail.duty.id)
        self._detail = detail
        self._seen = max((change.sequence for change in detail.history), default=-1)

    def about(self, title: str) -> Content:
        """Return a title followed by the duty and its subject."""
        return row(plain(title), plain(f"  {clean(self._detail.duty.subject)}", "bold"))


def _lines_of(notice: Notification) -> int:
    """Return how many lines a notice takes, with the empty one before it."""
    return len(notice.message.splitlines()) + 1


def asked(label: str, answer: Widget) -> Horizontal:
    """Return a row with a label before its input."""
    return Horizontal(Static(plain(label), classes="field--label"), answer, classes="field")
