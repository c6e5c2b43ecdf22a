"""Questions of the web process to sessions of the service, and their answers."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
from collections.abc import Mapping, Sequence
from dataclasses import asdict, field, fields
from enum import StrEnum
from typing import Protocol, TypeVar

from sla_tracker.errors import N_
from sla_tracker.serve.processes.link import QUESTION
from sla_tracker.value_class import dataclass

LENGTH = struct.Struct("!I")
LARGEST_QUESTION = 1 << 20
LARGEST_ANSWER = 64 << 20
ANSWER_SECONDS = 60.0
HTML, JSON, PROBLEM, CALENDAR = (
    "text/html; charset=utf-8",
    "application/json",
    "application/problem+json",
    "text/calendar; charset=utf-8",
)


class Kind(StrEnum):
    """Kind of a question of the web process.

    A person asks for a page, a program or a calendar calls, or the web process itself asks (who, claimed, metrics).
    """

    PAGE = "page"
    API = "api"
    FEED = "feed"
    WHO = "who"
    CLAIMED = "claimed"
    METRICS = "metrics"


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One request, after the web process has checked who sent it.

    `person` is the id of who logged in, or of a feed's owner; for WHO it is what somebody typed as a name, for CLAIMED
    what a provider or proxy calls somebody, by a mail address, too, where `by_mail`. `token` is the hash of a program's
    token. `csrf` is what the forms of the answer have to carry. `typed_for` is the address of a form that was typed
    before the login ended; `form` then has its values, which the page shows again.
    """

    kind: Kind
    person: str = ""
    token: str = ""
    via: str = "web"
    method: str = "GET"
    path: str = "/"
    query: Mapping[str, str] = field(default_factory=dict)
    form: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    language: str = ""
    csrf: str = ""
    once: str = ""
    notice: str = ""
    address: str = ""
    has_terminal: bool = False
    by_mail: bool = False
    typed_for: str = ""

    @property
    def changes(self) -> bool:
        """Return whether something may be changed by it."""
        return self.method == "POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One response.

    `notice` is shown on the next page of the person, `location` leads there. `ended` is why the person may not stay,
    `mark` changes with what the person may do, `person` answers WHO and CLAIMED.
    """

    status: int = 200
    type: str = HTML
    body: str = ""
    location: str = ""
    notice: str = ""
    ended: str = ""
    mark: str = ""
    person: str = ""
    name: str = ""
    language: str = ""
    file: str = ""
    retry: bool = False


class Answers(Protocol):
    """Answers questions with the use cases of the service."""

    async def ask(self, question: Question) -> Answer:
        """Return the answer; raises NoAnswer, AnswerLost."""


class NoAnswer(Exception):
    """The service does not answer now; nothing was done."""


class AnswerLost(NoAnswer):
    """No answer came to a question that changes something: it was done or not."""


UNAVAILABLE = N_("The service does not answer now; try again in a moment.")
LOST = N_(
    "The service gave no answer, so it is not known whether this was done. Look first, and do it again only if it was "
    "not."
)


V = TypeVar("V", Question, Answer)
TYPES: Mapping[str, type] = {"str": str, "bool": bool, "int": int, "Kind": Kind, "Mapping[str, str]": dict}
"""What a field of each annotation is after it came as JSON."""


def pack(value: Question | Answer) -> bytes:
    """Return a value as bytes with their length in front."""
    content = json.dumps(asdict(value), ensure_ascii=True).encode()
    return LENGTH.pack(len(content)) + content


def question_of(content: bytes) -> Question:
    """Return the question of some bytes; raises ValueError."""
    return _value_of(Question, content)


def answer_of(content: bytes) -> Answer:
    """Return the answer of some bytes; raises ValueError."""
    return _value_of(Answer, content)


def _value_of(made: type[V], content: bytes) -> V:
    """Return the value of some bytes; raises ValueError for bytes of any other shape."""
    try:
        facts = json.loads(content)
        if made is Question:
            facts["kind"] = Kind(facts["kind"])
        value = made(**facts)
    except (TypeError, KeyError, RecursionError) as error:
        raise ValueError(f"no {made.__name__}") from error
    for one in fields(made):
        found = getattr(value, one.name)
        texts = found.values() if isinstance(found, dict) else ()
        if type(found) is not TYPES[str(one.type)] or not all(isinstance(text, str) for text in texts):
            raise ValueError(f"no {made.__name__}: {one.name}")
    return value


def read_question(connection: socket.socket) -> Question:
    """Return the question that comes over a connection; raises OSError, ValueError."""
    length = LENGTH.unpack(_exactly(connection, LENGTH.size))[0]
    if length > LARGEST_QUESTION:
        raise ValueError(length)
    return question_of(_exactly(connection, length))


def _exactly(connection: socket.socket, length: int) -> bytes:
    content = b""
    while len(content) < length:
        chunk = connection.recv(length - len(content))
        if not chunk:
            raise ConnectionError("the web part is gone")
        content += chunk
    return content


def flat(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return pairs as a mapping; of several with one name the last counts."""
    return dict(pairs)


class ServiceAnswers:
    """Asks sessions of the service, which the supervisor hands each connection to.

    At most `calls` questions are on their way at once.
    """

    def __init__(self, link: socket.socket, calls: int) -> None:
        self._link = link
        self._free = asyncio.Semaphore(calls)

    async def ask(self, question: Question) -> Answer:
        """Return the answer of a new session; raises NoAnswer, AnswerLost."""
        async with self._free:
            connection = self._handed_over()
            try:
                return await asyncio.wait_for(self._asked(connection, question), ANSWER_SECONDS)
            except (OSError, ValueError, TimeoutError, EOFError) as error:
                raise (AnswerLost if question.changes else NoAnswer) from error

    def _handed_over(self) -> socket.socket:
        """Return our end of a connection whose other end the service has; raises NoAnswer."""
        ours, theirs = socket.socketpair()
        with theirs:
            try:
                socket.send_fds(self._link, [QUESTION], [theirs.fileno()])
            except OSError as error:
                ours.close()
                raise NoAnswer from error
        ours.setblocking(False)
        return ours

    async def _asked(self, ours: socket.socket, question: Question) -> Answer:
        reader, writer = await asyncio.open_connection(sock=ours)
        try:
            writer.write(pack(question))
            await writer.drain()
            length = LENGTH.unpack(await reader.readexactly(LENGTH.size))[0]
            if length > LARGEST_ANSWER:
                raise ValueError(length)
            return answer_of(await reader.readexactly(length))
        finally:
            writer.close()
