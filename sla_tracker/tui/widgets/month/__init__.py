"""A month as a grid of days."""
