"""Reads what a caller sends, within limits of size, number and time.

The limits hold for every caller, because any of them may be hostile.
"""

from __future__ import annotations

import array
import contextlib
import os
import re
import socket
import struct
import time
from collections.abc import Mapping, Sequence
from dataclasses import field

from sla_tracker.serve import client
from sla_tracker.value_class import dataclass

REQUEST_SECONDS = 5.0  # until a request is complete
MOST_ARGUMENTS = 256
MOST_MESSAGE_BYTES = 64 * 1024  # of one message after the request
MOST_CELLS = 500  # columns or lines of a terminal
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_NAMES = frozenset(client.VARIABLES)
# Words of a command line that is being completed may hold line ends.
_LINES_ALLOWED = frozenset({"COMP_WORDS"})


class BadRequest(Exception):
    """A request that breaks the protocol; its text is for the log."""


class AnotherProtocol(Exception):
    """A request of a client that speaks another `version` of the protocol."""


class CallerGone(Exception):
    """The caller closed the connection."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Peer:
    """The process at the other end of a connection, as the kernel says."""

    pid: int
    uid: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallRequest:
    """What a caller asks for.

    `terminals` tells which of the three streams are terminals there.
    """

    version: str
    encoding: str
    terminals: tuple[bool, bool, bool]
    seen: tuple[int, str] | None
    arguments: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


def peer_of(connection: socket.socket) -> Peer:
    """Return who connected, as the kernel recorded it (Linux: SO_PEERCRED)."""
    pid, uid, _gid = struct.unpack(
        "3i", connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
    )
    return Peer(pid=pid, uid=uid)


def read_request(connection: socket.socket) -> tuple[CallRequest, list[int]]:
    """Return the request and the caller's three descriptors.

    Raises BadRequest, AnotherProtocol, CallerGone; the descriptors are closed then.
    """
    descriptors: list[int] = []
    try:
        kind, content = _message(connection, descriptors, time.monotonic() + REQUEST_SECONDS)
        if kind != client.REQUEST:
            raise BadRequest("the first message is no request")
        if len(descriptors) != client.STREAMS:
            raise BadRequest(f"{len(descriptors)} descriptors instead of {client.STREAMS}")
        return _request_of(content.split(b"\0")), descriptors
    except BaseException:
        for descriptor in descriptors:
            os.close(descriptor)
        raise


def _message(connection: socket.socket, descriptors: list[int], deadline: float) -> tuple[bytes, bytes]:
    """Return kind and content of one message; its descriptors go to `descriptors`."""
    content = b""
    length = client.HEADER_BYTES
    while len(content) < length:
        remaining = deadline - time.monotonic()
        if remaining <= 0:
            raise BadRequest("the request was not complete in time")
        connection.settimeout(remaining)
        try:
            chunk = _received(connection, descriptors, length - len(content))
        except TimeoutError:
            continue
        if not chunk:
            raise CallerGone
        content += chunk
        if length == client.HEADER_BYTES == len(content):
            length += int.from_bytes(content[1:], "big")
            if length > client.LARGEST_REQUEST:
                raise BadRequest(f"{length} bytes are too much")
    connection.settimeout(None)
    return content[:1], content[client.HEADER_BYTES :]


def _received(connection: socket.socket, descriptors: list[int], most: int) -> bytes:
    """Receive once, into the list of descriptors too.

    Raises BadRequest for other or cut ancillary parts.
    """
    room = socket.CMSG_SPACE(client.STREAMS * array.array("i").itemsize)
    chunk, extra, flags, _address = connection.recvmsg(most, room, socket.MSG_CMSG_CLOEXEC)
    for level, kind, content in extra:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            numbers = array.array("i")
            numbers.frombytes(content[: len(content) - len(content) % numbers.itemsize])
            descriptors.extend(numbers)
    # The kernel closes what did not fit, but alignment lets a fourth one through.
    if flags & socket.MSG_CTRUNC or len(descriptors) > client.STREAMS:
        raise BadRequest("more descriptors than were asked for")
    return chunk


def _request_of(fields: Sequence[bytes]) -> CallRequest:
    try:
        protocol, version, encoding, terminals, number, digest, count, *rest = fields
        if int(protocol) != client.PROTOCOL:
            raise AnotherProtocol(_text(version)[:40])
        arguments, variables = rest[: int(count)], rest[int(count) :]
        if not 0 <= int(count) <= min(len(rest), MOST_ARGUMENTS) or len(terminals) != client.STREAMS:
            raise BadRequest("wrong counts")
        seen = (int(number), digest.decode("ascii")[:128]) if number else None
        first, second, third = (mark == ord("1") for mark in terminals)
    except (ValueError, UnicodeDecodeError):
        raise BadRequest("fields are missing or wrong") from None
    return CallRequest(
        version=_text(version)[:40],
        encoding=encoding.decode("ascii", "replace")[:40],
        terminals=(first, second, third),
        seen=seen,
        arguments=[_text(argument) for argument in arguments],
        environment=_environment(variables),
    )


def _environment(variables: Sequence[bytes]) -> dict[str, str]:
    """Return the allowed variables; anything else is left out."""
    found: dict[str, str] = {}
    for variable in variables:
        name, _equals, value = _text(variable).partition("=")
        checked = value.replace("\n", "") if name in _LINES_ALLOWED else value
        if name in _NAMES and len(variable) <= client.LONGEST_VARIABLE and not _CONTROL.search(checked):
            found[name] = value
    for name in ("COLUMNS", "LINES"):
        value = found.get(name, "")
        # The whole text, not its beginning: programs read it as a number of cells and make room for so many.
        if not (value.isdecimal() and len(value) <= len(str(MOST_CELLS)) and 1 <= int(value) <= MOST_CELLS):
            found.pop(name, None)
    return found


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


def receive_answer(connection: socket.socket, buffer: bytearray, descriptors: list[int]) -> bool:
    """Read once what a caller sends after its request.

    Returns False at the end. Raises BadRequest.
    """
    chunk = _received(connection, descriptors, MOST_MESSAGE_BYTES)
    buffer += chunk
    if len(buffer) > 2 * MOST_MESSAGE_BYTES:
        raise BadRequest("a message is too long")
    return bool(chunk)


def next_message(buffer: bytearray) -> tuple[bytes, list[bytes]] | None:
    """Take the next whole message out of the buffer: its kind and fields, or None."""
    if len(buffer) < client.HEADER_BYTES:
        return None
    end = client.HEADER_BYTES + int.from_bytes(buffer[1 : client.HEADER_BYTES], "big")
    if len(buffer) < end:
        return None
    kind, content = bytes(buffer[:1]), bytes(buffer[client.HEADER_BYTES : end])
    del buffer[:end]
    return kind, content.split(b"\0")


def refuse(connection: socket.socket, word: bytes) -> None:
    """Tell a caller why nothing is done, if that takes no waiting, and close."""
    with contextlib.suppress(OSError):
        connection.setblocking(False)
        connection.send(client.packed(client.REFUSAL, word))
    connection.close()
