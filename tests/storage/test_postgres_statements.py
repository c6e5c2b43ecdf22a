"""Several statements in one message to the server: their values, errors, long texts, and answers that are lost."""

from __future__ import annotations

import os
import signal
import threading

import psycopg
import pytest

from sla_tracker.domain.reminders.reminder import ReminderState
from sla_tracker.errors import ExitCode
from sla_tracker.storage.postgres.parameters import Argument
from sla_tracker.storage.postgres.statements import USES_UNPREPARED, StoreConnection
from tests.storage.factories import Databases

pytestmark = pytest.mark.postgres


def test_a_query_says_the_same_prepared_and_not(databases: Databases, database: str) -> None:
    """Whatever its values contain; it is prepared once it is asked often."""
    strange = ["it's", 'a "quote"', "back\\slash", "100 %s $1", "; ROLLBACK", "中文", "", "{a,b}"]
    query = b"SELECT %s::text, %s::text = ANY (%s), %s::text[]"
    values: list[Argument] = [strange[3], strange[1], strange, list[str]()]
    prepared = b"SELECT count(*) FROM pg_prepared_statements"
    with StoreConnection.connect(databases.dsn(database), autocommit=True) as connection:
        for number in range(USES_UNPREPARED + 2):
            given = (strange[3].encode(), b"t", b"{}")
            assert connection.ask((query, values), (b"SELECT %s::int", (number,))) == [
                [given],
                [(b"%d" % number,)],
            ]
        assert connection.ask((prepared, ())) == [[(b"2",)]]
        members = (ReminderState.SENT, ExitCode.STORE)
        assert connection.ask((b"SELECT %s::text, %s::int", members)) == [[(b"sent", b"7")]]
        assert connection.ask((b"SELECT unnest(%s::text[])", (strange,))) == [
            [(one.encode(),) for one in strange]
        ]


def test_after_an_error_nothing_of_a_message_is_done(databases: Databases, database: str) -> None:
    with StoreConnection.connect(databases.dsn(database), autocommit=True) as connection:
        connection.execute("CREATE TEMPORARY TABLE t (n int)")
        wrong = (b"INSERT INTO t VALUES (1 / %s)", (0,))
        for _ in range(USES_UNPREPARED + 2):
            with pytest.raises(psycopg.errors.DivisionByZero):
                connection.ask((b"BEGIN", ()), wrong, (b"INSERT INTO t VALUES (2)", ()), (b"COMMIT", ()))
            connection.execute("ROLLBACK")
            with pytest.raises(psycopg.errors.DivisionByZero):
                connection.ask((b"INSERT INTO t VALUES (%s)", (3,)), wrong)
        assert connection.ask((b"SELECT n FROM t", ())) == [[]]
        with pytest.raises(psycopg.DataError):
            connection.ask((b"SELECT %s::text", ("nothing is cut \0 off",)))
        assert connection.closed


def test_long_values_both_ways_do_not_wait_for_each_other(databases: Databases, database: str) -> None:
    with StoreConnection.connect(databases.dsn(database), autocommit=True) as connection:
        long = ["长" * 1_000_000] * 4
        assert connection.ask(*[(b"SELECT %s::text", (one,)) for one in long]) == [
            [(one.encode(),)] for one in long
        ]


@pytest.mark.parametrize("query", ["pg_sleep(60)", "pg_terminate_backend(pg_backend_pid())"])
def test_a_connection_that_lost_an_answer_is_not_used_again(
    databases: Databases, database: str, query: str
) -> None:
    with StoreConnection.connect(databases.dsn(database), autocommit=True) as connection:
        timer = threading.Timer(0.3, lambda: os.kill(os.getpid(), signal.SIGINT))
        if "sleep" in query:
            timer.start()
        with pytest.raises((KeyboardInterrupt, psycopg.errors.AdminShutdown)):
            connection.ask((b"SELECT 1", ()), (b"SELECT " + query.encode(), ()))
        assert connection.closed
        timer.cancel()
