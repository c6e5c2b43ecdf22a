"""Keeps what plugin code does from harming the process that runs it."""
