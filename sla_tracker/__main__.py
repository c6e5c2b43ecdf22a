"""The command `sla`."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sla_tracker.warm.wishes import Wish

INTERRUPTED = 130
OLDEST = (3, 11)


def main() -> None:
    """Run one call; whoever interrupts it while it is still being loaded reads no traceback either."""
    if sys.version_info < OLDEST:
        sys.exit(_too_old())
    try:
        _run(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


def _run(arguments: list[str]) -> None:
    """Take a plain look at what is due, and the terminal, the quick way; anything else over the front doors."""
    from sla_tracker.storage.glance import Doubtful, Stale
    from sla_tracker.warm.wishes import wished

    wish = wished(arguments)
    outdated = False
    if wish is not None:
        try:
            sys.exit(_quickly(wish))
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


def _too_old() -> str:
    """Say which Python it takes; what is imported for that runs on an older one, and no other module has to."""
    from sla_tracker import locale

    locale.use(None)
    present, oldest = (".".join(map(str, version[:2])) for version in (sys.version_info, OLDEST))
    return locale.gettext(
        "This is Python {present}; sla_tracker needs Python {oldest} or newer.",
        present=present,
        oldest=oldest,
    )


def _quickly(wish: Wish) -> int:
    """Answer a plain call; raises Stale and Doubtful where that takes the long way."""
    if wish.is_due:
        from sla_tracker.warm import due

        return due.answer(wish)
    from sla_tracker.warm import start

    return start.enter(wish)


if __name__ == "__main__":
    main()
