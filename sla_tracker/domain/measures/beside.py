"""Details shown beside a rate: verdict times, answers to requests, causes."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import field
from datetime import date, datetime
from decimal import Decimal

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.update_clock import UpdatesSoFar
from sla_tracker.domain.measures.causes import CauseRow, pareto
from sla_tracker.domain.measures.request_counts import (
    CountedRequest,
    RequestCounts,
    UpdateCounts,
    count_requests,
    count_updates,
)
from sla_tracker.domain.measures.scorecard import Score, score
from sla_tracker.domain.measures.verdict_times import VerdictTimes, verdict_times
from sla_tracker.domain.time.work_calendar import WorkCalendar
from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """Details shown next to a rate.

    `verdicts` are the consumer's times to a verdict, `requests` the provider's answers to requests, `settled` the rate
    of duties opened by requests, `causes` why duties were late or returned, `updates` the updates of open duties.
    """

    verdicts: VerdictTimes = field(default_factory=VerdictTimes)
    requests: RequestCounts = field(default_factory=RequestCounts)
    settled: Score = field(default_factory=Score)
    causes: tuple[CauseRow, ...] = ()
    updates: UpdateCounts = field(default_factory=UpdateCounts)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptDetails:
    """Details of a provider, or of one pair, kept from when the month was closed."""

    provider: str
    beside: Beside
    consumer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DetailsSource:
    """Source of a range's details: its duties, and the requests that count in it.

    `updates_of` returns the updates of a duty, None for one that promises none.
    """

    duties: tuple[Duty, ...]
    requests: tuple[CountedRequest, ...]
    counts_day: Callable[[date], bool]
    now: datetime
    target: Decimal
    calendar_of: Callable[[str], WorkCalendar]
    updates_of: Callable[[Duty], UpdatesSoFar | None] = lambda _duty: None

    def parties(self) -> tuple[tuple[str, str], ...]:
        """Return every department that acted in the month, and every pair.

        A department alone has an empty consumer, which stands for all.
        """
        alone = {duty.provider for duty in self.duties} | {one.request.provider for one in self.requests}
        alone |= {duty.consumer for duty in self.duties if duty.deliveries}
        pairs = {(duty.provider, duty.consumer) for duty in self.duties}
        pairs |= {(one.request.provider, one.request.consumer) for one in self.requests}
        return (*((provider, "") for provider in sorted(alone)), *sorted(pairs))

    def beside(self, provider: str, consumer: str = "") -> Beside:
        """Return the details of a department's rate, or of a pair's.

        For a department alone the verdicts are those that it gave as a consumer; for a pair, those of the consumer.
        """
        own = [duty for duty in self.duties if duty.provider == provider and consumer in ("", duty.consumer)]
        judged = own if consumer else [duty for duty in self.duties if duty.consumer == provider]
        return Beside(
            verdicts=verdict_times(judged, self.calendar_of),
            requests=count_requests(self._received(provider, consumer), self.counts_day),
            settled=score((duty for duty in own if duty.request), now=self.now, target=self.target),
            causes=pareto(own, now=self.now),
            updates=count_updates(self.updates_of(duty) for duty in own if duty.request),
        )

    def _received(self, provider: str, consumer: str) -> Iterable[CountedRequest]:
        return (
            one
            for one in self.requests
            if one.request.provider == provider and consumer in ("", one.request.consumer)
        )

    def kept(self) -> tuple[KeptDetails, ...]:
        """Return the details of every department and pair, to be kept with the month."""
        return tuple(
            KeptDetails(provider=provider, consumer=consumer, beside=self.beside(provider, consumer))
            for provider, consumer in self.parties()
        )
