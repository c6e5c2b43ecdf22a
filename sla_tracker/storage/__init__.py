"""Stores: the document codec, and the memory, TinyDB and PostgreSQL implementations of the store port."""
