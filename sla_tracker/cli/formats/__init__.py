"""How rows become lines, tables and JSON documents on the command line."""
