"""Turns of obligations: which ones refer to which, and the duties that they opened."""
