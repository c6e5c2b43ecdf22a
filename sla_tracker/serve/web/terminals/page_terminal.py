"""Relays the pty of a session to the terminal in the page.

The web process speaks to the session as the staff's program does.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import fcntl
import os
import pty
import secrets
import socket
import struct
import termios
import time
from collections.abc import Awaitable, Callable
from dataclasses import field
from pathlib import Path, PurePath

from sla_tracker.domain.clean import clean
from sla_tracker.i18n import gettext as _
from sla_tracker.serve import client
from sla_tracker.value_class import dataclass
from sla_tracker.version import VERSION

CHUNK = 65536
LEAST, MOST_ROWS, MOST_COLUMNS = 2, 300, 500
MOST_TYPED = 1 << 20  # bytes that wait until the program reads them
LARGEST_FILE = 64 << 20
MOST_FILES = 5  # of one terminal, until they are fetched
KEPT_SECONDS = 600.0  # a terminal whose page is gone
KEY_SECONDS = 60.0

Send = Callable[[bytes], Awaitable[None]]
Tell = Callable[[dict[str, object]], Awaitable[None]]


def told_of_end(reason: str) -> dict[str, object]:
    """Return what a page is told of the end of its terminal."""
    return {"end": reason}


def told_of_file(key: str, name: str) -> dict[str, object]:
    """Return what a page is told of a file that it may fetch."""
    return {"download": f"/terminal/file/{key}", "name": name}


@dataclass(slots=True, kw_only=True)
class Offered:
    """A file that the terminal wrote, for the browser to fetch once."""

    name: str
    content: bytes


@dataclass(slots=True, kw_only=True)
class Attached:
    """The page that shows a terminal now."""

    send: Send
    tell: Tell
    over: asyncio.Event = field(default_factory=asyncio.Event)


class PageTerminal:
    """A terminal that goes on while no page shows it.

    A subclass says where its pty comes from.
    """

    def __init__(self, rows: int, columns: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._size = _bounded(rows, columns)
        self._master: int | None = None
        self._typed = bytearray()
        self._attached: Attached | None = None
        self._readable = asyncio.Event()
        self._pump: asyncio.Task[None] | None = None
        self._ending: asyncio.Task[None] | None = None
        self.offered: dict[str, Offered] = {}
        self.left_at = time.monotonic()
        self.is_over = False
        self.reason = ""

    def _begin(self, master: int) -> None:
        """Relay the pty of a program."""
        os.set_blocking(master, False)
        self._master = master
        self._loop.add_reader(master, self._readable.set)
        self._pump = self._loop.create_task(self._relay(master))

    async def _relay(self, master: int) -> None:
        """Send what the program draws to the page.

        Without a page the output is dropped; the next page has it drawn again.
        """
        while True:
            await self._readable.wait()
            try:
                drawn = os.read(master, CHUNK)
            except BlockingIOError:
                self._readable.clear()
                continue
            except OSError:
                drawn = b""
            if not drawn:
                self._loop.remove_reader(master)
                self._program_ended()
                return
            if self._attached is not None:
                with contextlib.suppress(ConnectionError):
                    await self._attached.send(drawn)

    def _program_ended(self) -> None:
        """Note that nobody draws any more."""

    def _release(self) -> None:
        """Let go of what a subclass holds."""

    async def attach(self, page: Attached, rows: int, columns: int) -> None:
        """Show the terminal in a page; the page before is told that it went."""
        if self._attached is not None:
            await self.detach(self._attached, _("The terminal was opened in another page."))
        self._attached = page
        rows, columns = _bounded(rows, columns)
        self.resize(rows, max(columns - 1, LEAST))  # another size, so that everything is drawn anew
        await asyncio.sleep(0.05)
        self.resize(rows, columns)
        for key, file in self.offered.items():
            await page.tell(told_of_file(key, file.name))
        if self.is_over:
            await self.detach(page, self.reason)

    async def detach(self, page: Attached, reason: str = "") -> None:
        """Show the terminal in this page no more."""
        if self._attached is page:
            self._attached = None
            self.left_at = time.monotonic()
        if reason:
            with contextlib.suppress(ConnectionError):
                await page.tell(told_of_end(reason))
        page.over.set()

    @property
    def is_shown(self) -> bool:
        """Return whether a page shows it."""
        return self._attached is not None

    def type(self, keys: bytes) -> None:
        """Pass on what was typed."""
        if self._master is None or len(self._typed) + len(keys) > MOST_TYPED:
            return
        self._typed += keys
        self._write()

    def _write(self) -> None:
        if self._master is None:
            return
        try:
            del self._typed[: os.write(self._master, self._typed)]
        except BlockingIOError:
            pass
        except OSError:
            self._typed.clear()
        if self._typed:
            self._loop.add_writer(self._master, self._write)
        else:
            self._loop.remove_writer(self._master)

    def resize(self, rows: int, columns: int) -> None:
        """Give the terminal another size."""
        self._size = _bounded(rows, columns)
        if self._master is not None:
            with contextlib.suppress(OSError):
                fcntl.ioctl(self._master, termios.TIOCSWINSZ, struct.pack("4H", *self._size, 0, 0))

    def close(self) -> None:
        """End the terminal: the program notices that its caller is gone."""
        self._end(_("You were logged out."))

    def _end(self, reason: str) -> None:
        if self.is_over:
            return
        self.is_over, self.reason = True, reason
        if self._pump is not None and self._pump is not asyncio.current_task(self._loop):
            self._pump.cancel()
        if self._master is not None:
            self._loop.remove_reader(self._master)
            self._loop.remove_writer(self._master)
            os.close(self._master)
            self._master = None
        self._release()
        if self._attached is not None:
            self._ending = self._loop.create_task(self.detach(self._attached, reason))


class ServiceTerminal(PageTerminal):
    """A terminal of a session of the service."""

    def __init__(self, connection: socket.socket, language: str, rows: int, columns: int) -> None:
        super().__init__(rows, columns)
        self._connection = connection
        self._connection.setblocking(False)
        self._messages = client.Messages(connection)
        self._language = language
        self._created: dict[bytes, asyncio.Task[None]] = {}
        self._request()
        self._loop.add_reader(connection.fileno(), self._hear)

    def _request(self) -> None:
        """Ask for the terminal, as the staff's program does; raises OSError.

        Output goes to a pty, because the program asks for one; what it says there before it draws is the reason to end.
        """
        environment = [b"TERM=xterm-256color", b"COLORTERM=truecolor", b"LANG=C.UTF-8"]
        fields = [
            str(client.PROTOCOL).encode(),
            VERSION.encode(),
            b"utf-8",
            b"111",
            b"",
            b"",
            b"0",
            *environment,
            f"SLA_LANG={self._language}".encode(),
        ]
        self._said, output = pty.openpty()
        try:
            os.set_blocking(self._said, False)
            with Path(os.devnull).open("rb") as nothing:
                self._connection.sendmsg(
                    [client.packed(client.REQUEST, *fields)],
                    client.attached(nothing.fileno(), output, output),
                )
        except OSError:
            os.close(self._said)
            raise
        finally:
            os.close(output)

    def _what_it_said(self) -> str:
        try:
            return clean(os.read(self._said, CHUNK).decode("utf-8", "replace"), limit=500).strip()
        except OSError:
            return ""

    # --- what the session says ----------------------------------------------------------------------------------------

    def _hear(self) -> None:
        try:
            is_there = self._messages.receive()
        except BlockingIOError:
            return
        except OSError:
            is_there = False
        while (message := self._messages.next()) is not None:
            self._obey(*message)
        if not is_there:
            self._end(self.reason or _("The session has ended."))

    def _obey(self, kind: bytes, fields: list[bytes]) -> None:
        if kind == client.EXIT:
            said = b" ".join(fields[1:]).decode("utf-8", "replace")
            self._end(clean(said, limit=500).strip() or self._what_it_said() or _("The terminal was left."))
        elif kind == client.REFUSAL:
            self._end(_("The service is busy; try again in a moment."))
        elif kind == client.TERMINAL:
            self._answer(fields[0], *(str(cells).encode() for cells in self._size))
            self._begin(self._messages.take_descriptor())
        elif kind == client.OPEN:
            self._open(*fields[:3])
        elif kind == client.DISCARD and fields[0] in self._created:
            self._created.pop(fields[0]).cancel()
        elif kind == client.PRINT:
            self._answer(
                fields[0], b"1", _("In the browser nothing is printed; write a file instead.").encode()
            )

    def _answer(self, *fields: bytes, descriptor: int | None = None) -> None:
        passed = client.attached(*([] if descriptor is None else [descriptor]))
        with contextlib.suppress(OSError):
            self._connection.sendmsg([client.packed(client.ANSWER, *fields)], passed)

    def _open(self, number: bytes, mode: bytes, raw: bytes) -> None:
        """Take a file that the program writes, which becomes a download.

        Files of the browser are never read.
        """
        name = clean(PurePath(raw.decode("utf-8", "replace")).name, limit=120) or "file"
        if mode == client.READING or len(self.offered) + len(self._created) >= MOST_FILES:
            self._answer(number, str(errno.EACCES).encode(), raw)
            return
        # A pipe, because its end tells that the file is complete.
        reading, writing = os.pipe2(os.O_CLOEXEC)
        self._created[number] = asyncio.create_task(self._collect(number, reading, name))
        self._answer(number, b"0", name.encode(), descriptor=writing)
        os.close(writing)

    async def _collect(self, number: bytes, reading: int, name: str) -> None:
        with os.fdopen(reading, "rb") as stream:
            reader = asyncio.StreamReader()
            transport, _protocol = await self._loop.connect_read_pipe(
                lambda: asyncio.StreamReaderProtocol(reader), stream
            )
            try:
                content = await _whole(reader)
            finally:
                transport.close()
                self._created.pop(number, None)
        if content is None:
            return
        key = secrets.token_urlsafe(16)
        self.offered[key] = Offered(name=name, content=content)
        if self._attached is not None:
            await self._attached.tell(told_of_file(key, name))

    def _release(self) -> None:
        self._loop.remove_reader(self._connection.fileno())
        self._connection.close()
        os.close(self._said)
        for task in self._created.values():
            task.cancel()


async def _whole(reader: asyncio.StreamReader) -> bytes | None:
    """Return all that comes until the end; None for more than LARGEST_FILE."""
    content = bytearray()
    while chunk := await reader.read(CHUNK):
        content += chunk
        if len(content) > LARGEST_FILE:
            return None
    return bytes(content)


def _bounded(rows: int, columns: int) -> tuple[int, int]:
    return min(max(rows, LEAST), MOST_ROWS), min(max(columns, LEAST), MOST_COLUMNS)
