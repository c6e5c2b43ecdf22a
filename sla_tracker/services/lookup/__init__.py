"""Finds stored values by id or reference, also in archives of closed months."""
