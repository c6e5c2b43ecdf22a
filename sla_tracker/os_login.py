"""Who sits at this machine, and who shares files with whom, as far as its operating system vouches for it."""

from __future__ import annotations

import os


def login_name() -> str:
    """Return the login that the operating system vouches for; environment variables count only where there is none."""
    if not hasattr(os, "getuid"):
        from getpass import getuser

        return getuser()
    return login_of(os.getuid())


def login_of(uid: int) -> str:
    """Return the login of a user's number, or the number where there is none."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def is_private_group(gid: int, uid: int) -> bool:
    """Say whether a group is a user's own, with nobody else in it, as many systems set it up."""
    import grp

    try:
        group = grp.getgrgid(gid)
    except KeyError:
        return False
    owner = login_of(uid)
    return group.gr_name == owner and set(group.gr_mem) <= {owner}
