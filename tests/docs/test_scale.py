"""The queueing model of docs/scale.md against the arithmetic of queues, and the page's figures against the program."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import pytest

from benchmarks import scale
from benchmarks._queueing import (
    Job,
    Simulation,
    Station,
    mean_wait_of_many_servers,
    mean_wait_of_one_server,
    quantile,
)
from benchmarks._scale_tables import PAGES, tables, with_tables


def mean_wait(
    servers: int, rate: float, serve: Callable[[], float], jobs: int = 30_000
) -> tuple[float, float]:
    """Return the mean wait of jobs that arrive at random, and how much of the servers was in use."""
    chance, simulation = Random(7), Simulation()
    station = Station(simulation, servers)
    waits = []

    def job() -> Job:
        arrived = simulation.now
        yield station
        waits.append(simulation.now - arrived)
        yield serve()
        station.give()

    at = 0.0
    for _job in range(jobs):
        at += chance.expovariate(rate)
        simulation.start(at, job())
    simulation.run()
    assert len(waits) == jobs
    return sum(waits) / jobs, station.busy() / simulation.now / servers


def test_three_jobs_of_which_the_second_waits_for_the_first() -> None:
    simulation = Simulation()
    station, left = Station(simulation), []

    def job() -> Job:
        yield station
        yield 3.0
        station.give()
        left.append(simulation.now)

    for at in (0.0, 1.0, 7.0):
        simulation.start(at, job())
    simulation.run()
    assert left == [3.0, 6.0, 10.0]
    assert station.busy() == 9.0


def test_the_waits_are_those_of_queueing_arithmetic() -> None:
    chance = Random(11)
    wait, use = mean_wait(1, 7.0, lambda: chance.expovariate(10.0))
    assert wait == pytest.approx(mean_wait_of_one_server(7.0, 0.1, 2 * 0.1**2), rel=0.1)
    assert use == pytest.approx(0.7, rel=0.02)
    wait, _use = mean_wait(1, 7.0, lambda: 0.1)
    assert wait == pytest.approx(mean_wait_of_one_server(7.0, 0.1, 0.1**2), rel=0.06)
    assert mean_wait_of_many_servers(7.0, 0.1, 1) == pytest.approx(mean_wait_of_one_server(7.0, 0.1, 0.02))
    wait, _use = mean_wait(3, 24.0, lambda: chance.expovariate(10.0))
    assert wait == pytest.approx(mean_wait_of_many_servers(24.0, 0.1, 3), rel=0.1)


def test_every_call_of_a_day_is_played_and_none_is_quicker_than_its_own_work() -> None:
    day, costs = scale.a_day(scale.SMALL, 2), scale.Costs()
    calls = {kind: len(taken) for kind, taken in day.seconds.items()}
    assert calls["act"] + calls["called act"] == scale.SMALL.acts
    assert calls["reading"] + calls["called reading"] == scale.SMALL.acts * scale.SMALL.readings
    assert calls["opening"] == scale.SMALL.terminals
    assert day.waits("called act").day[0] > costs.command_acts
    assert day.waits("reading").day[0] >= costs.terminal_reads - 1e-9


def test_too_few_processors_show_as_waits() -> None:
    following = scale.following_at_peak(scale.LARGE, scale.Costs())
    enough, few = (scale.a_day(scale.LARGE, processors, until=10 * scale.HOUR) for processors in (8, 3))
    assert 2 < following < 3
    assert quantile(few.waits("called act").peak, 0.99) > 1.5 * quantile(
        enough.waits("called act").peak, 0.99
    )


def test_both_pages_show_what_the_program_says(effort: Callable[[int, int], int]) -> None:
    but = "" if effort(0, 1) else "day"  # which `make bench` compares, too
    for language, path in PAGES.items():
        page = path.read_text(encoding="utf-8")
        made = tables(language, but=but)
        assert all(f"<!-- {name}: made by benchmarks/scale.py -->" in page for name in made)
        assert page == with_tables(page, made), f"{path.name}: run `python -m benchmarks.scale write`"
