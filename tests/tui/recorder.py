"""Runs the terminal and writes down where every key is typed, which are dropped, and what people are told."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from textual.events import Key, Paste

from sla_tracker.__main__ import main
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.keyboard.key_queue import KeyQueue


def record(file: Path) -> None:
    """Append one line to a file for each key, dropped key and notification."""
    notify, begin, drop = SlaApp.notify, KeyQueue._begin, KeyQueue._is_dropped
    log = file.open("a", encoding="utf-8", buffering=1)

    def name(event: object) -> str:
        return event.key if isinstance(event, Key) else event.text if isinstance(event, Paste) else ""

    def write(what: str, said: str, *place: str) -> None:
        log.write(json.dumps([what, said, *place], ensure_ascii=False) + "\n")

    def noting_begin(self, entry):  # type: ignore[no-untyped-def]
        entry = begin(self, entry)
        if entry.event is not None:
            app = self._app
            effect = entry.effect.value
            write("typed", name(entry.event), type(app.screen).__name__, type(app.focused).__name__, effect)
        return entry

    def noting_drop(self, event):  # type: ignore[no-untyped-def]
        is_dropped = drop(self, event)
        if is_dropped:
            write("dropped", name(event))
        return is_dropped

    def noting_notify(self, message, **options):  # type: ignore[no-untyped-def]
        write("told", message)
        notify(self, message, **options)

    KeyQueue._begin = noting_begin  # type: ignore[method-assign]
    KeyQueue._is_dropped = noting_drop  # type: ignore[method-assign]
    SlaApp.notify = noting_notify  # type: ignore[method-assign]


if __name__ == "__main__":
    record(Path(sys.argv.pop(1)))
    main()
