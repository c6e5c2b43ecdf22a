"""Opens and reads regular files only, so that nothing in their place blocks.

Opening a pipe waits for its other end, a device may do anything, and a sparse file can claim any length.
"""

from __future__ import annotations

import errno
import os
import stat
from pathlib import Path

NOT_REGULAR = "Not a regular file"
IS_A_LINK = "Is a symbolic link"
TOO_LARGE = "File too large"
_AT_ONCE = (
    getattr(os, "O_NONBLOCK", 0)
    | getattr(os, "O_NOCTTY", 0)
    | getattr(os, "O_CLOEXEC", 0)
    | getattr(os, "O_BINARY", 0)
)


def open_regular(
    path: str | os.PathLike[str], flags: int = os.O_RDONLY, mode: int = 0o666, *, folder: int | None = None
) -> int:
    """Open a regular file and return its descriptor.

    Raises OSError at once for anything else.

    The descriptor is not inherited by child processes. With O_NOFOLLOW a symbolic link is refused by its name. `folder`
    is the descriptor of the folder that the path lies in.
    """
    try:
        descriptor = os.open(path, flags | _AT_ONCE, mode, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.ELOOP and (folder is not None or Path(path).is_symlink()):
            raise OSError(errno.ELOOP, IS_A_LINK, os.fspath(path)) from None
        if error.errno == errno.ENXIO:  # a pipe without a reader, or a socket
            raise OSError(errno.ENXIO, NOT_REGULAR, os.fspath(path)) from None
        raise
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, NOT_REGULAR, os.fspath(path))
    return descriptor


def read_regular(path: str | os.PathLike[str], largest: int) -> bytes:
    """Return the content of a regular file of at most so many bytes.

    Raises OSError for any other.
    """
    with os.fdopen(open_regular(path), "rb") as stream:
        content = stream.read(largest + 1)
    if len(content) > largest:
        raise OSError(errno.EFBIG, TOO_LARGE, os.fspath(path))
    return content
