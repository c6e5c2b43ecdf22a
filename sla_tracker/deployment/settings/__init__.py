"""Loads settings and plugins together, and remembers what was last good of both."""
