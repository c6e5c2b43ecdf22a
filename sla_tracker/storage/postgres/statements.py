"""A connection that sends several statements with their values as one message.

Each message costs as much as a small query, and is answered by another process: a use case needs two.
"""

from __future__ import annotations

import select
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import count
from typing import Any

import psycopg
from psycopg import Connection, pq
from psycopg.errors import error_from_result
from psycopg.pq.abc import PGresult

from sla_tracker.storage.postgres.parameters import Argument, parameters

Row = tuple[bytes | None, ...]
"""The texts of a row's columns, as the database sends them."""
USES_UNPREPARED = 5
"""Uses of a query on one connection before it is prepared, as in the driver: most connections ask few things, once."""


class StoreConnection(Connection[tuple[Any, ...]]):
    """A connection to the store; it knows which queries it has prepared on the server."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._uses = Counter[bytes]()
        self._names: dict[bytes, bytes] = {}
        # A name is not used twice: one may be on the server that is not among these, after a lost answer.
        self._numbers = count()

    def ask(self, *questions: tuple[bytes, Sequence[Argument]]) -> list[list[Row]]:
        """Return the rows of each statement, given with its values in place of `%s`.

        The statements are sent together; once one fails, those after it are not run. Raises psycopg's errors. The
        driver's cursors cost about as much as the statements of a use case: this calls libpq, by its pipeline mode.
        """
        with self.lock:
            try:
                self.pgconn.enter_pipeline_mode()
                prepared = self._send(questions)
                results = self._results()
                self.pgconn.exit_pipeline_mode()
            except BaseException:
                self.close()  # a late answer would be read as the answer to the next question
                raise
        for made, result in zip(prepared, results, strict=False):  # an error may come after the last result
            if made is not None and result.status == pq.ExecStatus.COMMAND_OK:
                self._names.update(made)
        _raise_error_of(results)
        return [_rows(result) for made, result in zip(prepared, results, strict=True) if made is None]

    def _send(self, questions: Sequence[tuple[bytes, Sequence[Argument]]]) -> list[dict[bytes, bytes] | None]:
        """Send statements; return what each result that will come is for.

        None stands for a statement's rows; otherwise it is the name under which a query is prepared, by that query.
        """
        server = self.pgconn
        prepared: list[dict[bytes, bytes] | None] = []
        for query, values in questions:
            written, formats = parameters(values) if values else (None, None)
            name = self._names.get(query)
            if name is None:
                self._uses[query] += 1
                if self._uses[query] <= USES_UNPREPARED:
                    server.send_query_params(_numbered(query, len(values)), written, param_formats=formats)
                    prepared.append(None)
                    continue
                name = b"sla_%d" % next(self._numbers)
                server.send_prepare(name, _numbered(query, len(values)))
                prepared.append({query: name})
            server.send_query_prepared(name, written, formats)
            prepared.append(None)
        server.pipeline_sync()
        return prepared

    def _results(self) -> list[PGresult]:
        """Wait for the server, and return the result of each statement that was sent.

        Raises OperationalError where the connection is lost.
        """
        server = self.pgconn
        poll = select.poll()
        poll.register(server.socket, select.POLLIN | select.POLLOUT)
        # What is left is sent once the server takes it, which may first have to get rid of what it has answered.
        while server.flush():
            if poll.poll()[0][1] & ~select.POLLOUT:
                server.consume_input()
        poll.modify(server.socket, select.POLLIN)
        results = list[PGresult]()
        while True:
            try:
                while server.is_busy():
                    poll.poll()
                    server.consume_input()
            except psycopg.OperationalError:
                _raise_error_of(results)  # why the server closed the connection
                raise
            result = server.get_result()
            if result is None:  # one statement's results are at their end, or there will be no more
                if server.status != pq.ConnStatus.OK:
                    _raise_error_of(results)
                    raise psycopg.OperationalError("the connection to the server is lost")
            elif result.status == pq.ExecStatus.PIPELINE_SYNC:
                return results
            else:
                results.append(result)


def _raise_error_of(results: Iterable[PGresult]) -> None:
    """Raise the first error among results."""
    for result in results:
        if result.status == pq.ExecStatus.FATAL_ERROR:
            raise error_from_result(result, encoding="utf-8")


def _rows(result: PGresult) -> list[Row]:
    value, columns = result.get_value, range(result.nfields)
    return [tuple([value(row, column) for column in columns]) for row in range(result.ntuples)]


@cache
def _numbered(query: bytes, values: int) -> bytes:
    """Return a query with its places for values as the server knows them."""
    return query % tuple(b"$%d" % place for place in range(1, values + 1))
