"""Secrets of channels, from the environment or a private file; never shown."""

from __future__ import annotations

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from sla_tracker.errors import N_, ConfigError

LARGEST = 4096  # bytes of a secret file that are read
HIDDEN = "•••"


class Secret:
    """A text kept out of messages, logs, screens and stores; `reveal` returns it."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """Return the secret itself."""
        return self._text

    def __bool__(self) -> bool:
        return bool(self._text)

    def __repr__(self) -> str:
        return HIDDEN

    def __reduce__(self) -> tuple[object, ...]:
        raise TypeError("A secret is not written anywhere.")


NO_SECRET = Secret("")


def read_secret(source: str, environ: Mapping[str, str]) -> Secret:
    """Return the secret of `env:NAME` or `file:/path`; NO_SECRET for an empty source.

    Raises ConfigError when it is missing or empty, or when others could read the file.
    """
    kind, _, place = source.partition(":")
    if not source:
        return NO_SECRET
    if kind == "env" and place:
        text = environ.get(place, "")
    elif kind == "file" and place:
        text = _from_file(Path(place))
    else:
        raise ConfigError(
            N_("A secret is named as env:NAME or file:/path; it does not stand in the settings itself.")
        )
    if not text.strip():
        raise ConfigError(N_("The secret {source} is empty or not set."), source=source)
    return Secret(text.strip())


def _from_file(path: Path) -> str:
    """Return the text of a secret file after checking owner and permissions.

    The opened file is checked, not its path, so that it cannot be swapped in between.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as reason:
        raise ConfigError(
            N_("The secret file {path} cannot be read: {reason}."), path=path, reason=reason
        ) from None
    try:
        found = os.fstat(handle)
        if not stat.S_ISREG(found.st_mode) or found.st_uid not in {os.geteuid(), 0} or found.st_mode & 0o077:
            raise ConfigError(
                N_("The secret file {path} must be yours and readable by nobody else (chmod 600)."), path=path
            )
        return os.read(handle, LARGEST).decode("utf-8")
    except UnicodeDecodeError:
        raise ConfigError(N_("The secret file {path} is no text."), path=path) from None
    finally:
        os.close(handle)


def without(text: str, *secrets: Secret) -> str:
    """Return a text of another program with our secrets replaced.

    Secrets of fewer than 4 characters are ignored: they would match ordinary text.
    """
    for secret in secrets:
        if secret and len(secret.reveal()) >= 4:
            text = text.replace(secret.reveal(), HIDDEN)
    return text
