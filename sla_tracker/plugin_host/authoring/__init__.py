"""Tools for authors of plugins.

They scaffold a plugin, write a checklist, and check a plugin file.
"""
