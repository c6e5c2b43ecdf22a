"""What every connection to a PostgreSQL server is opened with; needs no driver."""

from __future__ import annotations

# Defaults for what the deployment's connection string leaves out: seconds, but `tcp_user_timeout` in milliseconds.
USUAL: dict[str, str | int] = {
    "connect_timeout": 5,
    "target_session_attrs": "read-write",
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
PLAIN_SESSION = "SET search_path = pg_catalog, pg_temp; SET timezone = 'UTC'; SET client_encoding = 'UTF8'"
"""What makes the answers of a session independent of the settings of server and login."""
