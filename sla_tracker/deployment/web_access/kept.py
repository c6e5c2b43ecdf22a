"""Keeps passwords and tokens of a deployment; of tokens only the hashes (SHA-256)."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sla_tracker.deployment.web_access.identities import Identities
from sla_tracker.deployment.web_access.passwords import Passwords
from sla_tracker.deployment.web_access.secret_file import SecretFile
from sla_tracker.services.web_access.tokens import API_PREFIX, Token, TokenKind

TOKENS_FILE = "tokens"
FEED_BYTES, API_BYTES = 16, 32


def hash_of(secret: str) -> str:
    """Return the hash under which a token is kept.

    A quick hash will do, because tokens are random.
    """
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


class KeptAccess:
    """WebAccess in files beside the settings."""

    def __init__(self, folder: Path) -> None:
        self.passwords = Passwords(folder)
        self.identities = Identities(folder)
        self._tokens = SecretFile(folder / TOKENS_FILE)

    def set_first_password(self, person: str) -> str:
        """Give a person a new password for one login, and return it."""
        return self.passwords.set_first(person)

    def remove_password(self, person: str) -> bool:
        """Take a person's password away; return whether there was one."""
        return self.passwords.remove(person)

    def forget_identity(self, person: str) -> bool:
        """Forget a person's account of the identity provider; return if there was one."""
        return self.identities.forget(person)

    def tokens(self) -> Sequence[Token]:
        """Return all tokens."""
        return [_token_of(key, facts) for key, facts in self._tokens.read().items()]

    def token_of(self, secret: str) -> Token | None:
        """Return the token of a secret, or None."""
        facts = self._tokens.read().get(hash_of(secret))
        return None if facts is None else _token_of(hash_of(secret), facts)

    def add_token(self, token: Token) -> str:
        """Keep a token with a new hash, and return its secret."""
        is_api = token.kind is TokenKind.API
        secret = (API_PREFIX if is_api else "") + secrets.token_urlsafe(API_BYTES if is_api else FEED_BYTES)
        kept = replace(token, hash=hash_of(secret))
        with self._tokens.changing() as entries:
            entries[kept.hash] = _facts_of(kept)
        return secret

    def end_token(self, token: Token) -> bool:
        """End a token; return whether it was there."""
        with self._tokens.changing() as entries:
            return entries.pop(token.hash, None) is not None


def _facts_of(token: Token) -> dict[str, Any]:
    return {
        "kind": token.kind.value,
        "made_at": token.made_at.isoformat(),
        "made_by": token.made_by,
        "person": token.person,
        "name": token.name,
        "department": token.department,
        "events": list(token.events),
        "may_ask": token.may_ask,
        "may_read": token.may_read,
        "until": token.until.isoformat() if token.until else None,
        "addresses": list(token.addresses),
    }


def _token_of(key: str, facts: dict[str, Any]) -> Token:
    until = facts.get("until")
    return Token(
        hash=key,
        kind=TokenKind(facts["kind"]),
        made_at=datetime.fromisoformat(facts["made_at"]),
        made_by=facts["made_by"],
        person=facts.get("person", ""),
        name=facts.get("name", ""),
        department=facts.get("department", ""),
        events=tuple(facts.get("events", ())),
        may_ask=bool(facts.get("may_ask")),
        may_read=bool(facts.get("may_read")),
        until=date.fromisoformat(until) if until else None,
        addresses=tuple(facts.get("addresses", ())),
    )
