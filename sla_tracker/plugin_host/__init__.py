"""Plugins: hooks, the host that loads and calls them, and TOML checklists."""
