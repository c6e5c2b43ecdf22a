"""The store for several machines, on a PostgreSQL server."""

from sla_tracker.storage.postgres.setup import apply_setup, setup_sql
from sla_tracker.storage.postgres.store import PostgresStore
from sla_tracker.storage.postgres.verify import Finding, verify

__all__ = ["Finding", "PostgresStore", "apply_setup", "setup_sql", "verify"]
