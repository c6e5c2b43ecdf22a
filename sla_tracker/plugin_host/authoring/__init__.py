"""Tools for authors of plugins: new plugins, checklists, checks of a file."""
