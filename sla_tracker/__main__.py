"""The command `sla`."""

from __future__ import annotations

import gc
import sys

INTERRUPTED = 130


def main() -> None:
    """Run one call; whoever interrupts it while it is still being loaded reads no traceback either."""
    try:
        _run(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _run(arguments: list[str]) -> None:
    """Take a plain look at what is due the quick way, anything else over the front doors."""
    from sla_tracker import warm
    from sla_tracker.storage.glance import Doubtful, Stale

    wish = warm.wished(arguments)
    outdated = False
    if wish is not None:
        try:
            sys.exit(warm.answer(wish))
        except Stale:
            outdated = True
        except Doubtful:
            pass
    gc.disable()  # what is imported stays; a search for garbage among it finds none
    from sla_tracker.cli.main import build
    from sla_tracker.frontdoors import FrontDoors

    gc.freeze()
    gc.enable()
    build(FrontDoors(keeps_warm=outdated))()


if __name__ == "__main__":
    main()
