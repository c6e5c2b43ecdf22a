"""Calls of other programs over HTTP: rights, addresses, each call done once."""
