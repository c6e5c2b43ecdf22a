"""The service of a host, which owns the store.

The staff's `sla` talks to it over a Unix socket.
"""
