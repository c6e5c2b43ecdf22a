"""Stores of documents in memory, over TinyDB and on PostgreSQL, and their codec."""
