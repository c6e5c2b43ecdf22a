"""Starts the terminal, where there is one."""

from __future__ import annotations

import gc
import sys

from sla_tracker.desk.house import House
from sla_tracker.errors import ExitCode
from sla_tracker.locale import gettext as _


def run(house: House) -> ExitCode:
    """Run the terminal until the person leaves; without a terminal on stdin and stderr say so and return 2.

    Raises what kept the store from being opened, once the screen is the shell's again.
    """
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()):
        sys.stderr.write(
            _(
                "The terminal needs a terminal on standard input and standard error; use a command, such as: sla due"
            )
            + "\n"
        )
        return ExitCode.USAGE
    gc.disable()  # until the store is open (gateway.py)
    from sla_tracker.tui.app import SlaApp

    app = SlaApp(house)
    app.run()
    if app.failure is not None:
        raise app.failure
    return ExitCode.OK if app.return_code in (0, None) else ExitCode.FAILED
