"""The command `sla`."""

from __future__ import annotations

import gc
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    from sla_tracker.quickstart.fast_call import FastCall
    from sla_tracker.services.deployment import OpenDeployment

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
    from sla_tracker.quickstart.fast_call import parse
    from sla_tracker.quickstart.journal_tail import CacheInconclusive, CacheOutdated

    call = parse(arguments)
    outdated = False
    if call is not None:
        try:
            sys.exit(_quickly(call))
        except CacheOutdated:
            outdated = True
        except CacheInconclusive:
            pass
    gc.disable()  # what is imported stays; a search for garbage among it finds none
    from sla_tracker.cli.main import build
    from sla_tracker.deployment.service import DeploymentService

    gc.freeze()
    gc.enable()
    build(DeploymentService(writes_cache=outdated))()


def _too_old() -> str:
    """Say which Python it takes; what is imported for that runs on an older one, and no other module has to."""
    from sla_tracker import i18n

    i18n.use(None)
    present, oldest = (".".join(map(str, version[:2])) for version in (sys.version_info, OLDEST))
    return i18n.gettext(
        "This is Python {present}; sla_tracker needs Python {oldest} or newer.",
        present=present,
        oldest=oldest,
    )


def _quickly(call: FastCall) -> int:
    """Answer a plain call; raises Stale and Doubtful where that takes the long way."""
    if call.is_due:
        from sla_tracker.quickstart import due

        return due.answer(call)
    from sla_tracker.quickstart import terminal

    return terminal.enter(call, _open_later)


def _open_later(folder: Path, person: str, writes_cache: bool) -> OpenDeployment:
    """Open a deployment whose first screen was drawn from the start-up cache; its store is opened later."""
    from sla_tracker.deployment.service import DeploymentService

    return DeploymentService(writes_cache=writes_cache).open(folder, as_person=person, store_later=True)


if __name__ == "__main__":
    main()
