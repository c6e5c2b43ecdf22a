"""Calls of other programs over HTTP: rights, addresses, and doing each of them once."""
