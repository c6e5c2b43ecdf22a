"""Runs the calls of screens on one thread and returns their outcomes as messages."""

from __future__ import annotations

import asyncio
import gc
import time
from collections.abc import Callable, Coroutine
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from textual.app import App
from textual.message import Message
from textual.message_pump import MessagePump
from textual.worker import Worker

import sla_tracker.services as use_cases
from sla_tracker.domain.clean import clean
from sla_tracker.errors import N_, SlaError, StoreError, StoreNotOpen
from sla_tracker.i18n import gettext as _
from sla_tracker.tui.calls.following import SETTLE_SECONDS, Changed, Pace, StoreNews, changes_since
from sla_tracker.tui.calls.plugins import PluginWatch
from sla_tracker.tui.calls.reminders import Planner
from sla_tracker.tui.messages import CallRefused
from sla_tracker.tui.messages.session import (
    Alarmed,
    DeploymentOpened,
    OpeningFailed,
    PreviewLoaded,
    StoreChanged,
    StoreFound,
    StoreLost,
)

if TYPE_CHECKING:
    from sla_tracker.services.context import ServiceContext
    from sla_tracker.services.deployment import OpenDeployment
    from sla_tracker.tui.startup import Start

T = TypeVar("T")
Call = Callable[["OpenDeployment"], Message]

# Between two looks for other people's commits.
POLL_SECONDS = 0.8
# Between two looks at what is not urgent, where the store's news come by themselves.
IDLE_SECONDS = 10.0
# Delay of the first background work, so that the first view's rows are read before it.
FIRST_SECONDS = 0.25
# A call that takes longer is announced in the title bar.
PATIENCE_SECONDS = 0.3
# Characters of the process that holds the store, as it is named in the title bar.
LONGEST_HOLDER = 40
# Between two runs of the scheduler, which opens due occurrences.
TICK_SECONDS = 600


class Gateway:
    """Runs calls one after the other on one thread, as a connection serves only one.

    A later load of the same group replaces an earlier one that has not answered; an act is never dropped, not even
    when the app ends before its turn has come (`finish`).
    """

    def __init__(
        self,
        app: App[None],
        start: Start,
        doing: Callable[[str], None],
        passes_over: Callable[[StoreChanged], bool],
    ) -> None:
        self._session_start = start
        self._deployment = start.deployment
        self.is_lost = False
        self._app = app
        self._doing = doing
        self._passes_over = passes_over
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="gateway")
        self._seen = -1
        self._waits = False
        self._is_open = asyncio.Event()
        self._acts = 0
        self._acting = 0  # acts whose changes were not looked for yet
        self._awaited: set[Worker[None]] = set()
        self._awaited_rows: set[Worker[None]] = set()
        self._unfinished: set[Future[Message]] = set()
        self._last: Future[None] | None = None
        self.planner = Planner()
        self._plugin_watch = PluginWatch()
        self._broken: tuple[str, ...] = ()
        self._alarms: tuple[str, ...] = ()
        self._alarmed_for: ServiceContext | None = None
        self._rolled_at: datetime | None = None
        self._pace = Pace()

    @property
    def deployment(self) -> OpenDeployment:
        """Return the deployment; raises StoreNotOpen until it is open."""
        if self._deployment is None:
            raise StoreNotOpen
        return self._deployment

    @property
    def has_deployment(self) -> bool:
        """Return whether settings and plugins were read."""
        return self._deployment is not None

    def now(self) -> datetime:
        """Return the present instant by the deployment's clock."""
        return self._session_start.now()

    def load(
        self,
        target: MessagePump,
        group: str,
        call: Call,
        doing: str = "",
        *,
        opens: bool = False,
        beside: bool = False,
    ) -> None:
        """Run a reading call and post its message to the target.

        The message is dropped if a newer load of the group has started.

        Keys that are typed meanwhile wait for the answer, as they act on what it fills. With `opens` a dialog or page
        opens with it, so that they wait even if they leave the view. With `beside` it is only looked at: nothing waits.
        """
        call = self._pace.timed(f"{id(target)}:{group}", call)
        worker = self._start(partial(self._answer, target, call, doing), f"{id(target)}:{group}")
        if opens:
            self._awaited.add(worker)
        elif not beside:
            self._awaited_rows.add(worker)

    def pace(self, target: MessagePump, group: str, read: Callable[[], None]) -> None:
        """Repeat a reading because others changed something, now or after its pause.

        The longer the target's readings of the group take (of all groups for ""), the longer the pause.
        """
        pause = self._pace.pause(f"{id(target)}:{group}")
        run = partial(self._pace.run, f"{id(target)}:{group}", read)
        if pause == 0:
            run()
        elif pause is not None:
            target.set_timer(pause, run)

    def act(self, target: MessagePump, call: Call, doing: str) -> None:
        """Run a changing call; post its message to the target, StoreChanged to screens."""
        self._acts += 1
        self._acting += 1
        self._awaited.add(self._start(partial(self._act, target, call, doing), f"act:{self._acts}"))

    def awaits_answers(self, *, rows: bool) -> bool:
        """Return whether an act or an opening call is unanswered.

        With `rows`, a call that fills a list counts, too.
        """
        # Asked again and again, because a worker that is replaced before it began tells nobody that it ended.
        for workers in (self._awaited, self._awaited_rows):
            workers -= {worker for worker in workers if worker.is_finished}
        return bool(self._awaited or (rows and self._awaited_rows))

    def load_preview(self, target: MessagePump) -> None:
        """Post the first view's likely rows, read from the start-up cache."""

        async def work() -> None:
            target.post_message(PreviewLoaded(await self._run(self._session_start.load_preview)))

        self._start(work, "foresee")

    def begin(self) -> None:
        """Open the deployment and start polling; earlier calls wait for it.

        A failure ends the app.
        """
        self._start(self._open, "begin")

    def _say_waiting(self, loop: asyncio.AbstractEventLoop, holder: str) -> None:
        """Show who holds the store; called on the gateway's thread, which waits for it."""
        self._waits = True
        said = _("waiting for {holder}", holder=clean(holder)[:LONGEST_HOLDER])
        with suppress(RuntimeError):  # the event loop is closed once the app has ended
            loop.call_soon_threadsafe(self._doing, said)

    def _waited(self) -> None:
        """Remove the notice that another process holds the store."""
        if self._waits:
            self._waits = False
            self._doing("")

    async def _open(self) -> None:
        waits = partial(self._say_waiting, asyncio.get_running_loop())
        notice_timer = self._app.set_timer(PATIENCE_SECONDS, lambda: self._doing(_("opening the store")))
        try:
            self._deployment = await self._run(partial(self._session_start.open, waits))
        except Exception as error:
            self._app.post_message(OpeningFailed(error))
            return
        finally:
            notice_timer.stop()
            self._doing("")
        _enable_collector()
        self._is_open.set()
        self._app.post_message(DeploymentOpened())
        self.watch()

    def watch(self) -> None:
        """Start polling for other people's changes, due duties and reminders."""
        self._start(self._watch, "watch")

    def _start(self, work: Callable[[], Coroutine[None, None, None]], group: str) -> Worker[None]:
        worker: Worker[None] = self._app.run_worker(work, group=group, exclusive=True, exit_on_error=False)
        self._app.log.debug(worker.group)
        return worker

    def close(self) -> None:
        """Accept no more calls; running calls and queued acts still finish."""
        self._last = self._thread.submit(lambda: None)
        self._thread.shutdown(wait=False)

    def finish(self, seconds: float) -> bool:
        """Wait after `close` until no call is running; False on timeout."""
        return self._last is None or self._last in wait([self._last], seconds).done

    @property
    def is_acting(self) -> bool:
        """Return whether an act is still running or queued."""
        return any(not act.done() for act in self._unfinished)

    @property
    def is_open(self) -> bool:
        """Return whether the store has been opened."""
        return self._is_open.is_set()

    @property
    def has_unstarted_acts(self) -> bool:
        """Return whether acts were requested but the store was never opened."""
        return bool(self._acts) and not self._is_open.is_set()

    async def _run(self, work: Callable[[], T]) -> T:
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, work)
        finally:
            self._waited()

    async def _run_in_any_case(self, work: Callable[[], Message]) -> Message:
        """Run work on the gateway's thread even if the waiting task is cancelled."""
        loop = asyncio.get_running_loop()
        over = asyncio.Event()

        def tell(_outcome: Future[Message]) -> None:
            with suppress(RuntimeError):  # the event loop is closed once the app has ended
                loop.call_soon_threadsafe(over.set)

        outcome = self._thread.submit(work)
        self._unfinished = {act for act in self._unfinished if not act.done()} | {outcome}
        outcome.add_done_callback(tell)
        await over.wait()
        self._waited()
        return outcome.result()

    async def _answer(self, target: MessagePump, call: Call, doing: str, *, is_act: bool = False) -> None:
        notice_timer = self._app.set_timer(PATIENCE_SECONDS, lambda: self._doing(doing)) if doing else None
        run = self._run_in_any_case if is_act else self._run
        try:
            await self._is_open.wait()
            message = await run(lambda: call(self.deployment))
        except SlaError as error:
            message = self._refused(error)
        except Exception as error:
            self._app.log.error(repr(error))
            message = CallRefused(
                SlaError(
                    N_("This went wrong inside the program: {what}"), what=f"{type(error).__name__}: {error}"
                )
            )
        finally:
            if notice_timer is not None:
                notice_timer.stop()
                self._doing("")
        target.post_message(message)

    def _refused(self, error: SlaError) -> Message:
        if isinstance(error, StoreError) and not self.is_lost:
            self._lose(error)
        return CallRefused(error)

    async def _act(self, target: MessagePump, call: Call, doing: str) -> None:
        try:
            await self._answer(target, call, doing, is_act=True)
            await self._look(is_own=True)
        finally:
            self._acting -= 1

    async def _watch(self) -> None:
        await self._look(is_own=True)
        await asyncio.sleep(FIRST_SECONDS)  # let the first view read its rows before background work
        await self._quietly(self._raise_alarms)
        with StoreNews(self.deployment.news()) as news:
            looked_around_at, has_come = 0.0, False
            while True:
                looked_at = time.monotonic()
                await self._look(is_news=has_come)
                # Without news only the work below is left to do, and that is urgent at the start only.
                has_come = await news.wait(IDLE_SECONDS if looked_around_at > 0 else 0)
                pause = looked_at + POLL_SECONDS - time.monotonic()
                if pause > 0:
                    await asyncio.sleep(pause)
                    news.forget()
                    has_come = False
                if not news.is_told or time.monotonic() - looked_around_at >= IDLE_SECONDS:
                    looked_around_at = time.monotonic()
                    await self._look_around()

    async def _look_around(self) -> None:
        """Open what has come due, plan reminders, and look for alarms and changed plugins.

        Behind a service neither is opened nor planned here: it does so for all of its terminals.
        """
        now = self.now()
        has_come = self._rolled_at is None or abs((now - self._rolled_at).total_seconds()) >= TICK_SECONDS
        if has_come and self.deployment.does_chores:
            self._rolled_at = now
            await self._quietly(lambda: use_cases.duties.scheduler.tick(self.deployment.context))
        await self._quietly(lambda: self.planner.look(self.deployment))
        await self._quietly(self._raise_alarms)
        await self._quietly(self._look_at_plugins)

    def _raise_alarms(self) -> None:
        """Post the new alarms.

        Only a deployment that was opened anew or reloaded can have other ones.
        """
        context = self.deployment.context
        if context is not self._alarmed_for:
            alarms = tuple(self.deployment.alarms())
            new = tuple(alarm for alarm in alarms if alarm not in self._alarms)
            self._alarms, self._alarmed_for = alarms, context
            if new:
                self._app.post_message(Alarmed(new))
        self._look_for_broken_plugins()

    def _look_for_broken_plugins(self) -> None:
        """Report broken plugins when the set changes: a hook may fail at any time."""
        broken = tuple(self.deployment.missing_plugins())
        if broken and broken != self._broken:
            self._app.post_message(Alarmed(broken))
        self._broken = broken

    def _look_at_plugins(self) -> None:
        changed = self._plugin_watch.look(self.deployment)
        if changed is not None:
            self._app.post_message(changed)

    async def _quietly(self, work: Callable[[], object]) -> None:
        """Run background work; only logs errors, because `_look` reports a lost store."""
        try:
            await self._run(work)
        except SlaError as error:
            self._app.log.error(error.sentence())

    async def _look(self, *, is_own: bool = False, is_news: bool = False) -> None:
        """Ask the store for new commits; post StoreChanged, StoreLost or StoreFound."""
        try:
            changed = await self._run(partial(self._changes, is_news=is_news))
        except StoreError as error:
            if not self.is_lost:
                self._lose(error)
            return
        if self.is_lost:
            self.is_lost = False
            self._app.post_message(StoreFound())
            self._seen = -1
        if changed.sequence != self._seen:
            since, self._seen = self._seen, changed.sequence
            # The regular look may find an act's changes first.
            is_own = is_own or self._acting > 0
            message = StoreChanged(
                changed.sequence,
                changed.touched,
                is_own=is_own,
                since=since,
                departments=changed.departments,
            )
            if not self._passes_over(message):
                self._app.post_message(message)

    def _changes(self, *, is_news: bool) -> Changed:
        """Return what was written since the last look."""
        if is_news:
            time.sleep(SETTLE_SECONDS)
        return changes_since(self.deployment.context, self._seen)

    def _lose(self, error: SlaError) -> None:
        self.is_lost = True
        self._app.post_message(StoreLost(error))


def _enable_collector() -> None:
    """Enable the garbage collector if disabled, and exempt the objects made so far."""
    if not gc.isenabled():
        # What was loaded until now lives as long as the process; freezing keeps collections from scanning it.
        gc.freeze()
        gc.enable()
