"""Keeps which account of the identity provider is whose, from its first login on."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path

from sla_tracker.deployment.web_access.secret_file import SecretFile

FILE_NAME = "identities"


class Settled(StrEnum):
    """Whether an account is the person's."""

    SAME = "same"
    OTHER_PERSON = "other person"
    OTHER_ACCOUNT = "other account"


class Identities:
    """The accounts of a deployment's people.

    An account is the provider's address and its lasting number (`sub`).
    """

    def __init__(self, folder: Path) -> None:
        self._file = SecretFile(folder / FILE_NAME)

    def person_of(self, account: str) -> str:
        """Return the id of the person whose account it is, empty for nobody."""
        return str(self._file.read().get(account, {}).get("person", ""))

    def settle(self, account: str, person: str) -> Settled:
        """Return whether an account is a person's; the first one that logs in is kept.

        A name at the provider can be given to somebody else later; the account behind it cannot.
        """
        if self.person_of(account) == person:
            return Settled.SAME
        issuer = account.partition(" ")[0]
        with self._file.changing() as entries:
            known = entries.get(account)
            if known is not None:
                return Settled.SAME if known.get("person") == person else Settled.OTHER_PERSON
            for other, facts in entries.items():
                if facts.get("person") == person and other.partition(" ")[0] == issuer:
                    return Settled.OTHER_ACCOUNT
            entries[account] = {"person": person, "since": int(time.time())}
        return Settled.SAME

    def forget(self, person: str) -> bool:
        """Forget the accounts of a person; return whether there was one."""
        with self._file.changing() as entries:
            found = [account for account, facts in entries.items() if facts.get("person") == person]
            for account in found:
                del entries[account]
        return bool(found)
