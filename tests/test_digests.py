"""Digests are the same by Python's own hash and by OpenSSL, which is loaded once much was hashed."""

from __future__ import annotations

import hashlib
import subprocess
import sys

from sla_tracker import digests

LOADED = """
import sys
from sla_tracker.digests import BYTES_OF_A_CALL, BYTES_UNTIL_LOADED, sha256
content = b"x" * 10_000
before = sha256(content).hexdigest()
print("_hashlib" in sys.modules)
for _ in range(BYTES_UNTIL_LOADED // (len(content) + BYTES_OF_A_CALL) + 1):
    assert sha256(content).hexdigest() == before
print("_hashlib" in sys.modules)
"""


def test_openssl_is_loaded_once_it_has_paid() -> None:
    said = subprocess.run([sys.executable, "-c", LOADED], capture_output=True, text=True, check=True).stdout
    assert said.split() == ["False", "True"]


def test_both_make_the_same_digests() -> None:
    for content in (b"", b"a", "装饰单".encode() * 1000):
        assert digests.sha256(content).digest() == hashlib.sha256(content).digest()
        grown = digests.sha256()
        grown.update(content)
        assert grown.digest() == hashlib.sha256(content).digest()
