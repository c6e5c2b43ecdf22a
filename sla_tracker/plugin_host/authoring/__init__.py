"""Tools for authors of plugins: scaffold a plugin, write a checklist, check a plugin file."""
