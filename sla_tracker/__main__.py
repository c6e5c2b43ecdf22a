"""The command `sla`."""

from __future__ import annotations

import gc
import sys

from sla_tracker import warm
from sla_tracker.storage.glance import Doubtful, Stale


def main() -> None:
    """Run one call: a plain look at what is due the quick way, anything else over the front doors."""
    wish = warm.wished(sys.argv[1:])
    outdated = False
    if wish is not None:
        try:
            sys.exit(warm.answer(wish))
        except Stale:
            outdated = True
        except Doubtful:
            pass
        except KeyboardInterrupt:
            sys.exit(130)
    gc.disable()  # what is imported stays; a search for garbage among it finds none
    from sla_tracker.cli.main import build
    from sla_tracker.frontdoors import FrontDoors

    gc.freeze()
    gc.enable()
    build(FrontDoors(keeps_warm=outdated))()


if __name__ == "__main__":
    main()
