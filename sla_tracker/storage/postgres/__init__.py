"""The store on a PostgreSQL server, for several machines."""

from sla_tracker.storage.postgres.setup import SetUp, apply_setup, setup_sql
from sla_tracker.storage.postgres.store import PostgresStore
from sla_tracker.storage.postgres.verify import DatabaseFinding, verify

__all__ = ["DatabaseFinding", "PostgresStore", "SetUp", "apply_setup", "setup_sql", "verify"]
