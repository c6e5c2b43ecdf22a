"""Reads and checks the options of a channel."""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from sla_tracker.errors import N_, ConfigError
from sla_tracker.notify.secrets import Secret, read_secret
from sla_tracker.value_class import dataclass

LONGEST_WAIT = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Options:
    """Options of one channel.

    Each method raises ConfigError naming the channel and the key.
    """

    channel: str
    table: Mapping[str, object]
    environ: Mapping[str, str]

    def text(self, key: str, usual: str | None = None) -> str:
        """Return a text option; it is required when there is no default `usual`."""
        value = self.table.get(key, usual)
        if isinstance(value, str) and (value or usual is not None):
            return value
        raise ConfigError(N_("The channel {channel} needs {key}, a text."), channel=self.channel, key=key)

    def word(self, key: str, allowed: tuple[str, ...], usual: str) -> str:
        """Return an option that is one of the allowed words."""
        value = self.table.get(key, usual)
        if isinstance(value, str) and value in allowed:
            return value
        raise ConfigError(
            N_("The channel {channel}: {key} is one of {allowed}."),
            channel=self.channel,
            key=key,
            allowed=", ".join(allowed),
        )

    def flag(self, key: str) -> bool:
        """Return a true-or-false option, false by default."""
        value = self.table.get(key, False)
        if isinstance(value, bool):
            return value
        raise ConfigError(N_("The channel {channel}: {key} is true or false."), channel=self.channel, key=key)

    def number(self, key: str, usual: float, most: float) -> float:
        """Return a number above zero, at most `most`."""
        value = self.table.get(key, usual)
        if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= most:
            return float(value)
        raise ConfigError(
            N_("The channel {channel}: {key} is a number above 0, at most {most}."),
            channel=self.channel,
            key=key,
            most=f"{most:g}",
        )

    def seconds(self) -> float:
        """Return the timeout for one answer in seconds."""
        return self.number("timeout_seconds", 15.0, LONGEST_WAIT)

    def secret(self, key: str, *, needed: bool = False) -> Secret:
        """Return the secret that an option names as `env:NAME` or `file:/path`."""
        source = self.text(key) if needed else self.text(key, "")
        try:
            return read_secret(source, self.environ)
        except ConfigError as reason:
            raise ConfigError(
                N_("The channel {channel}, {key}: {reason}"), channel=self.channel, key=key, reason=reason
            ) from None

    def address(self, key: str) -> Secret:
        """Return a web address, as a secret: who knows a robot's can post as it."""
        secret = self.secret(key, needed=True)
        problem = address_problem(secret.reveal())
        if problem:
            raise ConfigError(problem, channel=self.channel, key=key)
        return secret

    def trust(self) -> ssl.SSLContext:
        """Return a TLS context with the system's certificates, or those of `ca_file`."""
        path = self.text("ca_file", "")
        try:
            return ssl.create_default_context(cafile=str(Path(path)) if path else None)
        except OSError as reason:
            raise ConfigError(
                N_("The channel {channel}: the certificates in {path} cannot be read: {reason}."),
                channel=self.channel,
                path=path,
                reason=reason,
            ) from None


def address_problem(address: str) -> str:
    """Return the message for the error of a web address, or an empty text."""
    try:
        parts = urlsplit(address)
        whole = parts.hostname and (parts.port is None or parts.port > 0)
    except ValueError:
        return N_("The channel {channel}: the address that {key} names is no web address.")
    if not whole or parts.scheme not in {"https", "http"} or not address.isascii() or " " in address:
        return N_("The channel {channel}: the address that {key} names is no web address.")
    if parts.scheme == "http" and parts.hostname not in {"localhost", "127.0.0.1", "::1"}:
        return N_("The channel {channel}: the address that {key} names must begin with https://.")
    return ""
