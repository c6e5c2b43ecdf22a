"""Plugins: hooks, the host that loads them and calls their hooks, and TOML checklists."""
