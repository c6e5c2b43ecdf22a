"""The command `sla`."""

from __future__ import annotations

from sla_tracker.bootstrap import FrontDoors
from sla_tracker.cli.main import build


def main() -> None:
    """Run the command line over the front doors."""
    build(FrontDoors())()


if __name__ == "__main__":
    main()
