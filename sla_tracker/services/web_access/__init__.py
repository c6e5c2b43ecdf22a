"""Passwords of people and tokens of programs and calendars, for HTTP."""
