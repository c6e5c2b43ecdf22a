"""Calls of other programs: who may, what they are, and that each is done once."""
