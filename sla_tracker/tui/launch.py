"""Starts the terminal, where there is one."""

from __future__ import annotations

import sys

from sla_tracker.desk.house import House
from sla_tracker.errors import ExitCode
from sla_tracker.locale import gettext as _


def run(house: House) -> ExitCode:
    """Run the terminal until the person leaves; without a terminal on stdin and stderr say so and return 2."""
    if not (sys.stdin is not None and sys.stdin.isatty() and sys.stderr.isatty()):
        sys.stderr.write(
            _(
                "The terminal needs a terminal on standard input and standard error; use a command, such as: sla due"
            )
            + "\n"
        )
        return ExitCode.USAGE
    from sla_tracker.tui.app import SlaApp

    app = SlaApp(house)
    app.run()
    return ExitCode.OK if app.return_code in (0, None) else ExitCode.FAILED
