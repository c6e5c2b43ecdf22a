"""Widgets: they know rows and messages, not the desk."""
