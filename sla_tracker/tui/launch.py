"""Starts the terminal and waits for the store when it ends."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from sla_tracker.errors import ExitCode, SlaError
from sla_tracker.i18n import gettext as _
from sla_tracker.tui.dialogs import kept_forms

if TYPE_CHECKING:
    from sla_tracker.tui.app_base import BaseApp
    from sla_tracker.tui.gateway import Gateway
    from sla_tracker.tui.startup import Start

# Wait for running calls at the end: first silently, then after a message.
QUIET_SECONDS = 0.5
PATIENT_SECONDS = 3.0


def run(start: Start) -> ExitCode:
    """Run the terminal until the person quits; return the exit code.

    The code is 2 unless stdin, stdout and stderr are terminals.

    Raises the error that kept the deployment from being opened, after the screen was restored.
    """
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout, sys.stderr)):
        sys.stderr.write(
            _(
                "There is no terminal to draw on: stdin, stdout and stderr all have to be one. For a file or pipe use "
                "a command, such as: sla due"
            )
            + "\n"
        )
        return ExitCode.USAGE
    # Collections would only slow the start, which creates many objects that stay; gateway.py enables them again.
    gc.disable()
    from sla_tracker.tui.app import SlaApp

    app = SlaApp(start)
    app.run()
    if app.leaves_undone and app.failure is None:
        sys.stderr.write(_("You left before the store was open: what you asked for was not done.") + "\n")
    _keep_forms(app)
    _finish(app.gateway)
    if app.failure is not None:
        raise app.failure
    return ExitCode.OK if app.return_code in (0, None) else ExitCode.FAILED


def _keep_forms(app: BaseApp) -> None:
    """Store what stands in forms; say so where that fails, if anybody can read it."""
    try:
        kept_forms.store(app)
    except SlaError as error:
        with suppress(OSError):
            sys.stderr.write(error.sentence() + "\n")


def _finish(gateway: Gateway) -> None:
    """Wait until no call uses the deployment, so that it can be closed.

    On timeout the process exits.
    """
    try:
        if gateway.finish(QUIET_SECONDS):
            return
        sys.stderr.write(_("Waiting for the store …") + "\n")
        if gateway.finish(PATIENT_SECONDS):
            return
    except KeyboardInterrupt:
        pass
    said = _("The store does not answer; left without waiting for it.")
    if gateway.is_acting:
        said = _("The store does not answer; look at sla log later whether what you did last was done.")
    sys.stderr.write(said + "\n")
    sys.stderr.flush()
    # A normal exit would join the gateway's thread, which may wait for the store without limit.
    os._exit(ExitCode.UNKNOWN_OUTCOME if gateway.is_acting else ExitCode.OK)
