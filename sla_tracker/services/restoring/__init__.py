"""Conditions on which an act is undone or done again."""
