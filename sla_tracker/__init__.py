"""Keeps what departments owe each other: opened on time, delivered, accepted, counted."""
