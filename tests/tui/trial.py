"""A small company behind a terminal: its deployment, a day's work, and how tests look at what is drawn."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest
from rich.style import Style
from textual.app import App
from textual.events import Paste
from textual.message import Message
from textual.pilot import Pilot
from textual.widgets import Input, TextArea

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.text import Text
from sla_tracker.services import events, requests
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.deployment import Origin, PluginRow, PluginState
from sla_tracker.services.duties import operations, scheduler
from sla_tracker.storage.memory import MemoryStore
from sla_tracker.testing.company import a_context, an_actor, local, set_clock
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.startup import start_of
from tests.cli.runner import FakeDeployment
from tests.services.acts import who

NOW = "2026-11-20 14:02"
SIZES = ((80, 24), (120, 36))
"""The smallest terminal and a usual one: columns, rows."""
PLUGINS = (
    PluginRow(
        name="sales",
        origin=Origin.ENTRY_POINT,
        state=PluginState.ACTIVE,
        version="1.0",
        contributed={"obligations": 9},
    ),
    PluginRow(
        name="broken",
        origin=Origin.PYTHON_FILE,
        state=PluginState.QUARANTINED,
        reason="ZeroDivisionError: division by zero",
        traceback='  File "broken.py", line 3',
    ),
    PluginRow(name="month-end", origin=Origin.ENTRY_POINT, state=PluginState.OFFERED),
)


def a_deployment(person: str = "wang.fang", context: ServiceContext | None = None) -> FakeDeployment:
    """Build a deployment after some days of work, seen by one person."""
    if context is None:
        context = a_trial(copy_of(a_worked_store()), NOW)
    return FakeDeployment(
        folder=Path(), context=context, actor=an_actor(context, person, via="terminal"), rows=PLUGINS
    )


def an_app(context: ServiceContext, person: str) -> SlaApp:
    """Build the terminal of one person over a company in memory."""
    return SlaApp(start_of(FakeDeployment(folder=Path(), context=context, actor=who(context, person))))


def a_trial(store: MemoryStore, now: str) -> ServiceContext:
    return a_context(now=now, name="Trial Motors", trial=True, store=store)


@cache
def a_worked_store() -> MemoryStore:
    """Return the store after those days; nobody writes into this one."""
    store = MemoryStore()
    work_some_days(a_trial(store, "2026-11-02 09:00"))
    return store


def copy_of(store: MemoryStore) -> MemoryStore:
    """Return a store of the same values with the same history."""
    copy = MemoryStore()
    copy.documents = {key: list(versions) for key, versions in store.documents.items()}
    copy.archives = dict(store.archives)
    copy._changes = list(store.changes())
    return copy


def work_some_days(context: ServiceContext) -> None:
    """Let the company register, deliver, return and ask until the afternoon of 2026-11-20."""
    wang, chen = an_actor(context, "wang.fang"), an_actor(context, "chen.jing")

    def register(at: str, subject: str, **fields: str) -> tuple[Duty, ...]:
        set_clock(context, at)
        scheduler.tick(context)
        done = events.register(
            context, wang, "vehicle-delivered", subject=subject, at=local(at), fields=fields
        )
        return done.opened

    for at, plate in (("2026-11-03 10:00", "鄂F·11111"), ("2026-11-05 15:00", "鄂F·22222")):
        for duty in register(at, plate, cash="no"):
            if duty.provider == "sales":
                operations.deliver(context, wang, duty.id, {"sheet": "yes"} if duty.terms.evidence else {})
                operations.accept(context, chen, duty.id)
    for duty in register("2026-11-16 16:40", "鄂F·12345", cash="no"):
        if duty.obligation == "order-sheet":
            operations.deliver(context, wang, duty.id)
            operations.return_(context, chen, duty.id, "客户没有签字")
        elif duty.obligation == "decoration-sheet":
            operations.take(context, wang, duty.id)
            operations.note(context, chen, duty.id, "请写清楚金额")
    late = register("2026-11-19 17:10", "鄂F·67890", cash="yes")
    set_clock(context, "2026-11-20 10:00")
    operations.deliver(context, wang, next(duty.id for duty in late if duty.obligation == "order-sheet"))
    events.register(context, wang, "settlement-scheduled", subject="HT-2211", at=local("2026-11-25 10:00"))
    requests.ask(context, chen, "invoice-copy", subject="HT-2200", text="第三联")
    set_clock(context, NOW)


def find(context: ServiceContext, obligation: str, subject: str = "") -> Duty:
    """Return the latest duty of an obligation (about a subject)."""
    found = context.store.read(lambda tx: tx.find(Duty, obligation=obligation))
    return [duty for duty in found if subject in ("", duty.subject)][-1]


async def until(pilot: Pilot[None], holds: Callable[[], bool], seconds: float = 8.0) -> None:
    """Wait until something holds; the test fails when it does not in time."""
    for _ in range(int(seconds / 0.02)):
        await pilot.pause()
        if holds():
            return
        await asyncio.sleep(0.02)
    pytest.fail("this did not come to hold\n" + text_of(pilot.app))


async def quiet(pilot: Pilot[None]) -> None:
    """Wait until the gateway has answered everything that was asked, and it is drawn."""
    app = pilot.app

    def is_quiet() -> bool:
        is_laid_out = bool(
            app.screen._compositor.size
        )  # on a busy machine a new dialog has no size for a while
        return is_laid_out and not any(
            worker.group != "watch" and not worker.is_finished for worker in app.workers
        )

    for _ in range(4):
        await asyncio.sleep(0.05)
        await until(pilot, is_quiet)


async def press(pilot: Pilot[None], *keys: str) -> None:
    """Press keys one after the other, each when what the one before asked for is drawn."""
    for key in keys:
        await pilot.press(key)
        await quiet(pilot)


async def type_in(pilot: Pilot[None], text: str) -> None:
    """Put a text, as an input method does, where one can type; wait until one can."""
    await until(pilot, lambda: isinstance(pilot.app.focused, Input | TextArea))
    pilot.app.screen.post_message(Paste(text))
    await pilot.pause()


def told(heard: list[Message], kind: type[Message]) -> list[Message]:
    """Return the messages of a kind that were heard, each once."""
    return list({id(message): message for message in heard if isinstance(message, kind)}.values())


def strips_of(app: App[None]) -> list[list[tuple[str, Style | None]]]:
    """Return what is drawn, line by line, as texts with their styles."""
    return [
        [(text, style) for text, style, _control in strip] for strip in app.screen._compositor.render_strips()
    ]


def text_of(app: App[None]) -> str:
    """Return what is drawn as plain text."""
    return "\n".join("".join(text for text, _style in line).rstrip() for line in strips_of(app))


def colours_of(app: App[None]) -> str:
    """Return the colours of what is drawn, run by run: column, foreground on background, emphasis."""
    return "\n".join(f"{number:>2} {_runs(line)}" for number, line in enumerate(strips_of(app)))


def _runs(line: list[tuple[str, Style | None]]) -> str:
    runs: list[tuple[int, str]] = []
    column = 0
    for text, style in line:
        look = _look(style)
        if not runs or runs[-1][1] != look:
            runs.append((column, look))
        column += len(text)
    return " ".join(f"{start}:{look}" for start, look in runs)


def _look(style: Style | None) -> str:
    if style is None:
        return "-"
    fore = style.color.name if style.color else ""
    back = style.bgcolor.name if style.bgcolor else ""
    marks = "".join(
        mark for mark, on in (("b", style.bold), ("u", style.underline), ("r", style.reverse)) if on
    )
    return f"{fore}/{back}{'+' + marks if marks else ''}"


def bilingual(text: str) -> Text:
    """Build a text that says the same in both languages."""
    return Text(zh=text, en=text)
