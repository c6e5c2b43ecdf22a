"""The service of a host.

It owns the store, and the staff's `sla` talks to it over a Unix socket.
"""
