"""Loads the pinyin of Chinese texts in a thread beside the screen.

Loading takes a quarter of a second and 50 MB.
"""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Callable, Coroutine

from textual.dom import DOMNode
from textual.worker import Worker

_LOADED = threading.Event()


def load() -> None:
    """Load what spells Chinese texts, unless that is done."""
    if not _LOADED.is_set():
        from pypinyin import lazy_pinyin

        lazy_pinyin("字")
        gc.freeze()  # else each full collection would walk through a hundred thousand words
        _LOADED.set()


def once_loaded(screen: DOMNode, act: Callable[[], None]) -> None:
    """Run an act that spells texts, at once or when they can be spelled.

    A newer one takes its place. The import would hold the screen up: the letters typed meanwhile would not show.
    """
    if _LOADED.is_set():
        act()
        return

    async def load_first() -> None:
        await asyncio.to_thread(load)
        act()

    work: Callable[[], Coroutine[None, None, None]] = load_first
    _worker: Worker[None] = screen.run_worker(work, group="pinyin", exclusive=True, exit_on_error=False)
