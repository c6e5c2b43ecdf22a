"""Kinds of stores, and the usual folder of an embedded one."""

from enum import StrEnum

USUAL_FOLDER = "store"


class StoreKind(StrEnum):
    """Which backend keeps the store."""

    TINYDB = "tinydb"
    MEMORY = "memory"
    POSTGRES = "postgres"
