"""Runs the measurements: `python -m benchmarks [NAME...]`, all of them without a name.

A measurement is a module of this package with a `main()` that prints its figures and raises when a ratio is missed.
"""

import importlib
import pkgutil
import sys
from pathlib import Path


def names() -> list[str]:
    """List the measurements there are."""
    found = (module.name for module in pkgutil.iter_modules([str(Path(__file__).parent)]))
    return [name for name in found if not name.startswith("_")]


def main(chosen: list[str]) -> int:
    """Run the chosen measurements one after the other; the number of missed ones is the exit code."""
    missed = 0
    for name in chosen or names():
        print(f"== {name}", flush=True)
        try:
            importlib.import_module(f"benchmarks.{name}").main()
        except AssertionError as reason:
            missed += 1
            print(f"missed: {reason}", flush=True)
    return missed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
