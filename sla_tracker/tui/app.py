"""The terminal's app: views, keys, colours, and what is said to the person. What it shows is read by the screens."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from textual import on
from textual.actions import ActionParseResult, parse
from textual.dom import DOMNode
from textual.events import Event, Key
from textual.timer import Timer
from textual.widget import Widget

from sla_tracker import i18n
from sla_tracker.domain.clean import clean
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import together
from sla_tracker.tui import keys
from sla_tracker.tui.app_base import BaseApp
from sla_tracker.tui.calls import duties
from sla_tracker.tui.calls.plugins import PluginsCompared, PluginsTaken
from sla_tracker.tui.calls.reminders import RemindersLoaded, load_my_reminders, new_ones
from sla_tracker.tui.gateway import Gateway
from sla_tracker.tui.key_queue import KeyQueue
from sla_tracker.tui.messages import CallRefused, Done
from sla_tracker.tui.messages.done import ManyDone
from sla_tracker.tui.messages.session import (
    Alarmed,
    DeploymentOpened,
    KeysChecked,
    OpeningFailed,
    StoreChanged,
    StoreFound,
    StoreLost,
)
from sla_tracker.tui.screens.base.view_screen import ViewScreen
from sla_tracker.tui.stylesheet import STYLES, PatientStylesheet
from sla_tracker.tui.themes import DARK, THEME_WORDS, THEMES
from sla_tracker.tui.view_context import view_context_of
from sla_tracker.tui.views import FIRST, VIEWS
from sla_tracker.tui.widgets.bars.title_bar import TitleBar
from sla_tracker.tui.widgets.bars.view_bar import ViewBar
from sla_tracker.tui.widgets.lists.line_list import LineList

if TYPE_CHECKING:
    from sla_tracker.domain.duties.duty import Duty
    from sla_tracker.errors import SlaError
    from sla_tracker.services.deployment import OpenDeployment
    from sla_tracker.tui.startup import Start

MINUTE = 60.0
ERROR_SECONDS = 12.0
SAID_SECONDS = 6.0
ASK_AGAIN_SECONDS = 3.0
ALARM_SECONDS = 120.0
COUNT_SECONDS = 0.25
AT_ONCE = frozenset({"quit", "help_quit", "next_theme"})
# These look at rows that stand, and need nothing else.
LOOKING = frozenset({"filter", "clear"})


class SlaApp(BaseApp):
    """Holds the gateway and the views; everything else is a screen's."""

    TITLE = "SLA Tracker"
    CSS_PATH = STYLES / "app.tcss"
    BINDINGS = keys.APP
    ENABLE_COMMAND_PALETTE = False
    DEFAULT_MODE = FIRST.id

    def __init__(self, start: Start, *, theme: str = DARK.name) -> None:
        super().__init__()
        self.view_context = start.view_context
        self.gateway = Gateway(self, start, self._say_doing)
        self.sequence = -1
        self.failure: Exception | None = None
        self._keys = start.keymap
        self._waiting = KeyQueue(self, super().on_event)
        self._rows_stand = self.gateway.has_deployment
        self._soon_counted: Timer | None = None
        self.unread: frozenset[str] | None = None
        self.unread_duties = 0
        for look in THEMES.values():
            self.register_theme(look)
        self.set_reactive(SlaApp.theme, theme)
        self.stylesheet = PatientStylesheet(variables=self.get_css_variables())
        for view in VIEWS:
            self.add_mode(view.id, view.open)

    def get_theme_variable_defaults(self) -> dict[str, str]:
        """Return our own colours for style sheets that are read before a look is chosen."""
        return DARK.variables

    def on_mount(self) -> None:
        """Open the deployment as soon as the first view stands."""
        self._leave_in_good_order()
        self._use_keys(self._keys)
        self.screen.call_after_refresh(self._open_or_foresee)
        self.set_timer(MINUTE - self.gateway.now().second, self._minute)

    def _leave_in_good_order(self) -> None:
        """Give the screen and the store back also when the terminal is closed, or the program told to end."""
        loop = asyncio.get_running_loop()
        for name in ("SIGTERM", "SIGHUP"):
            # Windows has neither, and only the main thread may ask for them.
            with suppress(AttributeError, NotImplementedError, RuntimeError, ValueError):
                loop.add_signal_handler(getattr(signal, name), self.exit)

    def _open_or_foresee(self) -> None:
        """Open the deployment; where nothing of it is open yet, after the rows that are foreseen stand."""
        if self.gateway.has_deployment:
            self.gateway.begin()
        else:
            self.gateway.load_preview(self.screen)

    @property
    def deployment(self) -> OpenDeployment:
        """Return the deployment; raises StoreNotOpen as long as nothing of it is open."""
        return self.gateway.deployment

    async def run_action(
        self,
        action: str | ActionParseResult,
        default_namespace: DOMNode | None = None,
        namespaces: Mapping[str, DOMNode] | None = None,
    ) -> bool:
        """Do what a key or a click asks for; what is asked before rows or deployment are there waits in its order."""
        prefix, name, _parameters = parse(action) if isinstance(action, str) else action
        is_own = not prefix and isinstance(default_namespace, Widget) and default_namespace is not self.screen
        # A widget's own actions move its cursor, or write into it.
        may_go = self._rows_stand and (self.gateway.has_deployment or is_own or name in LOOKING)
        if name not in AT_ONCE and not (may_go and self._waiting.is_first):
            self._waiting.hold(partial(self.run_action, action, default_namespace, namespaces))
            return True
        return await super().run_action(action, default_namespace, namespaces)

    async def on_event(self, event: Event) -> None:
        """Let a key wait behind what waits, unless it goes at once: what it means shows when its turn comes."""
        if isinstance(event, Key) and not event.is_forwarded and self._waits_behind(event.key):
            self._waiting.keep(event)
        else:
            await super().on_event(event)

    def _waits_behind(self, key: str) -> bool:
        if not self._waiting.is_any:
            return False
        bound = self.screen.active_bindings.get(key)
        return bound is None or parse(bound.binding.action)[1] not in AT_ONCE

    @property
    def leaves_undone(self) -> bool:
        """Say whether something that was asked for still waits for the deployment."""
        return self._waiting.is_any or self.gateway.has_acts_in_vain

    def rows_stand(self) -> None:
        """Do what was asked for before the first rows stood."""
        self._rows_stand = True
        self._waiting.go_on()

    @on(DeploymentOpened)
    def _go_on(self) -> None:
        """Say what the deployment says, and do what waited for it."""
        self.view_context.follow(view_context_of(self.deployment))
        for bar in self.screen.query(TitleBar):
            bar.refresh()
        if self._rows_stand:
            self._waiting.go_on()

    def _use_keys(self, keymap: Mapping[str, str]) -> None:
        """Follow the deployment's own key map; what it names wrongly is said once somebody can look."""
        self.set_keymap(dict(keymap))
        if keymap:
            self.gateway.load(self, "keys", duties.check_keys())

    @on(KeysChecked)
    def _warn_of_keys(self, message: KeysChecked) -> None:
        if message.unknown:
            said = _(
                "[keys] in the settings names what nothing is called here: {ids}. sla config check says more.",
                ids=", ".join(message.unknown),
            )
            self._warn(said)
        if message.wrong:
            first = message.wrong[0].sentence()
            self._warn(_("[keys] in the settings: {problem} sla config check says more.", problem=first))

    def _warn(self, text: str) -> None:
        self.notify(clean(text), severity="warning", timeout=ERROR_SECONDS, markup=False)

    def on_unmount(self) -> None:
        """Let the desk's thread go."""
        self.gateway.close()

    def _minute(self) -> None:
        self.set_timer(MINUTE - self.gateway.now().second, self._minute)
        for screen in self.screen_stack:
            if isinstance(screen, ViewScreen):
                screen.minute_passed()

    def _say_doing(self, what: str) -> None:
        for screen in self.screen_stack:
            if isinstance(screen, ViewScreen):
                screen.title_bar.doing = what

    @on(StoreChanged)
    @on(StoreLost)
    @on(StoreFound)
    def _pass_on(self, message: StoreChanged | StoreLost | StoreFound) -> None:
        match message:
            case StoreChanged():
                self.sequence = message.sequence
                self._soon_counted = self._soon_counted or self.set_timer(COUNT_SECONDS, self._count)
            case StoreLost():
                self.show_error(message.error)
            case StoreFound():
                self.show_message(_("The store is back."))
        for screen in self.screen_stack:
            screen.post_message(message.again())

    def _count(self) -> None:
        """Count what is unread; what somebody looks at was asked for before."""
        self._soon_counted = None
        self.gateway.load(self, "unread", load_my_reminders())

    @on(PluginsCompared)
    def _ask_to_take_over(self, message: PluginsCompared) -> None:
        from sla_tracker.tui.dialogs.authoring.take_over import TakeOverDialog

        if len(self.screen_stack) > 1:
            self.set_timer(ASK_AGAIN_SECONDS, lambda: self.post_message(message.again()))
        else:
            self.push_screen(TakeOverDialog(message.changes, is_changed=message.is_changed))

    @on(RemindersLoaded)
    def _count_unread(self, message: RemindersLoaded) -> None:
        first = self.gateway.planner.first
        is_start = first is None or self.unread is None
        arrived = "" if is_start else new_ones(message, (self.unread or frozenset()) | (first or frozenset()))
        self.unread, self.unread_duties = message.ids, len(message.rows)
        for screen in self.screen_stack:
            for bar in screen.query(ViewBar):
                bar.refresh()
        if arrived and self.current_mode != "reminders":
            self.show_message(arrived)

    @on(Alarmed)
    def _raise_alarms(self, message: Alarmed) -> None:
        for alarm in message.sentences:
            self.notify(clean(alarm, lines=True), severity="error", timeout=ALARM_SECONDS, markup=False)

    @on(OpeningFailed)
    def _give_up(self, message: OpeningFailed) -> None:
        self.failure = message.error
        self.exit()

    @on(CallRefused)
    def _refused(self, message: CallRefused) -> None:
        self.show_error(message.error)

    @on(Done)
    def _done(self, message: Done) -> None:
        self.show_done(message)

    def show_done(self, done: Done) -> None:
        """Say what has happened, and how to take it back."""
        hint = _("u takes it back.") if done.undoable else ""
        self.show_message(together(done.sentence(), hint))
        match done:
            case PluginsTaken():
                self.call_later(self._take_over)
            case ManyDone():
                self.call_later(self._say_left_out, done)
        if done.delivered:
            self.call_later(self._ask_why, done.delivered)

    def _say_left_out(self, done: ManyDone) -> None:
        """Unmark what was done, and name what was not."""
        for screen in self.screen_stack:
            for rows in screen.query(LineList):
                rows.unmark(duty.id for duty in done.done)
        if done.refused:
            from sla_tracker.tui.dialogs.duties.bulk import LeftOutDialog

            self.push_screen(LeftOutDialog(done.what, done.refused))

    def _ask_why(self, delivered: Sequence[Duty]) -> None:
        """Ask for the cause of late deliveries, once for all of them; it may be left unanswered."""
        from sla_tracker.services.duties.ratings import asks_now

        now = self.gateway.now()
        late = [duty for duty in delivered if asks_now(duty, now)]
        if late:
            from sla_tracker.tui.dialogs.duties.party_dialogs import why_late

            self.push_screen(why_late(self, late))

    def show_message(self, text: str) -> None:
        """Say something for a moment."""
        self.notify(clean(text, lines=True), timeout=SAID_SECONDS, markup=False)

    def show_error(self, error: SlaError) -> None:
        """Say what was refused, long enough to be read."""
        self.notify(
            clean(error.sentence(), lines=True), severity="error", timeout=ERROR_SECONDS, markup=False
        )

    def open_subject(self, subject: str) -> None:
        """Open the page of a contract, vehicle or person."""
        from sla_tracker.tui.screens.subject import SubjectScreen

        self.push_screen(SubjectScreen(subject))

    def open_calendar(self, day: date | None = None) -> None:
        """Open the calendar, at a day if one is given."""
        from sla_tracker.tui.screens.calendar import CalendarScreen

        self.push_screen(CalendarScreen(day))

    def action_view(self, view: str) -> None:
        """Open a view."""
        if any(known.id == view for known in VIEWS) and len(self.screen_stack) == 1:
            self.switch_mode(view)

    def action_next_view(self, step: int) -> None:
        """Open the view beside the present one."""
        ids = [view.id for view in VIEWS]
        self.action_view(ids[(ids.index(self.current_mode) + step) % len(ids)])

    def action_undo(self) -> None:
        """Take back one's own last act."""
        self.gateway.act(self, duties.undo_last(), _("undoing"))

    def action_help(self) -> None:
        """Show what every key does here."""
        from sla_tracker.tui.dialogs.help import HelpDialog

        self.push_screen(HelpDialog(list(self.screen.active_bindings.values())))

    def action_next_theme(self) -> None:
        """Go on to the next look."""
        names = list(THEMES)
        self.theme = names[(names.index(self.theme) + 1) % len(names)] if self.theme in names else names[0]
        self.show_message(_(THEME_WORDS[self.theme]))

    async def action_next_language(self) -> None:
        """Speak the other language from now on; every view is built anew in it."""
        languages = i18n.LANGUAGES
        i18n.use(languages[(languages.index(i18n.language()) + 1) % len(languages)])
        await self._build_anew()

    async def _take_over(self) -> None:
        """Show what the settings and plugins say that were read just now."""
        self.view_context.follow(view_context_of(self.deployment))
        self._use_keys(self.deployment.keymap)
        await self._build_anew()

    async def _build_anew(self) -> None:
        present = self.current_mode
        for view in VIEWS:
            if view.id != present:
                await self.remove_mode(view.id)
                self.add_mode(view.id, view.open)
        await self.screen.recompose()
        self.screen.post_message(StoreChanged(-2))

    def action_command_palette(self) -> None:
        """Open the palette, in the reader's language."""
        from sla_tracker.tui.dialogs.palette import PaletteDialog, commands

        if not isinstance(self.screen, PaletteDialog):
            self.push_screen(PaletteDialog(list(commands(self, self.screen))))
