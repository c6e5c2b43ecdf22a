"""Entry point of the command `sla`."""

from __future__ import annotations

import atexit
import gc
import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import signal as _signal
    from pathlib import Path

    from sla_tracker.cli.deployments import Deployments, ServeRequest
    from sla_tracker.quickstart.fast_call import FastCall
    from sla_tracker.services.deployment import OpenDeployment
else:
    import _signal

INTERRUPTED = 130  # exit code of a process ended by Ctrl+C: 128 + SIGINT
OLDEST = (3, 11)
COLLECTED_AFTER = 20_000  # new objects, so that a short command collects nothing; about 2 MB
SERVICE_FILE = "/etc/sla/service.toml"  # there where the host has a service


def main() -> None:
    """Run one command; Ctrl+C exits with 130 and no traceback, even during imports."""
    if sys.version_info < OLDEST:
        sys.exit(_too_old())
    _stop_at_once_on_interrupt()
    # At exit Python would collect all garbage: a twentieth of a short command.
    atexit.register(gc.freeze)
    try:
        _run(sys.argv[1:])
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    finally:
        _stop_at_once_on_interrupt()  # nothing is left to do, and the interpreter's own end would print a traceback


def _stop_at_once_on_interrupt() -> None:
    """Let Ctrl+C end the process without an exception, while nothing is open.

    An exception in the middle of an import may be swallowed, turned into another one, or printed as ignored. An ignored
    signal, as under nohup, stays ignored. `_signal` is imported, as `signal` takes longer to import than all of this.
    """
    if _signal.getsignal(_signal.SIGINT) is _signal.default_int_handler:
        _signal.signal(_signal.SIGINT, _stop_at_once)


def _raise_on_interrupt() -> None:
    """Let Ctrl+C raise KeyboardInterrupt, so that what is open is closed."""
    if _signal.getsignal(_signal.SIGINT) is _stop_at_once:
        _signal.signal(_signal.SIGINT, _signal.default_int_handler)


def _stop_at_once(_signum: int, _frame: object) -> None:
    os._exit(INTERRUPTED)


def _run(arguments: list[str]) -> None:
    """Answer a call the cheapest way.

    The ways are the service, the version, the start-up cache, else the program. Imports are local to the branch that
    needs them, because imports are most of the start-up time.
    """
    if os.path.lexists(SERVICE_FILE):
        from sla_tracker.serve.installation.install import through_service

        _raise_on_interrupt()
        code = through_service(arguments)
        if code is not None:
            sys.exit(code)
        _stop_at_once_on_interrupt()  # the call runs here, and its imports come first
    if arguments == ["--version"]:
        from sla_tracker.version import version_text

        try:
            sys.stdout.write(f"sla_tracker {version_text()}\n")
            sys.stdout.flush()
        except (OSError, AttributeError):
            pass  # the program says in a sentence why nothing can be written there
        else:
            return
    code, is_outdated = _answered_from_cache(arguments)
    if code is not None:
        sys.exit(code)
    _run_program(writes_cache=is_outdated)


def _answered_from_cache(arguments: list[str]) -> tuple[int | None, bool]:
    """Return the exit code of a call that the start-up cache answered, else None.

    Returns also whether the cache is outdated.
    """
    from sla_tracker.quickstart.fast_call import parse

    call = parse(arguments)
    if call is None:
        return None, False
    from sla_tracker.quickstart.journal_tail import CacheInconclusive, CacheOutdated

    try:
        return _answer_from_cache(call), False
    except CacheOutdated:
        return None, True
    except CacheInconclusive:
        return None, False


def _run_program(*, writes_cache: bool) -> None:
    """Load the program and run the call."""
    # Imported modules live until exit: collecting during the imports costs time and frees nothing. `freeze` keeps
    # them out of later collections.
    gc.disable()
    from sla_tracker.cli.deployments import opened_later
    from sla_tracker.cli.main import build

    def deployments() -> Deployments:
        from sla_tracker.cli.output import say_who_holds_the_store
        from sla_tracker.deployment.service import DeploymentService

        gc.freeze()
        gc.set_threshold(COLLECTED_AFTER)
        gc.enable()
        return DeploymentService(writes_cache=writes_cache, serve=_serve, waiting=say_who_holds_the_store)

    _raise_on_interrupt()
    build(opened_later(deployments))()


def _serve(folder: Path, request: ServeRequest) -> int:
    """Run the service of a deployment, or do what else `sla serve` is asked for."""
    from sla_tracker.serve.run import run

    return run(folder, request)


def _too_old() -> str:
    """Return which Python is needed.

    The modules imported for that run on older versions, too.
    """
    from sla_tracker import i18n

    i18n.use(None)
    present, oldest = (".".join(map(str, version[:2])) for version in (sys.version_info, OLDEST))
    return i18n.gettext(
        "This is Python {present}; sla_tracker needs Python {oldest} or newer.",
        present=present,
        oldest=oldest,
    )


def _answer_from_cache(call: FastCall) -> int:
    """Return the exit code of a cached call; raises CacheOutdated, CacheInconclusive."""
    if call.is_due:
        from sla_tracker.quickstart import due

        return due.answer(call)
    from sla_tracker.quickstart import terminal

    _raise_on_interrupt()
    return terminal.enter(call, _open_later)


def _open_later(folder: Path, person: str, writes_cache: bool) -> OpenDeployment:
    """Open a deployment but not its store, after a first screen drawn from the cache."""
    from sla_tracker.cli.deployments import StoreOpening
    from sla_tracker.deployment.service import DeploymentService

    deployments = DeploymentService(writes_cache=writes_cache)
    return deployments.open(folder, as_person=person, opening=StoreOpening.SERVER_AT_ONCE)


if __name__ == "__main__":
    main()
