"""What a hostile caller may send: everything has a limit, and nothing but three descriptors passes."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from sla_tracker.serve import client, wire


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def request(*arguments: str, variables: Sequence[str] = (), count: int | None = None) -> bytes:
    fields = [
        str(client.PROTOCOL), "0.2.0", "utf-8", "110", "7", "ab" * 32,
        str(len(arguments) if count is None else count), *arguments, *variables,
    ]  # fmt: skip
    return client.packed(client.REQUEST, *(field.encode() for field in fields))


def send(theirs: socket.socket, content: bytes, descriptors: int = 3) -> None:
    socket.send_fds(theirs, [content], [0] * descriptors)


def test_a_request_arrives_as_it_was_sent(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    send(theirs, request("note", "abc123", "装饰单\nzwei", variables=["LANG=zh_CN.UTF-8", "TERM=xterm"]))
    got, descriptors = wire.read_request(ours)
    for descriptor in descriptors:
        os.close(descriptor)
    assert list(got.arguments) == ["note", "abc123", "装饰单\nzwei"]
    assert got.environment == {"LANG": "zh_CN.UTF-8", "TERM": "xterm"}
    assert got.terminals == (True, True, False)
    assert got.seen == (7, "ab" * 32)


@pytest.mark.parametrize(
    "variables",
    [
        ["LD_PRELOAD=/tmp/x.so"], ["PYTHONPATH=/tmp"], ["SLA_DEPLOYMENT=/tmp"], ["SLA_NOW=2026-11-20T08:00:00+08:00"],
        ["HOME=/root"], ["TERM=x\x1b]0;"], ["LINES=0"], ["LINES=501"], ["COLUMNS=-1"], ["COLUMNS=0000000019999999"],
        ["COLUMNS=0500"], ["LINES="], [f"LANG={'x' * 5000}"],
    ],
)  # fmt: skip
def test_only_harmless_variables_pass(
    ends: tuple[socket.socket, socket.socket], variables: list[str]
) -> None:
    ours, theirs = ends
    send(theirs, request("due", variables=variables))
    got, descriptors = wire.read_request(ours)
    for descriptor in descriptors:
        os.close(descriptor)
    assert got.environment == {}


@pytest.mark.parametrize("count", [0, 1, 2, 4, 20])
def test_any_other_number_of_descriptors_is_refused_and_none_is_kept(
    ends: tuple[socket.socket, socket.socket], count: int
) -> None:
    ours, theirs = ends
    before = open_descriptors()
    send(theirs, request("due"), descriptors=count)
    with pytest.raises(wire.BadRequest):
        wire.read_request(ours)
    assert open_descriptors() == before


def open_descriptors() -> set[str]:
    return {name for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{name}")}  # noqa: PTH110, PTH208


@pytest.mark.parametrize(
    "content",
    [
        b"R\xff\xff\xff\xff",
        b"S\x00\x00\x00\x00",
        client.packed(b"R", b"1"),
        client.packed(b"R", b"one", *[b""] * 9),
        request("due", count=300),
        request("due", count=-1),
        b"GET / HTTP/1.1\r\n\r\n",
    ],
)
def test_garbage_is_refused(ends: tuple[socket.socket, socket.socket], content: bytes) -> None:
    ours, theirs = ends
    send(theirs, content)
    theirs.shutdown(socket.SHUT_WR)
    with pytest.raises((wire.BadRequest, wire.CallerGone)):
        wire.read_request(ours)


def test_half_a_request_is_waited_for_only_so_long(
    ends: tuple[socket.socket, socket.socket], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wire, "REQUEST_SECONDS", 0.6)
    ours, theirs = ends
    content = request("due")

    def drip() -> None:
        send(theirs, content[:1])
        for byte in content[1:8]:
            time.sleep(0.2)
            try:
                theirs.send(bytes([byte]))
            except OSError:
                return

    sender = threading.Thread(target=drip)
    sender.start()
    began = time.monotonic()
    with pytest.raises(wire.BadRequest):
        wire.read_request(ours)
    assert time.monotonic() - began < 2
    sender.join()


def test_too_many_arguments_are_refused(ends: tuple[socket.socket, socket.socket]) -> None:
    ours, theirs = ends
    send(theirs, request(*["x"] * (wire.MOST_ARGUMENTS + 1)))
    with pytest.raises(wire.BadRequest):
        wire.read_request(ours)
