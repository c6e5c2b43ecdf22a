"""Discrete-event simulation of jobs that wait for stations: queues in the order of arrival, no preemption.

A job is a generator. It yields a number to let so many seconds pass, and a `Station` to wait for one of its servers,
which it gives back with `Station.give`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Generator
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from math import inf


class Simulation:
    """Runs jobs in the order of their events; `now` is the time of the present one in seconds."""

    def __init__(self) -> None:
        self.now = 0.0
        self._events: list[tuple[float, int, Job]] = []
        self._order = count()

    def start(self, at: float, job: Job) -> None:
        """Let a job begin, or go on, at a time."""
        heappush(self._events, (at, next(self._order), job))

    def run(self) -> None:
        """Run until no job is left."""
        while self._events:
            self.now, _order, job = heappop(self._events)
            for asked in job:
                if not isinstance(asked, Station):
                    self.start(self.now + asked, job)
                    break
                if not asked.take(job):
                    break


@dataclass(slots=True, eq=False)
class Station:
    """A number of equal servers with one queue; knows how long they were busy."""

    simulation: Simulation
    servers: int = 1
    busy_seconds: float = 0.0
    _taken: int = 0
    _since: float = 0.0
    _waiting: deque[Job] = field(default_factory=deque)

    def take(self, job: Job) -> bool:
        """Return whether a server was free for a job; else it goes on as soon as its turn comes."""
        if self._taken < self.servers:
            self._count(1)
            return True
        self._waiting.append(job)
        return False

    def give(self) -> None:
        """Give a server back; the job that waits longest has it at once."""
        if self._waiting:
            self.simulation.start(self.simulation.now, self._waiting.popleft())
        else:
            self._count(-1)

    def busy(self) -> float:
        """Return the seconds that servers were taken until now, all of them together."""
        self._count(0)
        return self.busy_seconds

    def _count(self, change: int) -> None:
        now = self.simulation.now
        self.busy_seconds += self._taken * (now - self._since)
        self._taken, self._since = self._taken + change, now


Job = Generator["float | Station", None, None]


def quantile(values: list[float], share: float) -> float:
    """Return the value below which a share of sorted values lies; the last one for 1."""
    return values[min(len(values) - 1, int(len(values) * share))] if values else 0.0


def mean_wait_of_one_server(rate: float, mean: float, squared: float) -> float:
    """Return the mean wait in M/G/1 (Pollaczek and Khinchine): arrivals a second, mean and second moment of service."""
    use = rate * mean
    return rate * squared / 2 / (1 - use) if use < 1 else inf


def mean_wait_of_many_servers(rate: float, mean: float, servers: int) -> float:
    """Return the mean wait in M/M/c (Erlang C)."""
    offered = rate * mean
    if offered >= servers:
        return inf
    term = total = 1.0
    for number in range(1, servers):
        term *= offered / number
        total += term
    last = term * offered / servers * servers / (servers - offered)
    return last / (total + last) * mean / (servers - offered)
