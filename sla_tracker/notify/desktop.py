"""Desktop notifications of the current user, by the system's program, no shell."""

from __future__ import annotations

import html
import shutil
import subprocess

from sla_tracker.errors import N_, ConfigError
from sla_tracker.notify.options import Options
from sla_tracker.services.reminders.messages import SENT, Letter, Outcome, failed
from sla_tracker.value_class import dataclass

LONGEST_TEXT = 400  # characters
_SCRIPT = (
    "on run argv",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "end run",
)


@dataclass(frozen=True, slots=True)
class Desktop:
    """Channel that shows a person's messages on their own desktop."""

    program: str
    person: str
    timeout_seconds: float

    @property
    def recognises(self) -> bool:
        """Return False: a notification shown twice is seen twice."""
        return False

    def serves(self, recipient: str) -> bool:
        """Return whether the recipient is the person who runs the program."""
        return recipient == self.person

    def send(self, letter: Letter) -> Outcome:
        """Show a message; fails when no desktop is running."""
        try:
            done = subprocess.run(
                self.command(letter),
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=self.timeout_seconds,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as reason:
            return failed(N_("The desktop shows no notes ({reason})."), reason=type(reason).__name__)
        if done.returncode:
            return failed(N_("The desktop shows no notes ({reason})."), reason=done.returncode)
        return SENT

    def command(self, letter: Letter) -> list[str]:
        """Return program and arguments.

        notify-send reads markup, so its text is escaped.
        """
        text = letter.text[:LONGEST_TEXT]
        if self.program.endswith("osascript"):
            script = [part for line in _SCRIPT for part in ("-e", line)]
            return [self.program, *script, letter.subject, text]
        return [self.program, "--app-name=sla", "--", letter.subject, html.escape(text)]


def desktop(options: Options, person: str) -> Desktop:
    """Return a person's desktop channel; raises ConfigError without a program for it."""
    program = shutil.which("notify-send") or shutil.which("osascript")
    if program is None:
        raise ConfigError(
            N_("The channel {channel} needs the program notify-send, which is not installed here."),
            channel=options.channel,
        )
    return Desktop(program, person, options.seconds())
