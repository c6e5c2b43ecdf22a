"""Keeps anonymous answers in a separate table until several are stored at once."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping

from sla_tracker.domain.measures.survey import Answer
from sla_tracker.storage.codec import decode
from sla_tracker.storage.postgres.connections import Connections
from sla_tracker.storage.postgres.errors import run_read
from sla_tracker.storage.postgres.view import document_of

CAST = "SELECT sla.cast_ballot(%s, %s)"
TAKE = "SELECT sla.take_ballots(%s)"
WAITING = "SELECT name, doc FROM sla.ballots ORDER BY name"


class ServerBallots:
    """Anonymous answers in a table, under random names, without a time or an order.

    Each new one mixes them all. A lost connection repeats what was asked; nothing of it counts twice, as an answer's
    own id is random too.
    """

    def __init__(self, connections: Connections, patience: float) -> None:
        self._connections = connections
        self._patience = patience

    def add(self, answer: Answer) -> str:
        """Keep an answer, durably, and return its name; raises StoreError."""
        name = secrets.token_hex(16)
        given = (name, document_of(answer).decode())
        run_read(self._connections, lambda one: one.execute(CAST, given), self._patience)
        return name

    def waiting(self) -> Mapping[str, Answer]:
        """Return the answers that wait, by name; raises StoreError."""
        rows = run_read(self._connections, lambda one: one.execute(WAITING).fetchall(), self._patience)
        return {name: decode(Answer, document.encode()) for name, document in rows}

    def remove(self, names: Iterable[str]) -> None:
        """Delete answers; raises StoreError."""
        given = (list(names),)
        run_read(self._connections, lambda one: one.execute(TAKE, given), self._patience)
