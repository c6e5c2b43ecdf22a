"""Answers of a session to the web process: plain pages, calls of programs, calendar feeds."""
