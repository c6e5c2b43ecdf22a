"""Bytes that are no keys: they neither end the program nor are they taken for commands."""

from __future__ import annotations

import os
import pty
import selectors
import threading
import time
import tty
from contextlib import suppress
from typing import Any

import pytest
from textual.drivers._writer_thread import WriterThread
from textual.events import Key, MouseDown, Paste, Resize
from textual.message import Message

from sla_tracker.tui.keyboard.driver import (
    LOOK_SECONDS,
    SequenceParser,
    TerminalDriver,
    TypedText,
    VanishingTerminal,
    WakingEvent,
)
from tests.tui.pseudo_terminal import Pseudo


def parsed(text: str) -> list[Message]:
    return list(SequenceParser().feed(text + "."))


def keys_of(text: str) -> list[str]:
    return [message.key for message in parsed(text) if isinstance(message, Key)]


@pytest.mark.parametrize(
    ("chunks", "text"),
    [
        (["车主".encode()], "车主"),
        (["车".encode()[:2], "车".encode()[2:]], "车"),
        (["你好".encode("gbk")], "��"),
        ([b"u" + "杣".encode("gbk") + b"u"], "u�u"),  # 0x96 0x75: its second byte is the letter u
        ([b"\x96", b"u", b"u"], "�u"),
        ([b"\x81\x30\x81\x36q"], "��q"),
        (["车".encode() + b"\xff" + b"\x1b[A"], "车�\x1b[A"),
        ([b"\xe9\r"], "�\r"),
    ],
)
def test_text_is_decoded_and_wrong_bytes_are_replaced(chunks: list[bytes], text: str) -> None:
    typed = TypedText()
    assert "".join(typed.decode(chunk) for chunk in chunks) == text
    assert typed.is_wrong is ("�" in text)


@pytest.mark.parametrize(
    "sequence",
    [
        "\x1b[99999999999u",
        "\x1b[9999999u",
        "\x1b[1;1;99999999999u",
        "\x1b[117;1~",
        "\x1b[99~",
        "\x1b[?62;22c",
        "\x1b[48;0;0;0;0t",
        "\x1b[48;99999999;99999999;1;1t",
    ],
)
def test_a_sequence_that_is_no_key_types_nothing(sequence: str) -> None:
    assert keys_of(sequence) == ["full_stop"]
    assert not [message for message in parsed(sequence) if isinstance(message, Resize)]


def test_a_mouse_report_for_a_terminal_without_pixels_is_dropped() -> None:
    parser = SequenceParser()
    assert not list(parser.feed("\x1b[48;24;80;0;0t\x1b[<0;5;5M"))[1:]


def test_keys_mouse_and_pastes_still_arrive() -> None:
    assert keys_of("\x1b[A\x1bOP\x1b[15~\x1b[[A\x1b[1;5C\x1b[97u") == [
        "up", "f1", "f5", "f1", "ctrl+right", "a", "full_stop",
    ]  # fmt: skip
    assert [type(message) for message in parsed("\x1b[<0;5;5M")] == [MouseDown, Key]
    assert [type(message) for message in parsed("\x1b[200~\x1b[99~u\x1b[201~")] == [Paste, Key]


def test_an_escape_inside_a_paste_types_nothing_however_it_is_cut() -> None:
    text = "a\x1b[200~one\x1b\x1b[20u\x1b[201\x1b[201~b"
    for size in (1, 2, 3, 5, len(text)):
        parser = SequenceParser()
        messages = [
            message
            for start in range(0, len(text), size)
            for message in parser.feed(text[start : start + size])
        ]
        assert [message.key if isinstance(message, Key) else "" for message in messages] == ["a", "", "b"]
        assert [message.text for message in messages if isinstance(message, Paste)] == ["one[20u[201"]


class Typing(TerminalDriver):
    """The driver of a terminal that only reads, on a pseudo-terminal of its own."""

    def __init__(self) -> None:
        self.exit_event, self._debug = WakingEvent(), False
        self.keys, self.fileno = pty.openpty()
        tty.setraw(self.fileno)
        self.typed: list[str] = []

    def process_message(self, message: Message) -> None:
        self.typed += [message.key] if isinstance(message, Key) else []


def test_who_types_nothing_wakes_nothing_and_a_lone_escape_is_noticed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    waits: list[float | None] = []
    select = selectors.SelectSelector.select

    def noting(selector: selectors.SelectSelector, seconds: float | None = None) -> Any:
        waits.append(seconds)
        return select(selector, seconds)

    monkeypatch.setattr(selectors.SelectSelector, "select", noting)
    driver = Typing()
    thread = threading.Thread(target=driver.run_input_thread)
    thread.start()
    try:
        os.write(driver.keys, b"a\x1b")
        deadline = time.monotonic() + 10
        while driver.typed != ["a", "escape"]:
            assert time.monotonic() < deadline, driver.typed
            time.sleep(0.01)
        assert waits[0] is None
        assert LOOK_SECONDS in waits
        time.sleep(0.05)
        calls = len(waits)
        assert waits[-1] is None
        time.sleep(2.5 * LOOK_SECONDS)
        assert len(waits) == calls
    finally:
        driver.exit_event.set()
        thread.join(10)
        assert not thread.is_alive()
        driver.exit_event.clear()
        assert not driver.exit_event.is_set()
        driver.exit_event.close()
        driver.exit_event.set()  # its descriptors may be others' by now
        os.close(driver.keys)
        os.close(driver.fileno)


def test_no_bytes_end_the_program_on_a_real_terminal() -> None:
    with Pseudo(["-m", "tests.tui.harness", "plain", "en"]) as terminal:
        assert terminal.read_until(b"Overdue", 30)
        for odd in ("欠款表".encode("gbk"), b"\xff\xfe", b"\x1b[99999999999u", b"\x1b[99~"):
            terminal.press(odd, 0.2)
        assert terminal.read_until(b"UTF-8", 10), terminal.written[-3000:]
        assert terminal.process.poll() is None
        # What is typed right behind bytes that are no key is not taken; escape ends that.
        terminal.press("\x1b[27uq", 0.3)
        assert terminal.wait() == 0
        assert b"Traceback" not in terminal.written


def test_a_terminal_that_is_gone_lets_the_program_end() -> None:
    master, terminal = pty.openpty()
    os.close(master)
    with os.fdopen(terminal, "w", encoding="utf-8", buffering=1) as gone:
        writer = WriterThread(VanishingTerminal(gone))  # type: ignore[arg-type]
        writer.start()

        def write_and_stop() -> None:
            for _ in range(100):
                writer.write("text\n")
            writer.stop()

        ending = threading.Thread(target=write_and_stop, daemon=True)
        ending.start()
        ending.join(10)
        assert not ending.is_alive()
        with suppress(OSError):
            gone.close()
