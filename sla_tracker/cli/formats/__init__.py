"""Formats rows as lines, tables and JSON documents of the command line."""
