"""Runs one benchmark: `python -m benchmarks._one NAME`; the exit code is an `Outcome`."""

from __future__ import annotations

import importlib
import sys
import traceback
from enum import IntEnum

import pytest

from benchmarks import _limits


class Outcome(IntEnum):
    """How a benchmark ended, as the exit code of its process."""

    KEPT = 0
    MISSED = 3
    FAILED = 4


def run(name: str) -> Outcome:
    """Run a benchmark, a module of this package or one with a dot in its name."""
    try:
        importlib.import_module(name if "." in name else f"benchmarks.{name}").main()
    except pytest.skip.Exception as reason:  # tests and benchmarks share what looks for programs
        _limits.not_measured(str(reason))
    except AssertionError as reason:
        _limits.miss(str(reason))
    except Exception:
        traceback.print_exc()
        return Outcome.FAILED
    return Outcome.MISSED if _limits.missed else Outcome.KEPT


if __name__ == "__main__":
    sys.exit(run(sys.argv[1]))
