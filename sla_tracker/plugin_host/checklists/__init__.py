"""Reads checklists, and finds the lines of what does not fit in them."""
