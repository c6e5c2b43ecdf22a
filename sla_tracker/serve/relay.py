"""Serves the staff's terminal while a session reads from one.

The module is a part of the installed client's one file.
"""

from __future__ import annotations

import _signal
import _socket
import os

# --- from here on part of the client's file ---------------------------------------------------------------------------

RELAYED_BYTES = 65536
STOP_KEY = b"\x1a"  # ^Z
KEPT_LINES, LONGEST_LINE = 8, 4096  # of what was typed, and bytes of one
ENTER, ESCAPE, FIRST_PRINTED, FIRST_FINAL, DELETE = b"\r\n", 0x1B, 0x20, 0x40, 0x7F
LONG_SEQUENCES = frozenset({b"\x1b[", b"\x1bO"})
# Alternative screen, mouse, focus, pasting, colours, cursor: what a full-screen program may have left behind.
PLAIN_SCREEN = (
    b"\x1b[?1049l\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l\x1b[?1015l\x1b[?1004l\x1b[?2004l"
    b"\x1b[<u\x1b[0m\x1b[?25h\r\n"
)


class Keyboard:
    """Remembers the last lines that were typed.

    The service may ask for a file only if one of them names it.
    """

    def __init__(self) -> None:
        self._typed = [bytearray()]
        self._sequence = b""

    def remember(self, content: bytes) -> None:
        """Keep the last lines that were typed or pasted.

        The sequences of other keys and of the mouse are left out.
        """
        for byte in content:
            if self._sequence:
                self._sequence += bytes((byte,))
                begins = self._sequence[:2] in LONG_SEQUENCES
                if not begins or (len(self._sequence) > 2 and FIRST_FINAL <= byte < DELETE):
                    self._sequence = b""
            elif byte == ESCAPE:
                self._sequence = bytes((byte,))
            elif byte in ENTER:
                self._typed = [*self._typed[1 - KEPT_LINES :], bytearray()]
            elif byte >= FIRST_PRINTED and byte != DELETE and len(self._typed[-1]) < LONGEST_LINE:
                self._typed[-1].append(byte)
        if len(self._sequence) == 1:
            self._sequence = b""  # the key itself

    def has_typed(self, text: bytes) -> bool:
        """Return whether a text was typed or pasted in one of the last lines.

        What was typed between and taken back does not matter, so that a slip of the keyboard needs no second try.
        """
        for line in self._typed:
            bytes_left = iter(line)
            if text and all(byte in bytes_left for byte in text):
                return True
        return False


class Relay:
    """Passes bytes between the caller's terminal and the session's pty.

    The session never holds a descriptor from which it could read what the caller types elsewhere: when this program
    is stopped or gone, nobody reads the caller's terminal.
    """

    def __init__(self, master: int, cannot_stop: str = "") -> None:
        """`cannot_stop` is the answer to ^Z where nobody could continue this program."""
        import termios

        self._master, self._cannot_stop = master, cannot_stop
        self._is_continued = False
        self._screen = next(descriptor for descriptor in (1, 2, 0) if os.isatty(descriptor))
        self._before = termios.tcgetattr(0)
        self._is_open = True
        self.keyboard = Keyboard()

    def modes(self) -> tuple[bytes, bytes]:
        """Return the size of the caller's terminal in lines and columns."""
        try:
            size = os.get_terminal_size(self._screen)
        except OSError:
            return b"24", b"80"
        return str(size.lines or 24).encode(), str(size.columns or 80).encode()

    def begin(self) -> None:
        """Switch the caller's terminal to raw and follow its size."""
        self._resize()
        self._go_raw()
        _signal.signal(_signal.SIGWINCH, lambda _number, _frame: self._resize())
        _signal.signal(_signal.SIGTSTP, lambda _number, _frame: self._stop())

    def _go_raw(self) -> None:
        import termios

        modes = termios.tcgetattr(0)
        modes[0] &= ~(termios.BRKINT | termios.ICRNL | termios.INPCK | termios.ISTRIP | termios.IXON)
        modes[1] &= ~termios.OPOST
        modes[3] &= ~(termios.ECHO | termios.ICANON | termios.IEXTEN | termios.ISIG)
        termios.tcsetattr(0, termios.TCSADRAIN, modes)

    def _stop(self) -> None:
        """Give the terminal back and stop, as ^Z asks; go on when continued.

        The kernel lets a job be stopped only where a shell can continue it; elsewhere that is said.
        """
        import termios

        self._is_continued = False
        termios.tcsetattr(0, termios.TCSADRAIN, self._before)
        earlier = _signal.signal(_signal.SIGTSTP, _signal.SIG_DFL)
        _signal.signal(_signal.SIGCONT, lambda _number, _frame: self._go_on())
        os.kill(0, _signal.SIGTSTP)  # the whole job, as the terminal would do it
        _signal.signal(_signal.SIGTSTP, earlier)
        if not self._is_continued:
            _write_all(self._screen, f"\r\n{self._cannot_stop}\r\n".encode())
        self._go_raw()
        self._resize()

    def _go_on(self) -> None:
        self._is_continued = True

    def _is_asking(self) -> bool:
        """Return whether the session reads lines, and not single keys.

        When lines are read, ^Z is a signal; else it is a key of the program on the screen.
        """
        import termios

        try:
            return bool(termios.tcgetattr(self._master)[3] & termios.ISIG)
        except termios.error:
            return False

    def _resize(self) -> None:
        import fcntl
        import termios

        try:
            size = fcntl.ioctl(self._screen, termios.TIOCGWINSZ, b"\0" * 8)
            fcntl.ioctl(self._master, termios.TIOCSWINSZ, size)
        except OSError:
            pass

    def until_readable(self, connection: _socket.socket) -> None:
        """Pass bytes on until the service has something to say."""
        import select

        poll = select.poll()
        poll.register(connection.fileno(), select.POLLIN)
        poll.register(0, select.POLLIN)
        if self._is_open:
            poll.register(self._master, select.POLLIN)
        while True:
            ready = dict(poll.poll())
            if self._master in ready and not self._show():
                poll.unregister(self._master)
                self._is_open = False
                continue
            if 0 in ready and not self._type():
                poll.unregister(0)
            if connection.fileno() in ready and self._master not in ready:
                return

    def _show(self) -> bool:
        """Pass output on; False at its end."""
        try:
            content = os.read(self._master, RELAYED_BYTES)
        except OSError:
            return False
        _write_all(self._screen, content)
        return bool(content)

    def _type(self) -> bool:
        """Pass input on; False at its end."""
        try:
            content = os.read(0, RELAYED_BYTES)
            self.keyboard.remember(content)
            before, stop, after = content.partition(STOP_KEY) if self._is_asking() else (content, b"", b"")
            _write_all(self._master, before)
            if stop:
                # The session's job belongs to no shell: the kernel would drop the signal there.
                self._stop()
            _write_all(self._master, after.replace(STOP_KEY, b""))
        except OSError:
            return False
        return bool(content)

    def end(self, *, plain: bool) -> None:
        """Show what is left, and give the terminal back as it was."""
        import termios

        while self._is_open and _has_input(self._master) and self._show():
            pass
        try:
            if plain:
                os.write(self._screen, PLAIN_SCREEN)
            termios.tcsetattr(0, termios.TCSADRAIN, self._before)
        except (OSError, termios.error):
            pass
        os.close(self._master)


def _has_input(descriptor: int) -> bool:
    import select

    poll = select.poll()  # not select(): that takes no descriptor over 1023
    poll.register(descriptor, select.POLLIN)
    return bool(poll.poll(0))


def _write_all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]
