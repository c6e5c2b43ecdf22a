"""Says what a generation knows of each session that runs."""

from __future__ import annotations

import socket
import time
from dataclasses import field
from operator import itemgetter

from sla_tracker.serve import wire
from sla_tracker.serve.processes.link import SessionFacts
from sla_tracker.value_class import dataclass

NOBODY = wire.Peer(pid=0, uid=-1)
"""Stands for the service itself, which does what comes due."""
WEB = wire.Peer(pid=0, uid=-2)
"""Stands for the web process, which names who asks."""


@dataclass(slots=True, kw_only=True)
class Running:
    """A session that runs.

    The generation keeps its connection only to tell the caller of a sudden end.
    """

    pid: int
    peer: wire.Peer
    connection: socket.socket | None
    channel: socket.socket
    person: str = ""
    """Whom the web process named."""
    began_at: float = field(default_factory=time.monotonic)
    is_terminal: bool = False
    is_watcher: bool = False
    gone_at: float | None = None
    """When its caller was first seen to be gone (time.monotonic)."""
    facts: SessionFacts = field(default_factory=SessionFacts)
    sends_since: float | None = None
    """When chores had done all but sending (time.monotonic)."""
    sending: dict[int, tuple[str, float]] = field(default_factory=dict)
    """The messages that are being sent by their number: the channel, and since when (time.monotonic)."""

    @property
    def is_chores(self) -> bool:
        """Return whether it does what comes due by itself."""
        return self.peer.uid == NOBODY.uid and not self.is_watcher

    def seconds_by_channel(self) -> dict[str, int]:
        """Return how long each channel has been sending, in seconds, slowest first."""
        now = time.monotonic()
        longest: dict[str, int] = {}
        for channel, began_at in sorted(self.sending.values(), key=itemgetter(1)):
            longest.setdefault(channel, round(now - began_at))
        return longest
