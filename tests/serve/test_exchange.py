"""What the web process and its sessions say to each other, whole or broken."""

from __future__ import annotations

import asyncio
import json
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from sla_tracker.serve.processes.link import MESSAGE_BYTES
from sla_tracker.serve.web.exchange import (
    LENGTH,
    Answer,
    AnswerLost,
    Kind,
    NoAnswer,
    Question,
    ServiceAnswers,
    answer_of,
    pack,
    question_of,
    read_question,
)

BROKEN = [
    b"", b"{", b"null", b"7", b'"page"', b"[]", b'[["kind", "page"]]', b"\xff\xfe", b"[" * 200_000,
    b'{"kind": ["page"]}', b'{"kind": {}}', b'{"kind": "no such kind"}', b'{"kind": null}',
    b'{"kind": "page", "no_such_field": 1}', b'{"kind": "page", "person": 5}', b'{"kind": "page", "person": null}',
    b'{"kind": "page", "query": []}', b'{"kind": "page", "form": {"a": ["b"]}}',
    b'{"kind": "page", "has_terminal": 1}', b'{"kind": "page", "": ""}',
]  # fmt: skip


@pytest.mark.parametrize("content", [*BROKEN, b"{}"], ids=range(len(BROKEN) + 1))
def test_a_question_of_any_other_shape_is_a_wrong_value(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of whatever in it is wrong first
        question_of(content)


@pytest.mark.parametrize(
    "content",
    [*BROKEN, b'{"status": true}', b'{"status": "200"}', b'{"status": 2.5}', b'{"body": 1}', b'{"retry": 0}'],
    ids=range(len(BROKEN) + 5),
)
def test_an_answer_of_any_other_shape_is_a_wrong_value(content: bytes) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - of whatever in it is wrong first
        answer_of(content)


def test_what_is_sent_comes_as_it_was() -> None:
    asked = Question(kind=Kind.API, person="鄂\ud800\0", query={"a": "b"}, form={"": ""}, has_terminal=True)
    said = Answer(status=403, body="<\u2028>", retry=True)
    assert question_of(pack(asked)[LENGTH.size :]) == asked
    assert answer_of(pack(said)[LENGTH.size :]) == said


@pytest.mark.parametrize(
    ("changes", "is_taken", "raised"),
    [(True, True, AnswerLost), (False, True, NoAnswer), (True, False, NoAnswer)],
)
async def test_an_answer_is_lost_where_a_change_was_handed_over(
    changes: bool, is_taken: bool, raised: type[NoAnswer]
) -> None:
    link, service = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

    def end_session() -> None:
        """End a session after it read its question, as a kill does."""
        _kind, (number,), _flags, _address = socket.recv_fds(service, MESSAGE_BYTES, 1)
        with socket.socket(fileno=number) as connection:
            read_question(connection)

    with link, service:
        if not is_taken:
            service.close()
        asked = Question(kind=Kind.PAGE, method="POST" if changes else "GET")
        ending = asyncio.to_thread(end_session) if is_taken else asyncio.sleep(0)
        answer, _nothing = await asyncio.gather(
            ServiceAnswers(link, 1).ask(asked), ending, return_exceptions=True
        )
    assert type(answer) is raised


# A program of its own: a session ends its process. This deployment has nothing, so that a whole question fails.
ANSWERS = """
import socket, sys
from pathlib import Path
from types import SimpleNamespace
from sla_tracker.serve.sessions.session import SessionLine
from sla_tracker.serve.web import answering

opened = SimpleNamespace(adopt_after_fork=lambda: (), state_folder=Path(sys.argv[3]))
connection, channel = (socket.socket(fileno=int(number)) for number in sys.argv[1:3])
answering.serve(opened, connection, SessionLine(channel=channel))
"""


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"{}", "web ValueError"), (b"[]", "web ValueError"), (b'{"kind": "page"}', "AttributeError")],
)
def test_the_log_has_why_a_session_gave_no_answer(tmp_path: Path, content: bytes, problem: str) -> None:
    ours, connection = socket.socketpair()
    line, channel = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, connection, line, channel:
        ours.sendall(LENGTH.pack(len(content)) + content)
        numbers = (connection.fileno(), channel.fileno())
        words = [sys.executable, "-c", ANSWERS, *map(str, numbers), str(tmp_path)]
        assert subprocess.run(words, pass_fds=numbers, check=False, timeout=60).returncode == 1
        channel.close()
        reports = [json.loads(report) for report in iter(lambda: line.recv(MESSAGE_BYTES), b"")]
    assert reports[-1]["problem"] == problem
    kept = [file.stem for file in tmp_path.glob("faults/*")]
    assert kept == ([reports[-1]["fault"]] if "fault" in reports[-1] else [])
