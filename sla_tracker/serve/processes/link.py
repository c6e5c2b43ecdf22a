"""Messages between supervisor, web process, generations and their sessions."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from typing import Final, TypedDict

from sla_tracker.value_class import dataclass

MESSAGE_BYTES: Final = 65536  # of one message at most
LONGEST_PROBLEM: Final = 8000
"""Characters of what a generation says of its failure."""

# What the supervisor and the web process send to a generation.
RETIRE: Final = b"retire"
STOP: Final = b"stop"
FAILURE: Final = b"failure "
"""Followed by the sentence that says why no newer generation could start."""
SESSION: Final = b"session "
"""Followed by the process id and the user id of a caller, whose connection comes with it."""
QUESTION: Final = b"question"
"""Comes with a connection on which the web process asks."""
TERMINAL: Final = b"terminal "
"""Followed by the person to whom the web process shows a terminal, over the connection that comes with it."""


class GenerationEvent(StrEnum):
    """What happened in a generation."""

    READY = "ready"
    FAILED = "failed"
    """It cannot start; `problem` says why."""
    LEFT_SOMETHING = "left_something"
    """A plugin left something behind in its process, and the next one leaves that plugin out."""
    CHANGED = "changed"
    """Settings or plugins are others now, so that a new generation is needed."""
    BEGAN = "began"
    """A session began."""
    ENDED = "ended"


@dataclass(frozen=True, slots=True, kw_only=True)
class GenerationMessage:
    """What a generation tells the supervisor.

    `session` is a process id. `calls_per_second` and `web_mark`, which tells the settings of the web process, are those
    of a generation that is ready.
    """

    event: GenerationEvent
    session: int = 0
    problem: str = ""
    calls_per_second: int = 0
    web_mark: str = ""

    def packed(self) -> bytes:
        """Return the message as bytes."""
        return json.dumps(asdict(self)).encode()


def message_of(content: bytes) -> GenerationMessage:
    """Return the message of some bytes; raises ValueError for any others."""
    try:
        facts = json.loads(content)
        found = GenerationMessage(**{**facts, "event": GenerationEvent(facts["event"])})
    except (TypeError, KeyError, RecursionError) as error:
        raise ValueError("no message of a generation") from error
    numbers, texts = (found.session, found.calls_per_second), (found.problem, found.web_mark)
    if not (all(type(one) is int for one in numbers) and all(isinstance(one, str) for one in texts)):
        raise ValueError("no message of a generation")
    return found


class SessionFacts(TypedDict, total=False):
    """What the log says of a session; the session reports it to its generation."""

    command: str
    login: str
    person: str
    act: str
    """What it changed of somebody's passwords, accounts or tokens."""
    whose: str
    problem: str
    fault: str
    """The number under which the details of a fault of the program are kept."""
    channels: dict[str, int]
    """For how many seconds each channel did not end a message, where one hung."""
