"""Loads certificate and key for TLS, and names what is wrong with them."""

from __future__ import annotations

import ssl
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from sla_tracker.errors import N_, ConfigError, SlaError
from sla_tracker.regular_files import read_regular
from sla_tracker.value_class import dataclass

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

LARGEST = 1 << 20  # bytes
SOON = timedelta(days=14)
OPEN_TO_OTHERS = stat.S_IWGRP | stat.S_IRWXO


@dataclass(frozen=True, slots=True, kw_only=True)
class CertificateFacts:
    """For which hosts a certificate is, and in which time."""

    names: tuple[str, ...]
    since: datetime
    until: datetime

    def is_for(self, host: str) -> bool:
        """Return whether a browser takes it for a host's certificate.

        By RFC 9525 a star stands for the first label.
        """
        _first, _dot, rest = host.lower().partition(".")
        return any(name in {host.lower(), f"*.{rest}" if rest else host.lower()} for name in self.names)


def tls_context(certificate: str, key: str) -> ssl.SSLContext:
    """Return what serves TLS with a certificate and its key; raises ConfigError."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    load_pair(context, certificate, key)
    return context


def load_pair(context: ssl.SSLContext, certificate: str, key: str) -> None:
    """Let connections from now on have a certificate and its key.

    Raises ConfigError, and then nothing changes.
    """
    _must_be_closed(Path(key))
    _read(Path(certificate))
    # First into another one: OpenSSL drops the old key at the sight of a certificate that does not go with it.
    for one in (ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), context):
        try:
            one.load_cert_chain(certificate, key, password=_no_passphrase)
        except (ssl.SSLError, ValueError) as problem:
            raise ConfigError(
                N_("The certificate {certificate} and the key {key} cannot be used together ({reason})."),
                certificate=certificate,
                key=key,
                reason=getattr(problem, "reason", None) or problem,
            ) from problem
        except OSError as problem:
            raise _unread(Path(key), problem) from problem


def _no_passphrase() -> NoReturn:
    raise ValueError("a passphrase protects the key, and nobody is there to type it")


def _must_be_closed(key: Path) -> None:
    """Raise ConfigError for a key that others can read, or change."""
    try:
        status = key.stat()
    except OSError as problem:
        raise _unread(key, problem) from problem
    if status.st_mode & OPEN_TO_OTHERS:
        raise ConfigError(
            N_("Others can read or change the key {file}. Take that right away: chmod g-w,o-rwx {file}"),
            file=key,
        )


def _read(file: Path) -> bytes:
    try:
        return read_regular(file, LARGEST)
    except OSError as problem:
        raise _unread(file, problem) from problem


def _unread(file: Path, problem: OSError) -> ConfigError:
    return ConfigError(N_("{file} cannot be read: {reason}"), file=file, reason=problem)


def facts_of(certificate: str) -> CertificateFacts | None:
    """Return the facts of a certificate; None where the extra is missing.

    Raises ConfigError.
    """
    try:
        from cryptography import x509
    except ImportError:
        return None
    try:
        first = x509.load_pem_x509_certificate(_read(Path(certificate)))
        names = tuple(_names_of(first))
    except ValueError as problem:
        raise ConfigError(N_("{file} is no certificate."), file=certificate) from problem
    return CertificateFacts(names=names, since=first.not_valid_before_utc, until=first.not_valid_after_utc)


def _names_of(certificate: Certificate) -> Iterator[str]:
    from cryptography import x509

    try:
        found = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    yield from (name.lower() for name in found.get_values_for_type(x509.DNSName))
    yield from (str(address) for address in found.get_values_for_type(x509.IPAddress))


def certificate_problems(certificate: str, host: str, now: datetime) -> Iterator[SlaError]:
    """Yield why browsers do not take a certificate for a host's, or soon will not.

    Raises ConfigError.
    """
    facts = facts_of(certificate)
    if facts is None:
        return
    day = facts.until.astimezone(now.tzinfo).date()
    if not facts.since <= now.astimezone(UTC) < facts.until:
        yield ConfigError(
            N_("The certificate {file} holds from {since} to {until}, and not now."),
            file=certificate,
            since=facts.since.astimezone(now.tzinfo).date(),
            until=day,
        )
    elif facts.until - now.astimezone(UTC) < SOON:
        yield ConfigError(
            N_("The certificate {file} ends on {until}; renew it."), file=certificate, until=day
        )
    if not facts.is_for(host):
        yield ConfigError(
            N_("The certificate {file} is for {names} and not for {host}, which people type."),
            file=certificate,
            names=", ".join(facts.names[:5]) or "—",
            host=host,
        )
