"""Opens the full-screen terminal for `sla` without a command."""

from __future__ import annotations

from sla_tracker.cli.invocation import Invocation
from sla_tracker.cli.screen import can_draw
from sla_tracker.errors import N_, UsageError


def open_terminal(invocation: Invocation) -> int:
    """Run the terminal and return its exit code.

    Raises UsageError where there is no screen or keyboard.
    """
    if not can_draw():
        raise UsageError(
            N_(
                "There is no terminal to draw on: stdin, stdout and stderr all have to be one. For a file or pipe use "
                "a command, such as: sla due"
            )
        )
    return invocation.deployments.terminal(invocation.frame)
