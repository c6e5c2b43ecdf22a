"""Keeps people's passwords as argon2id hashes (RFC 9106)."""

from __future__ import annotations

import secrets
import string
import time
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from sla_tracker.deployment.web_access.secret_file import SecretFile
from sla_tracker.errors import N_, UsageError
from sla_tracker.services.web_access.tokens import FIRST_PASSWORD_DAYS
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from argon2 import PasswordHasher

FILE_NAME = "passwords"
SHORTEST, LONGEST = 12, 200  # characters
# Without letters and digits that look alike.
_ALPHABET = "".join(sorted(set(string.ascii_lowercase + string.digits) - set("0o1li")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One person's password.

    `mark` changes with every new one; a first one is good until `ends_at` (Unix time).
    """

    hash: str
    is_first: bool
    mark: str
    ends_at: float | None = None


class Passwords:
    """The passwords of a deployment."""

    def __init__(self, folder: Path) -> None:
        self._file = SecretFile(folder / FILE_NAME)

    def entry(self, person: str) -> Entry | None:
        """Return a person's entry, or None."""
        found = self._file.read().get(person)
        if found is None:
            return None
        is_first = bool(found.get("first"))
        return Entry(
            hash=str(found["hash"]),
            is_first=is_first,
            mark=str(found.get("mark", "")),
            ends_at=float(found.get("set_at", 0)) + FIRST_PASSWORD_DAYS * 86400 if is_first else None,
        )

    def set_first(self, person: str) -> str:
        """Give a person a first password, and return it.

        The only thing that it opens is the choice of another one.
        """
        made = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))
        self._keep(person, made, is_first=True)
        return made

    def change(self, person: str, password: str, *, first: str = "") -> bool:
        """Set a person's own password; return whether it was set.

        Raises UsageError for one that is too short, too long or the first one. `first` is the mark of the first
        password that it replaces; False where another login was quicker.
        """
        if not SHORTEST <= len(password) <= LONGEST:
            raise UsageError(
                N_("A password has {shortest} to {longest} characters."), shortest=SHORTEST, longest=LONGEST
            )
        if first and self.is_right(self.entry(person), password):
            raise UsageError(N_("The new password has to be another one."))
        return self._keep(person, password, is_first=False, replaces=first)

    def _keep(self, person: str, password: str, *, is_first: bool, replaces: str = "") -> bool:
        hashed = hasher().hash(password)
        with self._file.changing() as entries:
            if replaces and entries.get(person, {}).get("mark") != replaces:
                return False
            entries[person] = {
                "hash": hashed,
                "first": is_first,
                "mark": secrets.token_hex(8),
                "set_at": int(time.time()),
            }
        return True

    def remove(self, person: str) -> bool:
        """Take a person's password away; return whether there was one."""
        with self._file.changing() as entries:
            return entries.pop(person, None) is not None

    def is_right(self, entry: Entry | None, password: str) -> bool:
        """Return whether a password is a person's.

        The check takes the same time where there is no password.
        """
        from argon2.exceptions import Argon2Error, InvalidHashError

        usable = entry is not None and (entry.ends_at is None or time.time() < entry.ends_at)
        try:
            matches = hasher().verify(
                entry.hash if entry is not None and usable else _dummy(), password[:LONGEST]
            )
        except (Argon2Error, InvalidHashError):
            return False
        return usable and matches


@cache
def hasher() -> PasswordHasher:
    """Return what hashes; raises UsageError where the library is missing."""
    try:
        from argon2 import PasswordHasher
    except ImportError:
        raise UsageError(
            N_("Passwords need the extra “web”, which is not installed: pip install “sla_tracker[web]”")
        ) from None
    return PasswordHasher()


# Cached: a login without a password then takes as long as one with a wrong password, not twice as long.
@cache
def _dummy() -> str:
    return hasher().hash(secrets.token_hex(16))
