"""Channels on which letters leave the house; each sends and says honestly what became of it."""
