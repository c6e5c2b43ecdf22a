"""Finds stored values by an id or a reference, also in the archives of closed months."""
