"""Certificates of the tests' own, with their keys."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import cache
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)


@cache
def _key(number: int) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def write_pair(
    folder: Path,
    *hosts: str,
    number: int = 1,
    days: tuple[float, float] = (-1, 365),
    passphrase: bytes = b"",
    now: datetime | None = None,
) -> tuple[str, str]:
    """Write a certificate for hosts and its key; return their files."""
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, f"number {number}")])
    at = now or datetime.now(UTC)
    names = [
        x509.IPAddress(ip_address(one)) if one[0].isdigit() else x509.DNSName(one)
        for one in hosts or ("localhost",)
    ]
    made = (
        x509.CertificateBuilder(name, name, _key(number).public_key(), x509.random_serial_number())
        .not_valid_before(at + timedelta(days=days[0]))
        .not_valid_after(at + timedelta(days=days[1]))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(_key(number), hashes.SHA256())
    )
    kept: KeySerializationEncryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    certificate, key = folder / "web.pem", folder / "web.key"
    certificate.write_bytes(made.public_bytes(Encoding.PEM))
    key.unlink(missing_ok=True)
    key.touch(mode=0o600)
    key.write_bytes(_key(number).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, kept))
    return str(certificate), str(key)
