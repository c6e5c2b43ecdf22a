"""Speaks with systemd: takes its socket, notifies it, and writes unit files."""

from __future__ import annotations

import os
import socket
from pathlib import Path

from sla_tracker.i18n import gettext as _
from sla_tracker.serve.client import SERVICE_FILE

FIRST_DESCRIPTOR = 3  # sd_listen_fds(3)


def notify(state: str) -> None:
    """Tell systemd a state (sd_notify(3)); does nothing where nobody listens."""
    place = os.environ.get("NOTIFY_SOCKET", "")
    if not place:
        return
    if place.startswith("@"):
        place = f"\0{place[1:]}"
    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
            channel.sendto(state.encode(), place)
    except OSError:
        return


def handed_over() -> socket.socket | None:
    """Return the listening socket that systemd opened, or None."""
    named, count = os.environ.pop("LISTEN_PID", ""), os.environ.pop("LISTEN_FDS", "")
    os.environ.pop("LISTEN_FDNAMES", None)
    if named != str(os.getpid()) or count != "1":
        return None
    listening = socket.socket(fileno=FIRST_DESCRIPTOR)
    listening.set_inheritable(False)
    return listening


def units(program: str, folder: Path, place: str, login: str, service_file: Path) -> str:
    """Return the texts of socket and service unit, with where to put them."""
    other_file = (
        ""
        if str(service_file) == SERVICE_FILE
        else f" --service-file {_quoted(str(service_file.absolute()))}"
    )
    return _UNITS.format(
        how=_(
            "Put the first part into {socket} and the second into {service}, then run: {command}",
            socket="/etc/systemd/system/sla.socket",
            service="/etc/systemd/system/sla.service",
            command="systemctl daemon-reload && systemctl enable --now sla.socket sla.service",
        ),
        program=_quoted(program),
        folder=_quoted(str(folder)),
        place=place.replace("%", "%%"),
        login=login,
        other_file=other_file,
    )


def _quoted(word: str) -> str:
    r"""Quote a word for systemd.

    systemd interprets \ and " inside quotes and % and $ everywhere.
    """
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


_UNITS = """\
# {how}

# --- sla.socket
[Unit]
Description=Service levels between departments: socket

[Socket]
ListenStream={place}
SocketMode=0666
DirectoryMode=0755
Backlog=128

[Install]
WantedBy=sockets.target

# --- sla.service
[Unit]
Description=Service levels between departments
Requires=sla.socket
After=sla.socket network-online.target time-sync.target
Wants=network-online.target

[Service]
Type=notify
User={login}
ExecStart={program} --deployment {folder} serve{other_file}
EnvironmentFile=-/etc/sla/secrets.env
Restart=on-failure
RestartSec=5
TimeoutStopSec=45
KillMode=mixed
KillSignal=SIGTERM
OOMPolicy=continue
TasksMax=2000
LimitNOFILE=4096
LimitCORE=0
UMask=0077
ReadWritePaths={folder}
RuntimeDirectory=sla-web
RuntimeDirectoryMode=0755
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
ProtectProc=invisible
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
PrivateTmp=yes
PrivateDevices=yes
CapabilityBoundingSet=
AmbientCapabilities=
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=multi-user.target
"""
