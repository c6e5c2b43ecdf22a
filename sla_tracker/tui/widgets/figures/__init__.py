"""Widgets of view 3: the matrix of who owes whom, and the figures of one cell."""
