"""Stores of documents.

The document codec, and the store port in memory, over TinyDB and on PostgreSQL.
"""
