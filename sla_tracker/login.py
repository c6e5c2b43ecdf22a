"""Who sits at this machine, as far as its operating system vouches for it."""

from __future__ import annotations

import os


def login_name() -> str:
    """Return the login that the operating system vouches for; environment variables count only where there is none."""
    try:
        import pwd
    except ImportError:
        from getpass import getuser

        return getuser()
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
