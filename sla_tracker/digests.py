"""Computes SHA-256, by Python's own hash until much is hashed.

OpenSSL takes as long to load as fifteen modules of this program, and hashes three times as fast.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["load_openssl", "sha256"]

if TYPE_CHECKING:
    from hashlib import _Hash
    from hashlib import sha256 as _plain
else:
    try:
        from _sha2 import sha256 as _plain  # as the standard library's `random` has it
    except ImportError:
        try:
            from _sha256 import sha256 as _plain  # Python 3.11
        except ImportError:
            from hashlib import sha256 as _plain

BYTES_UNTIL_LOADED = 1_500_000
"""Bytes after which loading OpenSSL, 3 to 10 ms, has paid: each takes 5 ns longer without."""
BYTES_OF_A_CALL = 400
"""Bytes whose hash takes as much longer without OpenSSL as a call does."""
_make, _left = _plain, BYTES_UNTIL_LOADED


def sha256(content: bytes = b"") -> _Hash:
    """Return a hash object of these bytes."""
    global _left  # noqa: PLW0603 - a process loads it once
    if _left > 0:
        _left -= len(content) + BYTES_OF_A_CALL
        if _left <= 0:
            load_openssl()
    return _make(content)


def load_openssl() -> None:
    """Hash by OpenSSL from now on, as a process does that lives long."""
    global _make, _left
    import hashlib

    _make, _left = hashlib.sha256, 0
