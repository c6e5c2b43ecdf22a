"""Runs the benchmarks: `python -m benchmarks [NAME...]`, without a name all of them.

A benchmark is a module of this package with a `main()` that prints its figures and raises AssertionError when a limit
is missed.
"""

import importlib
import pkgutil
import sys
from pathlib import Path

import pytest


def names() -> list[str]:
    """Return the names of all benchmarks."""
    found = (module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return [name for name in found if not name.startswith("_")]


def main(chosen: list[str]) -> int:
    """Run the chosen benchmarks in turn; return the number of failed ones as exit code."""
    missed = 0
    for name in chosen or names():
        print(f"== {name}", flush=True)
        try:
            importlib.import_module(f"benchmarks.{name}").main()
        except AssertionError as reason:
            missed += 1
            print(f"missed: {reason}", flush=True)
        except pytest.skip.Exception as reason:  # tests and benchmarks share what looks for programs
            print(f"not measured: {reason}", flush=True)
    return missed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
