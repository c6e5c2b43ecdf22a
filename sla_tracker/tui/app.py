"""The Textual app: views, keys, themes and notifications.

Screens read their data themselves.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from typing import TYPE_CHECKING

from textual import on
from textual.actions import parse

from sla_tracker import i18n
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import together
from sla_tracker.tui.calls import duties
from sla_tracker.tui.calls.plugins import PluginsCompared, PluginsTaken
from sla_tracker.tui.dialogs import kept_forms
from sla_tracker.tui.gateway import Gateway
from sla_tracker.tui.keyboard.typing_app import TypingApp
from sla_tracker.tui.messages import CallRefused, Done
from sla_tracker.tui.messages.done import ManyDone
from sla_tracker.tui.messages.loaded import PluginsLoaded
from sla_tracker.tui.messages.session import (
    DeploymentOpened,
    KeysChecked,
    OpeningFailed,
    PreviewLoaded,
    RedoDoubted,
    TerminalGone,
    UndoDoubted,
)
from sla_tracker.tui.screens.base.view_screen import ViewScreen
from sla_tracker.tui.stylesheet import STYLES, CachedStylesheet
from sla_tracker.tui.themes import DARK, THEME_WORDS, THEMES
from sla_tracker.tui.view_context import view_context_of
from sla_tracker.tui.views import FIRST, OWED, VIEWS
from sla_tracker.tui.widgets.lists.line_list import LineList

if TYPE_CHECKING:
    from rich.console import RenderableType
    from textual.driver import Driver

    from sla_tracker.domain.duties.duty import Duty
    from sla_tracker.services.deployment import OpenDeployment
    from sla_tracker.services.queries.rows import DutyRow
    from sla_tracker.tui.startup import Start

MINUTE = 60.0  # seconds
# Longest pause between two looks at the clock; a timer stands still while the machine sleeps.
CLOCK_SECONDS = 5.0
# Delay before changed plugins are offered again while a dialog is open or somebody types.
ASK_AGAIN_SECONDS = 3.0


class SlaApp(TypingApp):
    """The app: holds the gateway and the views; everything else belongs to screens."""

    TITLE = "SLA Tracker"
    CSS_PATH = STYLES / "app.tcss"
    ENABLE_COMMAND_PALETTE = False
    DEFAULT_MODE = FIRST.id

    def __init__(self, start: Start, *, theme: str = DARK.name) -> None:
        super().__init__()
        self.view_context = start.view_context
        self.gateway = Gateway(self, start, self._show_running, self.passes_over)
        self.failure: Exception | None = None
        self.moved_keys = start.keymap
        self._has_rows = self.gateway.has_deployment
        self.drafts, self.earlier_drafts = {}, {}
        self.is_starting = True
        for look in THEMES.values():
            self.register_theme(look)
        self.set_reactive(SlaApp.theme, theme)
        self.stylesheet = CachedStylesheet(variables=self.get_css_variables())
        for view in VIEWS:
            self.add_mode(view.id, view.open)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return our colours for style sheets that are parsed before a theme is set."""
        return DARK.variables

    def get_driver_class(self) -> type[Driver]:
        """Return Textual's driver with a decoder and a parser that no input can end."""
        usual = super().get_driver_class()
        if usual.__name__ != "LinuxDriver":
            return usual
        from sla_tracker.tui.keyboard.driver import TerminalDriver

        return TerminalDriver

    def on_mount(self) -> None:
        """Open the deployment after the first view is drawn."""
        self._exit_on_signals()
        self._use_keys(self.moved_keys)
        self.screen.call_after_refresh(self._open_or_preview)
        self._look_at_clock()

    def _exit_on_signals(self) -> None:
        """Exit normally on SIGTERM and SIGHUP, so that screen and store are released."""
        loop = asyncio.get_running_loop()
        for name in ("SIGTERM", "SIGHUP"):
            # Windows has neither signal, and handlers can be set in the main thread only.
            with suppress(AttributeError, NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(getattr(signal, name), self.exit)

    @on(TerminalGone)
    def _exit_without_terminal(self) -> None:
        self.exit()

    def exit(self, result: None = None, return_code: int = 0, message: RenderableType | None = None) -> None:
        """Leave the program; what stands in open forms is kept."""
        try:
            kept_forms.gather(self)
        finally:
            super().exit(result, return_code, message)

    def _open_or_preview(self) -> None:
        """Open the deployment, after loading the preview rows if nothing is open yet."""
        if self.gateway.has_deployment:
            self.gateway.begin()
        else:
            self.gateway.load_preview(self.screen)

    @property
    def deployment(self) -> OpenDeployment:
        """Return the deployment; raises StoreNotOpen until it is open."""
        return self.gateway.deployment

    def open_owed_first(self, rows: Sequence[DutyRow]) -> None:
        """Open first the view of what the person is owed, with its likely rows."""
        self.switch_mode(OWED.id)
        self.screen.post_message(PreviewLoaded(rows))

    @on(DeploymentOpened)
    def _go_on(self) -> None:
        """Take names and settings from the open deployment, and run the queued actions."""
        self.view_context.follow(view_context_of(self.deployment))
        kept_forms.take_up(self)
        if not self.view_context.departments and not self.deployment.context.plugins.switched_off:
            self.gateway.load(self, "first start", duties.plugins())
        for screen in self.screen_stack:
            if isinstance(screen, ViewScreen):
                screen.context_known()
        if self._has_rows:
            self._waiting.go_on()

    @on(PluginsLoaded)
    def _say_how_to_begin(self, message: PluginsLoaded) -> None:
        """Say how to begin in a deployment without departments."""
        from sla_tracker.services.deployment import PluginState
        from sla_tracker.tui.dialogs.first_start import EXAMPLE, FirstStartDialog

        states = {row.name: row.state for row in message.plugins}
        # Else view 7 says what is wrong with the others.
        if set(states.values()) <= {PluginState.ACTIVE, PluginState.OFFERED}:
            self.push_screen(FirstStartDialog(has_example=states.get(EXAMPLE) is PluginState.OFFERED))

    def _use_keys(self, keymap: Mapping[str, str]) -> None:
        """Apply the deployment's key map, and have it checked once the deployment is open."""
        self.moved_keys = keymap
        self.set_keymap(dict(keymap))
        if keymap:
            self.gateway.load(self, "keys", duties.check_keys(), beside=True)

    @on(KeysChecked)
    def _warn_of_keys(self, message: KeysChecked) -> None:
        if message.unknown:
            said = _(
                "[keys] in the settings names what nothing is called here: {ids}. sla config check says more.",
                ids=", ".join(message.unknown),
            )
            self.warn(said)
        if message.wrong:
            first = message.wrong[0].sentence()
            self.warn(_("[keys] in the settings: {problem} sla config check says more.", problem=first))

    def on_unmount(self) -> None:
        """Close the gateway."""
        self.gateway.close()

    def _look_at_clock(self) -> None:
        """Let the visible views know of a new minute; the others look when they are shown."""
        self.set_timer(min(CLOCK_SECONDS, MINUTE - self.gateway.now().second), self._look_at_clock)
        for screen in self.screen_stack:
            if isinstance(screen, ViewScreen):
                screen.look_at_clock()

    def _show_running(self, what: str) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, ViewScreen):
                screen.title_bar.doing = what

    @on(PluginsCompared)
    def _ask_to_take_over(self, message: PluginsCompared) -> None:
        from sla_tracker.tui.dialogs.authoring.take_over import TakeOverDialog

        # Nobody who types shall answer a question with keys that were meant for another place.
        if not message.asked and (
            len(self.screen_stack) > 1 or not self._waiting.is_quiet(ASK_AGAIN_SECONDS)
        ):
            self.set_timer(ASK_AGAIN_SECONDS, lambda: self.post_message(message.again()))
        else:
            self.push_screen(TakeOverDialog(message.changes, is_changed=message.is_changed))

    @on(OpeningFailed)
    def _give_up(self, message: OpeningFailed) -> None:
        self.failure = message.error
        self.exit()

    def _handle_exception(self, error: Exception) -> None:
        """End by a fault of the program, which the caller of the terminal then reports."""
        self.failure = self.failure or error
        with suppress(Exception):  # the first fault is the one to report
            kept_forms.gather(self)
        super()._handle_exception(error)

    def _fatal_error(self) -> None:
        """End without Textual's report.

        The report would show the values of variables, and so what people wrote.
        """
        self._close_messages_no_wait()

    @on(CallRefused)
    def _refused(self, message: CallRefused) -> None:
        self.show_error(message.error)

    @on(Done)
    def _done(self, message: Done) -> None:
        self.show_done(message)

    def show_done(self, done: Done) -> None:
        """Notify what was done and how to undo it, and open follow-up dialogs."""
        for screen in self.screen_stack:
            for rows in screen.query(LineList):
                rows.stay_in_group()
        self.show_message(together(done.sentence(), done.hint(self.key_word)))
        match done:
            case PluginsTaken():
                self.call_later(self._take_over)
            case ManyDone():
                self.call_later(self._say_left_out, done)
        if done.delivered:
            self.call_later(self._ask_why, done.delivered)

    def _say_left_out(self, done: ManyDone) -> None:
        """Unmark the duties that were changed, and list those that were not."""
        for screen in self.screen_stack:
            for rows in screen.query(LineList):
                rows.unmark(duty.id for duty in done.done)
        if done.refused:
            from sla_tracker.tui.dialogs.duties.bulk import LeftOutDialog

            self.push_screen(LeftOutDialog(done.what, done.refused))

    def _ask_why(self, delivered: Sequence[Duty]) -> None:
        """Ask once for the cause of all late deliveries; the answer is optional."""
        from sla_tracker.services.duties.ratings import asks_now

        now = self.gateway.now()
        late = [duty for duty in delivered if asks_now(duty, now)]
        if late:
            from sla_tracker.tui.dialogs.duties.party_dialogs import why_late

            self.push_screen(why_late(self, late))

    def open_subject(self, subject: str) -> None:
        """Open the page of a contract, vehicle or person."""
        from sla_tracker.tui.screens.subject import SubjectScreen

        self.push_screen(SubjectScreen(subject))

    def open_calendar(self, day: date | None = None) -> None:
        """Open the calendar, on a day if one is given."""
        from sla_tracker.tui.screens.calendar import CalendarScreen

        self.push_screen(CalendarScreen(day))

    def action_view(self, view: str) -> None:
        """Open a view; pages over the present one are closed first."""
        pages = self.screen_stack[1:]
        if not any(known.id == view for known in VIEWS) or any(page.is_modal for page in pages):
            return
        for _page in pages:
            self.pop_screen()
        self.switch_mode(view)

    def action_next_view(self, step: int) -> None:
        """Open the view beside the present one."""
        ids = [view.id for view in VIEWS]
        self.action_view(ids[(ids.index(self.current_mode) + step) % len(ids)])

    def action_undo(self) -> None:
        """Undo the actor's last act."""
        self.gateway.act(self, duties.undo_last(), _("undoing"))

    def action_redo(self) -> None:
        """Repeat the act that the person undid last."""
        self.gateway.act(self, duties.redo_last(), _("doing it again"))

    @on(UndoDoubted)
    def _ask_to_undo(self, message: UndoDoubted) -> None:
        from sla_tracker.tui.dialogs.prompts import ConfirmDialog

        word, call, doing = _("Undo"), duties.undo_last(insists=True), _("undoing")
        if isinstance(message, RedoDoubted):
            word, call, doing = _("Redo"), duties.redo_last(insists=True), _("doing it again")
        insist = lambda: self.gateway.act(self, call, doing)
        self.push_screen(ConfirmDialog(word, message.doubt.sentence(), word, insist))

    def action_help(self) -> None:
        """Show all keys that work here."""
        from sla_tracker.tui.dialogs.help import HelpDialog

        self.push_screen(HelpDialog(list(self.screen.active_bindings.values())))

    def action_help_quit(self) -> None:
        """Say which key leaves; ctrl+c does this, in Textual in English."""
        leaving = [
            key for key, active in self.active_bindings.items() if parse(active.binding.action)[1] == "quit"
        ]
        if leaving:
            # One that also leaves while somebody types is named first.
            self.show_message(_("To leave the program, press {key}.", key=max(leaving, key=len)))

    def action_next_theme(self) -> None:
        """Switch to the next theme."""
        names = list(THEMES)
        self.theme = names[(names.index(self.theme) + 1) % len(names)] if self.theme in names else names[0]
        self.show_message(_(THEME_WORDS[self.theme]))

    async def action_next_language(self) -> None:
        """Switch to the next language and rebuild every view in it."""
        languages = i18n.LANGUAGES
        i18n.use(languages[(languages.index(i18n.language()) + 1) % len(languages)])
        await self._build_anew()

    async def _take_over(self) -> None:
        """Rebuild the views after settings and plugins were read again."""
        self.view_context.follow(view_context_of(self.deployment))
        self._use_keys(self.deployment.keymap)
        await self._build_anew()

    async def _build_anew(self) -> None:
        present = self.current_mode
        for view in VIEWS:
            if view.id != present:
                await self.remove_mode(view.id)
                self.add_mode(view.id, view.open)
        for screen in list(self.screen_stack):
            await screen.recompose()
            if isinstance(screen, ViewScreen):
                screen.read()
        chosen = self.AUTO_FOCUS if self.screen.AUTO_FOCUS is None else self.screen.AUTO_FOCUS
        focusable = (widget for widget in self.screen.query(chosen or "*") if widget.focusable)
        self.screen.set_focus(next(focusable, None))

    def action_command_palette(self) -> None:
        """Open the palette in the reader's language."""
        from sla_tracker.tui.dialogs.palette import PaletteDialog, commands

        if not isinstance(self.screen, PaletteDialog):
            self.push_screen(PaletteDialog(list(commands(self, self.screen))))
