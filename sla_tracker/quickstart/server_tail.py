"""Reads what was committed on a server after the start-up cache was written.

No driver is needed. One question returns number and hash of each commit since, and what it wrote. Anything unusual
raises CacheOutdated or CacheInconclusive, and the deployment is opened.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from sla_tracker.quickstart import libpq
from sla_tracker.quickstart.journal_tail import (
    UNSUPPORTED_TABLES,
    CacheInconclusive,
    CacheOutdated,
    Delta,
    JournalMark,
    delta_of,
)
from sla_tracker.storage.server_parameters import PLAIN_SESSION, USUAL

if TYPE_CHECKING:
    import signal as _signal
    from collections.abc import Iterator

    from sla_tracker.quickstart.header import CachedServer
else:
    import _signal

MOST_VERSIONS = 1_000
"""Documents read; after more the cache is outdated."""
SCHEMA, COMMIT, DUTY = "schema", "commit", "duties"
# One statement, and so one moment. Of other documents only the kind is told.
QUESTION = f"""
    {PLAIN_SESSION};
    SELECT '{SCHEMA}', max(version)::text, NULL FROM sla.migrations
    UNION ALL
    (SELECT '{COMMIT}', sequence::text, hash FROM sla.changes WHERE sequence >= {{since}}
        ORDER BY sequence LIMIT {{commits}})
    UNION ALL
    (SELECT kind, id, CASE kind WHEN '{DUTY}' THEN doc::text END FROM sla.versions WHERE sequence > {{since}}
        ORDER BY sequence, place LIMIT {{versions}})
    UNION ALL
    (SELECT 'seal', name, NULL FROM sla.seals WHERE sequence > {{since}} LIMIT 1)
    UNION ALL
    (SELECT 'erasure', id, NULL FROM sla.erasures WHERE sequence > {{since}} LIMIT 1)
"""
_OUTDATING = UNSUPPORTED_TABLES | {"seal", "erasure"}


def delta_on_server(server: CachedServer, mark: JournalMark, most: int) -> Delta:
    """Return the changes after a mark.

    Raises CacheOutdated for over `most` commits or unusual ones. Raises CacheInconclusive where the server does not
    answer, and where it has lost the cached commit.
    """
    address = os.environ.get(server["variable"], "")
    question = QUESTION.format(since=mark.sequence, commits=most + 2, versions=MOST_VERSIONS + 1)
    with _ended_by_interrupt():
        rows = libpq.rows(address, USUAL, question)
    (_, version, _), *rows = rows
    hashes = {int(number or 0): str(value) for kind, number, value in rows if kind == COMMIT}
    written = [row for row in rows if row[0] != COMMIT]
    if version != str(server["schema"]) or hashes.get(mark.sequence) != mark.hash:
        raise CacheInconclusive  # opening the deployment says what is wrong, or that the store went back
    kinds = {str(kind) for kind, _id, _document in written}
    if len(hashes) > most + 1 or len(written) > MOST_VERSIONS or not kinds.isdisjoint(_OUTDATING):
        raise CacheOutdated
    duties = [(str(id), json.loads(document or "")) for kind, id, document in written if kind == DUTY]
    last = max(hashes)
    return delta_of(duties, mark._replace(sequence=last, hash=hashes[last]), hashes)


@contextmanager
def _ended_by_interrupt() -> Iterator[None]:
    """Let Ctrl+C end the process while libpq waits.

    libpq does not return to Python for that. Nothing is open that would have to be closed. An ignored signal stays
    ignored.
    """
    before = _signal.getsignal(_signal.SIGINT)
    if before in {None, _signal.SIG_IGN}:
        yield
        return
    _signal.signal(_signal.SIGINT, _signal.SIG_DFL)
    try:
        yield
    finally:
        _signal.signal(_signal.SIGINT, before)
