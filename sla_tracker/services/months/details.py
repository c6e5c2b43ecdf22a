"""Reads what the details of a month are counted from."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date, datetime

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.measures.archive_index import IndexedMonth
from sla_tracker.domain.measures.beside import DetailsSource
from sla_tracker.domain.measures.date_range import month_range
from sla_tracker.domain.measures.request_counts import CountedRequest, RequestSet, is_answer_judged
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.open_requests.update_clock import updates_of
from sla_tracker.services.ports import Reading, Store

Archived = Mapping[str, tuple[Request, str]]
"""Archived requests by id, each with the month in whose archive it lies."""


def details_source(
    context: ServiceContext,
    tx: Reading,
    month_id: str,
    duties: Iterable[Duty],
    archived: Archived,
    now: datetime,
) -> DetailsSource:
    """Return the source of a month's details: its duties and the requests of it."""

    def counts_day(day: date) -> bool:
        return month_of(day) == month_id

    return DetailsSource(
        duties=tuple(duties),
        requests=tuple(counted_requests(context, tx, archived, counts_day, now)),
        counts_day=counts_day,
        now=now,
        target=context.settings.target,
        calendar_of=context.calendar_of,
        updates_of=lambda duty: updates_of(context, duty, now),
    )


def archived_requests(store: Store, first: str) -> Archived:
    """Return the requests that count in a month or later ones and lie in archives.

    Such a request lies in the archive of the month in which it counts, or of a later one.
    """
    return {
        one.id: (one, name)
        for name in sorted(store.seals())
        if name >= first
        for one in store.sealed(name)
        if isinstance(one, Request)
    }


def counted_requests(
    context: ServiceContext,
    tx: Reading,
    archived: Archived,
    counts_day: Callable[[date], bool],
    now: datetime,
) -> Iterator[CountedRequest]:
    """Yield the requests that figures count on some days, archived ones included."""
    months = _Months(context, tx, now)
    live = {one.id: (one, "") for one in tx.find(Request)}
    for request, sealed_in in (live | dict(archived)).values():
        counted = months.counted(request, sealed_in)
        if any((day := counted.day_of(one)) is not None and counts_day(day) for one in RequestSet):
            yield counted


class _Months:
    """Finds the months in which requests count; reads each month once."""

    def __init__(self, context: ServiceContext, tx: Reading, now: datetime) -> None:
        self._zone = context.settings.zone
        self._tx = tx
        self._now = now
        self._closed: dict[str, IndexedMonth | None] = {}

    def counted(self, request: Request, sealed_in: str) -> CountedRequest:
        """Return a request with its days; `sealed_in` is the month of its archive, if any."""
        asked_on = request.requested_at.astimezone(self._zone).date()
        answer_on = self._answer_on(request, asked_on, sealed_in)
        return CountedRequest(
            request=request,
            asked_on=asked_on,
            asked_judged_at=self._as_of(asked_on),
            answer_on=answer_on,
            answer_judged_at=self._as_of(answer_on or asked_on),
        )

    def _answer_on(self, request: Request, asked_on: date, sealed_in: str) -> date | None:
        """Return the day on which a request's answer counts: each is counted once.

        An answer counts on the day of its limit, at the latest on the last day of the month in which the request is
        sealed with its duty. Months closed by older versions counted the answers of the requests made in them, and no
        others.
        """
        if request.answer_due_at is None:
            return None
        asked_in = self._closed_month(month_of(asked_on))
        if _is_older(asked_in) and is_answer_judged(request, self._as_of(asked_on)):
            return asked_on
        limit_on = request.answer_due_at.astimezone(self._zone).date()
        if month_of(limit_on) != month_of(asked_on):
            held_in = sealed_in or self._month_of_duty(request)
            if held_in and held_in < month_of(limit_on):
                limit_on = month_range(held_in).last_on
            if _is_older(self._closed_month(month_of(limit_on))):
                return asked_on
        return limit_on

    def _month_of_duty(self, request: Request) -> str:
        duty = self._tx.get(Duty, request.duty) if request.duty else None
        return "" if duty is None else duty.month

    def _as_of(self, day: date) -> datetime:
        closed = self._closed_month(month_of(day))
        return self._now if closed is None or closed.closed_at is None else closed.closed_at

    def _closed_month(self, id: str) -> IndexedMonth | None:
        if id not in self._closed:
            month = self._tx.get(IndexedMonth, id)
            self._closed[id] = month if month is not None and month.closed else None
        return self._closed[id]


def _is_older(month: IndexedMonth | None) -> bool:
    """Return whether an older version closed a month.

    Older versions counted answers by the day of the request.
    """
    return month is not None and not month.answers_by_limit


def month_of(day: date) -> str:
    """Return the month of a day, YYYY-MM."""
    return f"{day:%Y-%m}"
