"""Finds the service of this host for the staff's program, and believes no other.

The module is a part of the installed client's one file.
"""

from __future__ import annotations

import _socket
import os
import sys

from sla_tracker.serve.sentences import _

# --- from here on part of the client's file ---------------------------------------------------------------------------

# The service answers within this time or says something; a command may then take as long as it likes.
CONNECT_SECONDS = 5.0


class NoService(Exception):
    """The service cannot be used; the sentence says why."""


def read_service_file(path: str) -> tuple[str, int]:
    """Return the socket's place and the service's user id; raises NoService.

    Two lines, `socket = "…"` and `user = "…"`, in a file and folder that only root can write.
    """
    if not os.path.lexists(path):
        raise NoService(
            _('There is no {file}; root writes it: socket = "/run/sla/socket" and user = "sla".', file=path)
        )
    _must_be_roots(os.path.dirname(path))
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as error:
        raise NoService(_("{file} cannot be read: {reason}", file=path, reason=error.strerror)) from None
    try:
        status = os.fstat(descriptor)
        if status.st_uid != 0 or status.st_mode & 0o022:
            raise NoService(_("{file} can be written by others than root, so it is not believed.", file=path))
        text = os.read(descriptor, 4096).decode("utf-8", "replace")
    finally:
        os.close(descriptor)
    named: dict[str, str] = {}
    for line in text.splitlines():
        key, _equals, value = line.partition("=")
        value = value.strip()
        if value[:1] == '"' and value[-1:] == '"' and len(value) > 1:
            named[key.strip()] = value[1:-1]
    socket, user = named.get("socket", ""), named.get("user", "")
    if not socket.startswith("/") or not user:
        raise NoService(_('{file} has to say socket = "/run/sla/socket" and user = "sla".', file=path))
    return socket, _uid_of(user, path)


def _uid_of(user: str, path: str) -> int:
    if user.isdecimal():
        return int(user)
    import pwd

    try:
        return pwd.getpwnam(user).pw_uid
    except KeyError:
        raise NoService(_("There is no login “{user}”, which {file} names.", user=user, file=path)) from None


def _must_be_roots(folder: str) -> None:
    """Raise NoService for a folder that others than root can change, or one above it."""
    while True:
        try:
            status = os.lstat(folder or "/")
        except OSError as error:
            raise NoService(
                _("{file} cannot be read: {reason}", file=folder, reason=error.strerror)
            ) from None
        open_to_others = status.st_mode & 0o022 and not status.st_mode & 0o1000
        if status.st_uid != 0 or open_to_others or status.st_mode & 0o170000 == 0o120000:
            raise NoService(
                _("{file} can be written by others than root, so it is not believed.", file=folder)
            )
        if folder in {"", "/"}:
            return
        folder = os.path.dirname(folder)


def connect(service_file: str) -> _socket.socket:
    """Return a connection to the service, after checking that it is the service.

    Raises NoService.
    """
    place, uid = read_service_file(service_file)
    must_be_safe(os.path.dirname(place), uid)
    connection = _socket.socket(_socket.AF_UNIX, _socket.SOCK_STREAM | _socket.SOCK_CLOEXEC)
    # A stopped service under systemd neither accepts nor refuses: without a limit the call would hang.
    connection.settimeout(CONNECT_SECONDS)
    try:
        connection.connect(place)
    except OSError as error:
        raise NoService(
            _(
                "The service does not answer at {socket} ({reason}). Whoever looks after this host starts it: "
                "systemctl start sla",
                socket=place,
                reason=error.strerror or error,
            )
        ) from None
    credentials = connection.getsockopt(_socket.SOL_SOCKET, _socket.SO_PEERCRED, 12)
    peer = int.from_bytes(credentials[4:8], sys.byteorder)
    if peer not in {uid, 0}:
        raise NoService(
            _(
                "What answers at {socket} belongs to somebody else than the service; nothing was sent.",
                socket=place,
            )
        )
    return connection


def must_be_safe(folder: str, uid: int) -> None:
    """Raise NoService unless the socket's folder is safe.

    The folder must be root's or the service's, and closed to others.
    """
    try:
        status = os.stat(folder)
    except OSError as error:
        raise NoService(
            _(
                "The service does not answer at {socket} ({reason}). Whoever looks after this host starts it: "
                "systemctl start sla",
                socket=folder,
                reason=error.strerror,
            )
        ) from None
    if status.st_uid not in {0, uid} or status.st_mode & 0o022:
        raise NoService(
            _("Others can write to {folder}, so the socket in it is not believed.", folder=folder)
        )
