"""The terminal driver: reads keys; bytes that are no key do not end the program.

Two faults of Textual 8.2.8 are kept out here: bytes that are not UTF-8 raise UnicodeDecodeError in the thread that
reads the terminal, and a key code that is no character (`ESC [ 99999999999 u`) raises OverflowError or ValueError
there. Both end the app as if it had been quit.
"""

from __future__ import annotations

import codecs
import os
import re
import selectors
import threading
from collections.abc import Generator, Iterable
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any

from textual._ansi_sequences import ANSI_SEQUENCES_KEYS
from textual._keyboard_protocol import FUNCTIONAL_KEYS
from textual._parser import ParseError, Peek1, Read1, TokenCallback
from textual._xterm_parser import (
    BRACKETED_PASTE_END,
    BRACKETED_PASTE_START,
    XTermParser,
    _re_mouse_event,
    _re_terminal_mode_response,
)
from textual.drivers.linux_driver import LinuxDriver
from textual.events import Key, Resize
from textual.keys import Keys
from textual.message import Message

from sla_tracker.tui.messages.session import NotUtf8Typed, TerminalGone

if TYPE_CHECKING:
    from textual.app import App

READ_BYTES = 4096
# How late an escape key alone is noticed.
LOOK_SECONDS = 0.1
REPLACEMENT = "\ufffd"
# The second byte of a character in GBK and GB 18030; many of them are letters and digits in ASCII.
SECOND_BYTES = frozenset({*range(0x30, 0x3A), *range(0x40, 0x7F), *range(0x80, 0xFF)})
# A whole control sequence. `ESC [ [` and `ESC [ M` look whole, but begin a function key and a mouse report.
WHOLE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-Z\\-~]")
# A key by its number, not by a character's code.
NAMED = re.compile(r"\x1b\[(\d*)[\d:;]*([~ABCDEFHPQRS])")
MOUSE = "\x1b[M"
# The largest terminal that is believed, in columns or lines; each of its cells takes memory.
LARGEST_SIDE = 1000


class TypedText:
    """Decodes what was typed; what is not UTF-8 becomes U+FFFD.

    The byte after a wrong one is dropped where it can be the second half of a character in GBK: as a letter it would
    be taken for a command.
    """

    def __init__(self) -> None:
        self._rest = b""
        self._is_half = False
        self.is_wrong = False

    def decode(self, received: bytes) -> str:
        """Return the text of the bytes; an unfinished character is kept for the next call."""
        if self._is_half and received:
            received, self._is_half = self._without_second(received), False
        received = self._rest + received
        text = ""
        while True:
            try:
                good, used = codecs.utf_8_decode(received, "strict", False)
            except UnicodeDecodeError as error:
                self.is_wrong = True
                text += received[: error.start].decode() + REPLACEMENT
                received = received[error.start + 1 :]
                self._is_half = not received
                received = self._without_second(received)
            else:
                self._rest = received[used:]
                return text + good

    @staticmethod
    def _without_second(received: bytes) -> bytes:
        return received[1:] if received and received[0] in SECOND_BYTES else received


class PasteFilter:
    """Takes escapes out of what is pasted.

    Textual types the characters after one, digits and letters as commands.
    """

    def __init__(self) -> None:
        self._is_pasting = False
        self._before = ""  # what was passed last, where the start of a paste may be cut
        self._held = ""  # what may be the end of a paste

    def passed(self, typed: str) -> str:
        """Return the text without escapes inside of a paste."""
        left, self._held, text = self._held + typed, "", ""
        while left:
            taken, left = self._pasted(left) if self._is_pasting else self._typed(left)
            text += taken
        return text

    def _typed(self, typed: str) -> tuple[str, str]:
        joined = self._before + typed
        begin = joined.find(BRACKETED_PASTE_START)
        if begin < 0:
            self._before = joined[1 - len(BRACKETED_PASTE_START) :]
            return typed, ""
        end = begin + len(BRACKETED_PASTE_START) - len(self._before)
        self._is_pasting, self._before = True, ""
        return typed[:end], typed[end:]

    def _pasted(self, typed: str) -> tuple[str, str]:
        text, mark, rest = typed.partition(BRACKETED_PASTE_END)
        if mark:
            self._is_pasting = False
        else:
            cut = max(n for n in range(len(BRACKETED_PASTE_END)) if text.endswith(BRACKETED_PASTE_END[:n]))
            text, self._held = text[: len(text) - cut], text[len(text) - cut :]
        return text.replace("\x1b", "") + mark, rest


class SequenceParser(XTermParser):
    """Ignores control sequences that name no key.

    Textual would fail at them, or type their characters.
    """

    def __init__(self, debug: bool = False) -> None:
        super().__init__(debug)
        self._pastes = PasteFilter()

    @property
    def is_waiting(self) -> bool:
        """Return whether the parser waits for more of a key, until `tick` ends that."""
        return self._timeout_time is not None

    def feed(self, text: str) -> Iterable[Message]:
        """Parse text; an empty one ends the parser."""
        passed = self._pastes.passed(text)
        return super().feed(passed) if passed or not text else ()

    def parse(self, token_callback: TokenCallback[Message]) -> Generator[Read1 | Peek1, str, None]:
        """Parse keys; sizes that no terminal has are dropped."""

        def believed(token: Message) -> None:
            if not isinstance(token, Resize) or 0 < min(token.size) <= max(token.size) <= LARGEST_SIDE:
                token_callback(token)

        return super().parse(believed)

    def parse_mouse_code(self, code: str) -> Message | None:
        """Return the mouse event; None for a position that cannot be computed."""
        try:
            return super().parse_mouse_code(code)
        except (ArithmeticError, ValueError):
            return None

    def _sequence_to_key_events(self, sequence: str, alt: bool = False) -> Iterable[Key]:
        ignored = Key(Keys.Ignore, sequence)
        if (number := NAMED.fullmatch(sequence)) and f"{number[1] or 1}{number[2]}" not in FUNCTIONAL_KEYS:
            # Textual takes the number in it for a character's code: 117 would be a u.
            names = ANSI_SEQUENCES_KEYS.get(sequence)
            return [Key(name.value, None) for name in names] if isinstance(names, tuple) else [ignored]
        try:
            found = list(super()._sequence_to_key_events(sequence, alt))
        except (ArithmeticError, ValueError):
            found = []
        if not found and WHOLE.fullmatch(sequence) and not self._is_report(sequence):
            # Textual would read on, and then type the characters one by one: digits change the view, u undoes.
            return [ignored]
        return found

    @staticmethod
    def _is_report(sequence: str) -> bool:
        return sequence == MOUSE or bool(
            _re_mouse_event.match(sequence) or _re_terminal_mode_response.match(sequence)
        )


class WakingEvent(threading.Event):
    """An event that a selector sees, so that waiting for keys needs no repeated look."""

    def __init__(self) -> None:
        super().__init__()
        self._read_end, self._write_end = os.pipe()
        os.set_blocking(self._read_end, False)
        self._is_closed = False

    def fileno(self) -> int:
        """Return the descriptor that is readable while the event is set."""
        return self._read_end

    def set(self) -> None:
        """Set the event."""
        if not self.is_set() and not self._is_closed:
            os.write(self._write_end, b"!")
        super().set()

    def clear(self) -> None:
        """Reset the event."""
        super().clear()
        if not self._is_closed:
            with suppress(BlockingIOError):
                os.read(self._read_end, 1)

    def close(self) -> None:
        """Close the descriptors; the event goes on without them."""
        if not self._is_closed:
            self._is_closed = True
            os.close(self._read_end)
            os.close(self._write_end)


class VanishingTerminal:
    """Passes text to a terminal; drops it once the terminal is gone.

    Textual's writing thread would end by the error, its queue fill up, and the program wait for it for ever.
    """

    def __init__(self, file: IO[str]) -> None:
        self._terminal = file

    def write(self, text: str) -> int:
        """Write a text, as far as there is a terminal."""
        with suppress(OSError):
            self._terminal.write(text)
        return len(text)

    def flush(self) -> None:
        """Send what was written, as far as there is a terminal."""
        with suppress(OSError):
            self._terminal.flush()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._terminal, name)


class TerminalDriver(LinuxDriver):
    """Textual's driver with a decoder and a parser that no input can end.

    The screen's sides are limited to those that a screen can have.
    """

    exit_event: WakingEvent

    def __init__(
        self,
        app: App[Any],
        *,
        debug: bool = False,
        mouse: bool = True,
        size: tuple[int, int] | None = None,
    ) -> None:
        super().__init__(app, debug=debug, mouse=mouse, size=size)
        self.exit_event = WakingEvent()
        self._file = VanishingTerminal(self._file)  # type: ignore[assignment, arg-type]

    def close(self) -> None:
        """Release the descriptors."""
        super().close()
        self.exit_event.close()

    def _get_terminal_size(self) -> tuple[int, int]:
        width, height = super()._get_terminal_size()
        return min(width, LARGEST_SIDE), min(height, LARGEST_SIDE)

    def run_input_thread(self) -> None:
        """Read the terminal and send events until the exit event is set.

        As in Textual 8.2.8, but it does not wake up while nobody types, unless an escape may be the first half of a
        key.
        """
        parser, typed = SequenceParser(self._debug), TypedText()
        with selectors.SelectSelector() as selector:
            terminal = selector.register(self.fileno, selectors.EVENT_READ)
            selector.register(self.exit_event, selectors.EVENT_READ)
            while not self.exit_event.is_set():
                come = selector.select(LOOK_SECONDS if parser.is_waiting else None)
                if any(key is terminal for key, _events in come) and not self._send(parser, typed):
                    # Its window was closed. SIGHUP says so too, but not below `su` or `runuser`, which get it instead.
                    self.process_message(TerminalGone())
                    self.exit_event.wait()
                for message in parser.tick():
                    self.process_message(message)
        try:
            for _unused in parser.feed(""):
                pass
        except (EOFError, ParseError):
            pass

    def _send(self, parser: SequenceParser, typed: TypedText) -> bool:
        """Read and send what was typed; return False once the terminal is gone."""
        try:
            received = os.read(self.fileno, READ_BYTES)
        except OSError:
            received = b""
        text = typed.decode(received)
        if text:  # an empty one would tell the parser that nothing more comes
            for message in parser.feed(text):
                self.process_message(message)
        if typed.is_wrong:
            typed.is_wrong = False
            self.process_message(NotUtf8Typed())
        return bool(received)
