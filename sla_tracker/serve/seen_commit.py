"""Keeps, for the calling login, the last commit that it saw of a service's store.

The module is a part of the installed client's one file.
"""

from __future__ import annotations

import os

from sla_tracker.serve.sentences import _

# --- from here on part of the client's file ---------------------------------------------------------------------------


def _file_of(service_file: str) -> str:
    state = os.environ.get("XDG_STATE_HOME") or os.path.expanduser("~/.local/state")
    name = service_file.strip("/").replace("/", "-")
    return os.path.join(state, "sla_tracker", f"service-{name}.seen")


def read_seen_commit(service_file: str) -> tuple[bytes, bytes]:
    """Return number and hash of the last commit that this login saw; empty for none."""
    try:
        with open(_file_of(service_file), "rb") as stream:
            number, digest = stream.read(200).split()
    except (OSError, ValueError):
        return b"", b""
    return (number, digest) if number.isdigit() else (b"", b"")


def keep_seen_commit(service_file: str, fields: list[bytes], seen: tuple[bytes, bytes]) -> str:
    """Keep what the service says of its last commit.

    Returns a sentence where that went back. `seen` is what the login had seen when this call began.

    Kept by the login and not by the service: otherwise who can change the store could hide it.
    """
    number, digest, *accepted = fields
    if accepted != [b"accept"]:
        before, known = seen
        # A call that began later may have ended before and seen more than this one: that is no step back.
        present = read_seen_commit(service_file)
        if before and int(number) < int(before):
            return _(
                "The store went back or was exchanged: change {seen} was seen here before, and it is not there any "
                "more (the store ends at {now}). If a backup was restored, confirm with sla verify --accept; else "
                "find out why.",
                seen=int(before),
                now=int(number),
            )
        if (number == before and digest != known) or (number == present[0] and digest != present[1]):
            return _(
                "The store was exchanged or written anew: change {seen} is another one now than was seen here before. "
                "If a backup was restored, confirm with sla verify --accept; else find out why.",
                seen=int(number),
            )
        if present[0] and int(number) < int(present[0]):
            return ""
    file = _file_of(service_file)
    try:
        os.makedirs(os.path.dirname(file), exist_ok=True)
        descriptor = os.open(
            f"{file}.{os.getpid()}", os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600
        )
        with os.fdopen(descriptor, "wb") as stream:
            stream.write(number + b" " + digest + b"\n")
        os.replace(f"{file}.{os.getpid()}", file)
    except OSError:  # only the check for lost commits is missing then
        try:
            os.unlink(f"{file}.{os.getpid()}")
        except OSError:
            pass
    return ""
