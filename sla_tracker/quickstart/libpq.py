"""Asks a PostgreSQL server one question through libpq, without the driver.

Importing the driver costs a process more than twice what the rest of `sla due` does. libpq is the same library that the
driver uses, so that addresses, passwords, certificates and time limits are understood as everywhere else.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping
from ctypes import CDLL, POINTER, c_char_p, c_int, c_void_p
from pathlib import Path
from typing import NoReturn

from sla_tracker.quickstart.journal_tail import CacheInconclusive

BUNDLED = "psycopg_binary.libs"
"""The folder beside the driver's packages in which its binary edition keeps its own libpq."""
SYSTEM = "libpq.so.5"
CONNECTED, ROWS = 0, 2  # CONNECTION_OK, PGRES_TUPLES_OK
# An address that can be understood in one way only. Of another one, libpq might take part of a password for the name of
# a server, and ask for it: the deployment refuses that when it is opened.
PLAIN_ADDRESS = re.compile(
    r"postgres(ql)?://([\w.%~-]+(:[\w.%~!$&'()*+,;=-]*)?@)?[\w.,:%\[\]-]*(/[\w.%~-]*)?(\?[\w.,:%~=&/+-]*)?"
    r"|[a-z_]+=[\w.,:/-]*( [a-z_]+=[\w.,:/-]*)*",
    re.ASCII,
)
_FUNCTIONS = {
    "PQconnectdbParams": (c_void_p, [POINTER(c_char_p), POINTER(c_char_p), c_int]),
    "PQstatus": (c_int, [c_void_p]),
    "PQexec": (c_void_p, [c_void_p, c_char_p]),
    "PQresultStatus": (c_int, [c_void_p]),
    "PQntuples": (c_int, [c_void_p]),
    "PQnfields": (c_int, [c_void_p]),
    "PQgetisnull": (c_int, [c_void_p, c_int, c_int]),
    "PQgetvalue": (c_char_p, [c_void_p, c_int, c_int]),
    "PQclear": (None, [c_void_p]),
    "PQfinish": (None, [c_void_p]),
}

Row = tuple[str | None, ...]


def rows(address: str, usual: Mapping[str, str | int], question: str) -> list[Row]:
    """Return the rows of the last statement of a question to the server at an address.

    `usual` are parameters for what the address leaves out. Raises CacheInconclusive where there is no answer: opening
    the deployment says why.
    """
    if PLAIN_ADDRESS.fullmatch(address) is None:
        _give_up()
    library = _library()
    # libpq lets a later parameter overrule an earlier one, so that the address comes last.
    parameters = {**{name: str(value) for name, value in usual.items()}, "dbname": address}
    names, values = (
        (c_char_p * (len(parameters) + 1))(*(part.encode() for part in parts), None)
        for parts in (parameters.keys(), parameters.values())
    )
    connection = library.PQconnectdbParams(names, values, 1)
    try:
        if not connection or library.PQstatus(connection) != CONNECTED:
            _give_up()
        return _rows(library, library.PQexec(connection, question.encode()))
    finally:
        library.PQfinish(connection)


def _rows(library: CDLL, result: int | None) -> list[Row]:
    try:
        if library.PQresultStatus(result) != ROWS:
            _give_up()
        fields = range(library.PQnfields(result))
        return [
            tuple(
                None
                if library.PQgetisnull(result, row, field)
                else library.PQgetvalue(result, row, field).decode()
                for field in fields
            )
            for row in range(library.PQntuples(result))
        ]
    finally:
        library.PQclear(result)


def _library() -> CDLL:
    """Return libpq: the one that the driver brings along, else the system's."""
    if not sys.platform.startswith("linux"):
        _give_up()
    try:
        library = CDLL(_bundled() or SYSTEM)
        for name, (gives, takes) in _FUNCTIONS.items():
            function = getattr(library, name)
            function.restype, function.argtypes = gives, takes
    except (OSError, AttributeError):
        _give_up()
    return library


def _bundled() -> str:
    """Return the library of the driver's binary edition.

    It is searched where Python would import it from.
    """
    found = (file for folder in sys.path for file in Path(folder, BUNDLED).glob("libpq-*"))
    return str(next(found, ""))


def _give_up() -> NoReturn:
    raise CacheInconclusive
