"""SHA-256 without OpenSSL, where Python has a hash of its own.

OpenSSL takes as long to load as fifteen modules of this program.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["sha256"]

if TYPE_CHECKING:
    from hashlib import sha256
else:
    try:
        from _sha2 import sha256  # as the standard library's `random` has it
    except ImportError:
        try:
            from _sha256 import sha256  # Python 3.11
        except ImportError:
            from hashlib import sha256
