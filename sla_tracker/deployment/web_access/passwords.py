"""Keeps people's passwords as argon2id hashes (RFC 9106)."""

from __future__ import annotations

import secrets
import string
import time
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sla_tracker.deployment.web_access.secret_file import SecretFile
from sla_tracker.errors import N_, UsageError
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from argon2 import PasswordHasher

FILE_NAME = "passwords"
SHORTEST, LONGEST = 12, 200  # characters
# Without letters and digits that look alike.
_ALPHABET = "".join(sorted(set(string.ascii_lowercase + string.digits) - set("0o1li")))


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One person's password. `mark` changes with every new one; a first one is good for one login."""

    hash: str
    is_first: bool
    is_used: bool
    mark: str


class Passwords:
    """The passwords of a deployment."""

    def __init__(self, folder: Path) -> None:
        self._file = SecretFile(folder / FILE_NAME)

    def entry(self, person: str) -> Entry | None:
        """Return a person's entry, or None."""
        found = self._file.read().get(person)
        if found is None:
            return None
        return Entry(
            hash=str(found["hash"]),
            is_first=bool(found.get("first")),
            is_used=bool(found.get("used")),
            mark=str(found.get("mark", "")),
        )

    def people(self) -> list[str]:
        """Return the ids of the people who have a password."""
        return sorted(self._file.read())

    def set_first(self, person: str) -> str:
        """Give a person a new password for one login, and return it."""
        made = "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))
        self._keep(person, made, is_first=True)
        return made

    def change(self, person: str, password: str, *, first: str = "") -> bool:
        """Set a person's own password; raises UsageError for one that is too short or too long.

        `first` is the mark of the unused first password that it replaces; False where another login was quicker.
        """
        if not SHORTEST <= len(password) <= LONGEST:
            raise UsageError(
                N_("A password has {shortest} to {longest} characters."), shortest=SHORTEST, longest=LONGEST
            )
        return self._keep(person, password, is_first=False, replaces=first)

    def _keep(self, person: str, password: str, *, is_first: bool, replaces: str = "") -> bool:
        hashed = hasher().hash(password)
        with self._file.changing() as entries:
            if replaces and not _is_unused(entries.get(person), replaces):
                return False
            entries[person] = {
                "hash": hashed,
                "first": is_first,
                "mark": secrets.token_hex(8),
                "set_at": int(time.time()),
            }
        return True

    def use_first(self, person: str, mark: str) -> bool:
        """Note that a first password was used; False where another login was quicker."""
        with self._file.changing() as entries:
            found = entries.get(person)
            if found is None or not _is_unused(found, mark):
                return False
            found["used"] = True
            return True

    def remove(self, person: str) -> bool:
        """Take a person's password away; return whether there was one."""
        with self._file.changing() as entries:
            return entries.pop(person, None) is not None

    def is_right(self, entry: Entry | None, password: str) -> bool:
        """Return whether a password is a person's. It costs the same time where there is none."""
        from argon2.exceptions import Argon2Error, InvalidHashError

        usable = entry is not None and not (entry.is_first and entry.is_used)
        try:
            matches = hasher().verify(
                entry.hash if entry is not None and usable else _dummy(), password[:LONGEST]
            )
        except (Argon2Error, InvalidHashError):
            return False
        return usable and matches


def _is_unused(found: Mapping[str, Any] | None, mark: str) -> bool:
    return found is not None and not found.get("used") and found.get("mark") == mark


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


@cache
def _dummy() -> str:
    return hasher().hash(secrets.token_hex(16))
