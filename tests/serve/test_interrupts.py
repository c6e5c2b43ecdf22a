"""Ctrl+C at a question of a session: it ends the question, wherever the session is when it comes."""

from __future__ import annotations

import io
import os
import signal
import threading
from collections.abc import Iterator

import pytest

from sla_tracker.serve.sessions.interrupts import Interrupts
from sla_tracker.serve.sessions.streams import Keys


@pytest.fixture
def interrupts() -> Iterator[Interrupts]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGHUP)}
    made = Interrupts()
    made.begin()
    yield made
    made.give_back()
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def keys(interrupts: Interrupts) -> Iterator[tuple[io.TextIOWrapper, int]]:
    """Yield what a question reads, and where the keys are typed."""
    read, typed = os.pipe()
    yield io.TextIOWrapper(io.BufferedReader(Keys(read, interrupts))), typed
    os.close(read)
    os.close(typed)


def interrupt(number: int = signal.SIGINT) -> None:
    with pytest.raises(KeyboardInterrupt):
        os.kill(os.getpid(), number)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_an_interrupt_that_a_prompt_swallowed_ends_the_question(
    keys: tuple[io.TextIOWrapper, int], number: int
) -> None:
    interrupt(number)
    os.write(keys[1], b"y\n")
    with pytest.raises(KeyboardInterrupt):
        keys[0].readline()
    assert keys[0].readline() == "y\n"


def test_an_interrupt_ends_the_wait_for_a_key(keys: tuple[io.TextIOWrapper, int]) -> None:
    later = threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT))
    later.start()
    with pytest.raises(KeyboardInterrupt):
        keys[0].readline()
    later.join()
    os.write(keys[1], b"y\n")
    assert keys[0].readline() == "y\n"


def test_a_hang_up_after_an_interrupt_disturbs_nothing(interrupts: Interrupts) -> None:
    interrupt()
    os.kill(os.getpid(), signal.SIGHUP)


def test_nothing_disturbs_the_end_of_a_session(interrupts: Interrupts) -> None:
    interrupts.ignore()
    os.kill(os.getpid(), signal.SIGINT)
    os.kill(os.getpid(), signal.SIGHUP)


def test_a_terminal_ends_by_control_c_as_usual(interrupts: Interrupts) -> None:
    interrupts.give_back()
    interrupt()
