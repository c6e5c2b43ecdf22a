"""Measures the first screen with ten thousand open duties against a bare Textual app, on a pty."""

from __future__ import annotations

import os
import statistics
import tempfile
from pathlib import Path

from benchmarks._limits import at_most
from benchmarks._terminal import Terminal
from benchmarks.due import company

OPEN = 10_000
ROUNDS = 7
MOST_FOR_THE_FRAME, MOST_FOR_THE_ROWS = 1.6, 2.2  # highest ratios to the bare app
# The start-up cache is that of the previous working day, as in the morning.
THE_DAY_BEFORE, NOW = "2026-11-20T17:30:00+08:00", "2026-11-23T08:30:00+08:00"


def bare() -> float:
    with Terminal(["-m", "benchmarks._bare_app"]) as terminal:
        return terminal.drawn(b"bare-frame")


def own(folder: Path, now: str = NOW) -> tuple[float, float]:
    """Return the seconds until frame and rows are drawn; ends with q, which writes the cache."""
    arguments = ["-m", "sla_tracker", "--deployment", str(folder), "--lang", "zh"]
    with Terminal(arguments, SLA_NOW=now) as terminal:
        frame = terminal.drawn("我的事项".encode())
        rows = terminal.drawn("鄂F·".encode())
        terminal.settle()
        terminal.quit()
        return frame, rows


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        # With compiled modules, as in an installed program.
        os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
        os.environ["PYTHONPYCACHEPREFIX"] = str(Path(place) / "compiled")
        folder = company(Path(place) / "deployment", OPEN)
        own(folder, THE_DAY_BEFORE)
        bare()
        rounds = [(bare(), *own(folder)) for _ in range(ROUNDS)]
    alone, frame, rows = (statistics.median(times) for times in zip(*rounds, strict=True))
    print(f"bare app {alone * 1000:.0f} ms, frame {frame * 1000:.0f} ms, rows {rows * 1000:.0f} ms")
    print(f"frame {frame / alone:.2f} x (at most {MOST_FOR_THE_FRAME})")
    print(f"rows {rows / alone:.2f} x (at most {MOST_FOR_THE_ROWS})")
    at_most(frame / alone, MOST_FOR_THE_FRAME, "first frame / a bare app")
    at_most(rows / alone, MOST_FOR_THE_ROWS, "first rows / a bare app")
