"""Reads the current login and private user groups from the operating system."""

from __future__ import annotations

import os

BY_NUMBER = "uid:"
"""Begins a login in the settings that is written as a number."""


def login_name() -> str:
    """Return the login of this process's user.

    It is taken from the user id where there is one (POSIX), because environment variables can be forged, and from these
    elsewhere.
    """
    if not hasattr(os, "getuid"):
        from getpass import getuser

        return getuser()
    return login_of(os.getuid())


def process_login(way: str = "unix") -> str:
    """Return who runs this process, as it is written in each commit.

    An example is `unix:1001:wangfang`: the way, the user id, the login. The id is empty where there is none.
    """
    uid = str(os.getuid()) if hasattr(os, "getuid") else ""
    return f"{way}:{uid}:{login_name()}"


def login_of(uid: int) -> str:
    """Return the login of a user id, or the id itself when it has none."""
    import pwd

    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def uid_of(login: str) -> int | None:
    """Return the user id of a login, or of a number written as text.

    None when there is no such login.
    """
    import pwd

    try:
        return pwd.getpwnam(login).pw_uid
    except KeyError:
        return int(login) if login.isascii() and login.isdigit() else None


def is_private_group(gid: int, uid: int) -> bool:
    """Tell whether a group has the user's name and no other member.

    Such a group is called a user private group.
    """
    import grp

    try:
        group = grp.getgrgid(gid)
    except KeyError:
        return False
    owner = login_of(uid)
    return group.gr_name == owner and set(group.gr_mem) <= {owner}
