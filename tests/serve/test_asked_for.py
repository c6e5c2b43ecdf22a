"""What the staff's program opens for a service: what its person asked for, and nothing else."""

from __future__ import annotations

import signal
import socket
from collections.abc import Iterator

import pytest

from sla_tracker.serve.client import EXIT, PASSED_ON, WELCOME, Call, packed
from sla_tracker.serve.relay import KEPT_LINES, LONGEST_LINE, Keyboard


@pytest.fixture
def call() -> Iterator[Call]:
    ours, theirs = socket.socketpair()
    call = Call(ours, ["report", "--to", "~/r.html", "--anchors=./a/../seen", "plain"])
    yield call
    ours.close()
    theirs.close()


def test_a_refusal_is_read_that_came_before_the_whole_request(capfd: pytest.CaptureFixture[str]) -> None:
    """A session knows from the peer's login whom it refuses, and may have ended when the request is sent."""
    ours, theirs = socket.socketpair()
    theirs.sendall(packed(WELCOME) + packed(EXIT, b"5", b"This login belongs to nobody."))
    theirs.close()
    handlers = {number: signal.getsignal(number) for number in PASSED_ON}
    try:
        with ours:
            assert Call(ours, ["due"]).run() == 5
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    assert capfd.readouterr().err == "This login belongs to nobody.\n"


@pytest.mark.parametrize(
    ("path", "is_read", "is_written"),
    [
        ("~/r.html", True, True), ("seen", True, True), ("plain", True, True), ("other.html", False, True),
        ("~/.bashrc", False, False), (".profile", False, False), ("~/new", False, False), ("/etc/x", False, False),
        ("", False, False), (".", False, False), ("..", False, False),
    ],
)  # fmt: skip
def test_a_path_counts_that_stands_among_the_arguments(
    call: Call, path: str, is_read: bool, is_written: bool
) -> None:
    assert call.was_named(path.encode()) is is_read
    assert call.may_be_written(path.encode()) is is_written


@pytest.mark.parametrize(
    "keys",
    [
        [b"m~/a b.csv\r"], [b"~/", b"a b", b".csv"], [b"~/ax\x7f b.csv\t"], [b"\x1b[200~~/a b.csv\x1b[201~"],
        [b"\x1b[<0;4;12M~/a", b"\x1b[", b"C b.csv"], [b"\x1b", b"~/a b.csv"], [b"\x1bOP~/a b.csv"],
        [b"~/a b.csv\r", b"y\r" * (KEPT_LINES - 2)],
    ],
)  # fmt: skip
def test_a_path_counts_that_was_typed(keys: list[bytes]) -> None:
    keyboard = Keyboard()
    for read in keys:
        keyboard.remember(read)
    assert keyboard.has_typed(b"~/a b.csv")
    assert not keyboard.has_typed(b"~/.ssh/id_rsa")
    assert not keyboard.has_typed(b"")


def test_what_was_typed_long_ago_is_forgotten_and_the_memory_is_bounded() -> None:
    keyboard = Keyboard()
    keyboard.remember(b"~/a.csv\r")
    keyboard.remember(b"x" * LONGEST_LINE * 3)
    keyboard.remember(b"\r" * KEPT_LINES)
    assert not keyboard.has_typed(b"~/a.csv")
    assert not keyboard.has_typed(b"x")


def test_letters_of_several_lines_are_no_path() -> None:
    keyboard = Keyboard()
    keyboard.remember(b"~/\r.ssh\r/id")
    assert not keyboard.has_typed(b"~/.ssh/id")
