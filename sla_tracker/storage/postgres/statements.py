"""A connection that can send several queries with values as one message.

Each message costs as much as a small query; the driver itself binds values only of a single statement.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from itertools import count
from typing import Any

from psycopg import Connection

from sla_tracker.storage.postgres.literals import Argument, literals

USES_UNPREPARED = 5
"""Uses of a query on one connection before it is prepared, as in the driver: most connections ask few things, once."""


class StoreConnection(Connection[tuple[Any, ...]]):
    """A connection to the store; it knows which queries it has prepared on the server."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._uses = Counter[bytes]()
        self._names: dict[bytes, bytes] = {}
        # None twice: after an interrupted PREPARE a name may be on the server that is not among these.
        self._numbers = count()

    def statement(self, query: bytes, values: Sequence[Argument]) -> bytes:
        """Return a query with its values in place of `%s`.

        It is prepared on the server where it is asked often.
        """
        written = tuple(literals(self, values))
        self._uses[query] += 1
        if self._uses[query] <= USES_UNPREPARED:
            return query % written
        name = self._names.get(query)
        if name is None:
            name = b"sla_%d" % next(self._numbers)
            numbered = query % tuple(b"$%d" % place for place in range(1, len(values) + 1))
            self.execute(b"PREPARE %b AS %b" % (name, numbered))
            self._names[query] = name
        return b"EXECUTE %b%b" % (name, b"(%b)" % b", ".join(written) if written else b"")
