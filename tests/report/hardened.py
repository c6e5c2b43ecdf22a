"""Forbids a process what the service's unit forbids, where no systemd is at hand."""

from __future__ import annotations

import ctypes
import platform
import struct
import sys
from collections.abc import Iterator

# linux/prctl.h, linux/seccomp.h, linux/filter.h
NO_NEW_PRIVS, SECCOMP, FILTER = 38, 22, 2
LOAD, EQUAL, HAS_BITS, AND, RETURN = 0x20, 0x15, 0x45, 0x54, 0x06
ALLOWED, NOT_PERMITTED, UNKNOWN = 0x7FFF0000, 0x00050001, 0x00050026
NUMBER, ARGUMENTS = 0, 16  # where they stand in what a filter sees
# System calls of x86_64, and what counts in their arguments.
MMAP, MPROTECT, PKEY_MPROTECT, CLONE, UNSHARE, CLONE3 = 9, 10, 329, 56, 272, 435
WRITE_AND_RUN, RUN = 6, 4
NAMESPACES = 0x7E020000


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))


def can_forbid() -> bool:
    """Return whether the filter knows this system."""
    return sys.platform == "linux" and platform.machine() == "x86_64"


def forbid() -> None:
    """Forbid this process and its children new rights, memory that is written and run, and namespaces."""
    library = ctypes.CDLL(None, use_errno=True)
    assert library.prctl(NO_NEW_PRIVS, 1, 0, 0, 0) == 0
    lines = [struct.pack("HBBI", *line) for line in _lines()]
    kept = ctypes.create_string_buffer(b"".join(lines))
    program = _Program(len(lines), ctypes.addressof(kept))
    assert library.prctl(SECCOMP, FILTER, ctypes.byref(program), 0, 0) == 0, ctypes.get_errno()


def _lines() -> Iterator[tuple[int, int, int, int]]:
    yield LOAD, 0, 0, NUMBER
    yield EQUAL, 0, 5, MMAP
    yield LOAD, 0, 0, ARGUMENTS + 2 * 8
    yield AND, 0, 0, WRITE_AND_RUN
    yield EQUAL, 0, 1, WRITE_AND_RUN
    yield RETURN, 0, 0, NOT_PERMITTED
    yield LOAD, 0, 0, NUMBER
    for call, place, bits in (
        (MPROTECT, 2, RUN),
        (PKEY_MPROTECT, 2, RUN),
        (UNSHARE, 0, NAMESPACES),
        (CLONE, 0, NAMESPACES),
    ):
        yield EQUAL, 0, 4, call
        yield LOAD, 0, 0, ARGUMENTS + place * 8
        yield HAS_BITS, 0, 1, bits
        yield RETURN, 0, 0, NOT_PERMITTED
        yield LOAD, 0, 0, NUMBER
    yield EQUAL, 0, 1, CLONE3
    yield RETURN, 0, 0, UNKNOWN
    yield RETURN, 0, 0, ALLOWED
