"""Lets departments be added from outside: hooks, the host that calls them, and checklists in TOML."""
