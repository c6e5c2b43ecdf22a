"""Turns of obligations: which refer to which, and the duties they opened."""
