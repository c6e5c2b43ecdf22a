"""What a session reports for the log reaches its generation."""

from __future__ import annotations

import json
import socket

import pytest

from sla_tracker.serve.processes.link import (
    MESSAGE_BYTES,
    GenerationEvent,
    GenerationMessage,
    SessionFacts,
    message_of,
)
from sla_tracker.serve.sessions.session import SessionLine


@pytest.mark.parametrize("letter", ["x", "王", "😀", "\0", "\ud800"])
def test_a_long_report_is_shortened_and_still_read(letter: str) -> None:
    line, channel = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    facts = SessionFacts(
        problem=letter * 100_000,
        person=letter * 5000,
        whose=letter * 5000,
        channels={"mail": 7},
        act="x",
    )
    with line, channel:
        SessionLine(channel=channel).report(**facts)
        said = json.loads(line.recv(MESSAGE_BYTES))
    assert said.keys() == facts.keys()
    assert (said["channels"], said["act"]) == ({"mail": 7}, "x")
    assert said["problem"] == letter * len(said["problem"])
    assert len(said["problem"]) >= 1000


@pytest.mark.parametrize("event", GenerationEvent)
def test_what_a_generation_tells_comes_as_it_was_sent(event: GenerationEvent) -> None:
    sent = GenerationMessage(event=event, session=7, problem="王", calls_per_second=20, web_mark="x")
    assert message_of(sent.packed()) == sent


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"7", b"{}", b'{"event": "other"}', b'{"event": "ready", "more": 1}',
     b'{"event": "ready", "calls_per_second": "20"}', b'{"event": "began", "session": true}',
     b'{"event": "failed", "problem": null}', b"[" * 100_000],
)  # fmt: skip
def test_what_is_no_message_of_a_generation_is_a_value_error(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - also those that json raises
        message_of(content)
