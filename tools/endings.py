"""Builds docs/reference/exit-codes.md from the program's exit codes."""

from __future__ import annotations

from sla_tracker.cli.errors import INTERRUPTED
from sla_tracker.errors import ExitCode
from tools.commands import MEANINGS

# What a script that calls `sla` should do, by exit code.
ADVICE = {
    ExitCode.OK: "Go on.",
    ExitCode.FAILED: "Read stderr; tell the admin. `sla doctor` and `sla verify` end so when they found something, "
    "`sla remind` when something could not be sent.",
    ExitCode.USAGE: "Correct the call; repeating it does not help.",
    ExitCode.NOT_FOUND: "Look the reference up again: `sla due --json`.",
    ExitCode.REFUSED: "Read the sentence; it says what is missing or who was first. Nothing was changed.",
    ExitCode.FORBIDDEN: "Ask somebody who may; nothing was changed.",
    ExitCode.CONFIG: "`sla config check`.",
    ExitCode.STORE: "`sla verify`, then [reliability](../reliability.md). Nothing was changed.",
    ExitCode.UNKNOWN_OUTCOME: "Do not repeat it blindly: `sla show` says whether it was applied.",
    ExitCode.PLUGIN: "`sla plugins --details`.",
    ExitCode.BUSY: "Try again in a moment. Nothing was changed.",
}

OPENING = """\
# Exit codes

<!-- Written by `make reference`; the codes come from sla_tracker/errors.py. -->

How a command ended, for scripts. The meaning of a code never changes. What is wrong stands on stderr as a sentence that
says what, which one, and what to do; stdout carries data only.
"""


def page() -> str:
    """Return the page as Markdown."""
    rows = ["| code | name | meaning | what to do |", "|---|---|---|---|"]
    rows += [
        f"| {code.value} | {code.name} | {_cell(MEANINGS[code])} | {ADVICE[code]} |" for code in ExitCode
    ]
    interrupted = (
        "It was interrupted from the keyboard; `sla remind --watch`, which goes on until then, ends with 0."
    )
    rows.append(f"| {INTERRUPTED} | | {interrupted} | |")
    return OPENING + "\n" + "\n".join(rows) + "\n"


def _cell(text: str) -> str:
    return text.replace("|", "\\|")
