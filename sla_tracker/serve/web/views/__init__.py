"""Answers of a session to the web process: pages, calls, calendar feeds."""
