"""Prints a systemd user service that runs `sla remind`; installs nothing."""

from __future__ import annotations

import os
import shlex
import shutil
import sys
from pathlib import Path

from sla_tracker.i18n import gettext as _
from sla_tracker.trusted_files import OWNER

SECRETS = "%h/.config/sla_tracker/secrets.env"


def unit(folder: Path) -> str:
    """Return the text of a systemd user service; its first lines say how to start it."""
    return _UNIT.format(
        how=_("Put this into {file}, then run: {command}", file=_FILE, command=_START),
        secrets_hint=_(
            "Secrets that the settings name as env:NAME stand in {file} (chmod 600).", file=_SECRETS_FILE
        ),
        description=_("Reminders of {folder}", folder=folder.resolve().name.replace("%", "%%")),
        command=" ".join(map(_quoted, _program())),
        folder=_quoted(str(folder.resolve())),
        secrets=SECRETS,
        owner=_owner_line(),
    )


def _owner_line() -> str:
    """Return the line that passes SLA_OWNER on; empty without it.

    A service does not read the shell's profile.
    """
    named = os.environ.get(OWNER, "")
    return f"Environment={_quoted(f'{OWNER}={named}')}\n" if named else ""


def _program() -> list[str]:
    beside = Path(sys.executable).with_name("sla")
    found = str(beside) if beside.is_file() else shutil.which("sla")
    return [found] if found else [sys.executable, "-m", "sla_tracker"]


def _quoted(word: str) -> str:
    r"""Quote a word for systemd.

    systemd interprets \ and " inside quotes and % and $ everywhere.
    """
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return escaped if shlex.quote(word) == word else f'"{escaped}"'


_FILE = "~/.config/systemd/user/sla-remind.service"
_SECRETS_FILE = "~/.config/sla_tracker/secrets.env"
_START = "systemctl --user enable --now sla-remind"
_UNIT = """\
# {how}
# {secrets_hint}
[Unit]
Description={description}
Wants=network-online.target
After=network-online.target time-sync.target

[Service]
ExecStart={command} --deployment {folder} remind --watch
EnvironmentFile=-{secrets}
{owner}Restart=on-failure
RestartSec=30
TimeoutStopSec=90
KillSignal=SIGTERM
NoNewPrivileges=yes
PrivateTmp=yes
UMask=0007

[Install]
WantedBy=default.target
"""
