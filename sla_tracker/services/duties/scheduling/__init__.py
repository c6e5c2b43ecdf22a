"""Applies what time brings, in transactions of a few values."""
