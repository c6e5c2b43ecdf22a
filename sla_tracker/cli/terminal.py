"""Opens the full-screen terminal for `sla` without a command."""

from __future__ import annotations

import os

from sla_tracker.cli.invocation import Invocation
from sla_tracker.cli.screen import can_draw, is_there
from sla_tracker.cli.terminal_kind import prints_only
from sla_tracker.errors import N_, UsageError


def open_terminal(invocation: Invocation) -> int:
    """Run the terminal and return its exit code.

    Raises UsageError where there is no screen or keyboard.
    """
    if not can_draw():
        if is_there() and prints_only():
            term = os.environ.get("TERM", "")
            if not term:
                raise UsageError(
                    N_(
                        "TERM is not set, so sla cannot draw on this terminal. Use a command, such as: sla due"
                    )
                )
            raise UsageError(
                N_(
                    "This terminal can only print (TERM is “{term}”), so sla cannot draw on it. Use a command, such "
                    "as: sla due"
                ),
                term=term,
            )
        raise UsageError(
            N_(
                "There is no terminal to draw on: stdin, stdout and stderr all have to be one. For a file or pipe use "
                "a command, such as: sla due"
            )
        )
    return invocation.deployments.terminal(invocation.frame)
