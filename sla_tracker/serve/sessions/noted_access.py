"""Logs whose passwords, accounts and tokens a session changes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sla_tracker.config.deployment import SERVICE_FOLDER
from sla_tracker.deployment.web_access.kept import KeptAccess
from sla_tracker.serve import notices
from sla_tracker.services.web_access.tokens import Token


class NotedAccess(KeptAccess):
    """KeptAccess of a session, which notes its changes in the log.

    `report` adds facts to the session's line there, which says who called.
    """

    def __init__(self, folder: Path, report: Callable[..., None]) -> None:
        super().__init__(folder)
        self._report = report
        self._state_folder = folder / SERVICE_FOLDER

    def set_first_password(self, person: str) -> str:
        """Give a person a new password for one login, and return it."""
        made = super().set_first_password(person)
        self._report(act="password given", whose=person)
        return made

    def remove_password(self, person: str) -> bool:
        """Take a person's password away; return whether there was one."""
        return self._noted("password taken away", person, was_there=super().remove_password(person))

    def forget_identity(self, person: str) -> bool:
        """Forget a person's account of the identity provider; return if there was one."""
        notices.withdraw(self._state_folder, notices.about_account(person))
        return self._noted("account forgotten", person, was_there=super().forget_identity(person))

    def add_token(self, token: Token) -> str:
        """Keep a token with a new hash, and return its secret."""
        secret = super().add_token(token)
        self._report(act=f"{token.kind} token added", whose=token.name or token.person)
        return secret

    def end_token(self, token: Token) -> bool:
        """End a token; return whether it was there."""
        whose = token.name or token.person
        return self._noted(f"{token.kind} token ended", whose, was_there=super().end_token(token))

    def _noted(self, act: str, whose: str, *, was_there: bool) -> bool:
        if was_there:
            self._report(act=act, whose=whose)
        return was_there
