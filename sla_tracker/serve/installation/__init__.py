"""Writes the program that staff type, as one file on the standard library."""
