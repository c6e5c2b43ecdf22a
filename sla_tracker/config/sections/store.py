"""`[store]`: kind and location of the store."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field as Key

from sla_tracker.config.sections.base import Section
from sla_tracker.config.store_kind import USUAL_FOLDER, StoreKind


class StoreSection(Section):
    """`[store]`: a folder, memory in a trial, or a database on PostgreSQL.

    `url_from` names the environment variable that holds the database's address: an address carries a password, and a
    file of settings is no place for one. `syslog` is the socket of the system's log, such as /dev/log, to which number
    and hash of the last change go once a day for each login and after each verification; empty for none.
    """

    kind: Annotated[StoreKind, Key(strict=False)] = StoreKind.TINYDB
    folder: str = USUAL_FOLDER
    url_from: str = "SLA_DATABASE_URL"
    syslog: str = ""
