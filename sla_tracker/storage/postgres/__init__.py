"""The store for several machines, on a PostgreSQL server."""

from sla_tracker.storage.postgres.setup import apply_setup, setup_sql
from sla_tracker.storage.postgres.store import PostgresStore
from sla_tracker.storage.postgres.verify import DatabaseFinding, verify

__all__ = ["DatabaseFinding", "PostgresStore", "apply_setup", "setup_sql", "verify"]
