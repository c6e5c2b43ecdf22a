"""The service of a host.

It owns the store, and the staff's `sla` talks to it over a Unix socket.
"""

STATE_FOLDER = ".service"
"""The service's own folder inside the deployment: its lock, spool files, what belongs to single people."""
