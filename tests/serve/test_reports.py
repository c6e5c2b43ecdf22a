"""What a session reports for the log reaches its generation."""

from __future__ import annotations

import json
import socket

import pytest

from sla_tracker.serve.processes.link import MESSAGE_BYTES
from sla_tracker.serve.sessions.session import SessionLine


@pytest.mark.parametrize("letter", ["x", "王", "😀", "\0", "\ud800"])
def test_a_long_report_is_shortened_and_still_read(letter: str) -> None:
    line, channel = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    facts = {
        "problem": letter * 100_000,
        "person": letter * 5000,
        "whose": letter * 5000,
        "uid": 7,
        "act": "x",
    }
    with line, channel:
        SessionLine(channel=channel).report(**facts)
        said = json.loads(line.recv(MESSAGE_BYTES))
    assert said.keys() == facts.keys()
    assert (said["uid"], said["act"]) == (7, "x")
    assert said["problem"] == letter * len(said["problem"])
    assert len(said["problem"]) >= 1000
