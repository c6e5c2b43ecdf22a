"""Widgets: they know rows and messages, but call no services."""
