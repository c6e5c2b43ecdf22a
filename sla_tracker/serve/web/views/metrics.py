"""Writes numbers for a monitoring program, as Prometheus reads them.

Departments are given by id; people are not named.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from sla_tracker.domain.duties.duty import LIVE, Duty
from sla_tracker.domain.duties.request import Request
from sla_tracker.serve.web.exchange import Answer
from sla_tracker.serve.web.views.visit import Visit
from sla_tracker.services import requests
from sla_tracker.services.queries.duties import row_of
from sla_tracker.version import VERSION

TYPE = "text/plain; charset=utf-8"


def answer(visit: Visit) -> Answer:
    """Return the numbers."""
    return Answer(type=TYPE, body="\n".join(_lines(visit)) + "\n")


def _lines(visit: Visit) -> Iterator[str]:
    yield "# HELP sla_info The version that runs."
    yield "# TYPE sla_info gauge"
    yield f'sla_info{{version="{VERSION}"}} 1'
    yield "# HELP sla_commits_total Changes on record."
    yield "# TYPE sla_commits_total counter"
    yield f"sla_commits_total {visit.context.store.sequence()}"
    duties = visit.context.store.read(lambda tx: tx.find(Duty, state=LIVE))
    rows = [row_of(visit.context, duty, visit.now) for duty in duties]
    counts = Counter((row.provider, row.bucket.value) for row in rows)
    yield "# HELP sla_duties Duties that are not finished, by the department that owes them and by their standing."
    yield "# TYPE sla_duties gauge"
    for (department, bucket), count in sorted(counts.items()):
        yield f'sla_duties{{department="{department}",bucket="{bucket}"}} {count}'
    waiting = visit.context.store.read(lambda tx: tx.find(Request, state=requests.OPEN))
    asked = Counter(request.provider for request in waiting)
    yield "# HELP sla_requests_open Requests that are not settled, by the department that was asked."
    yield "# TYPE sla_requests_open gauge"
    for department, count in sorted(asked.items()):
        yield f'sla_requests_open{{department="{department}"}} {count}'
