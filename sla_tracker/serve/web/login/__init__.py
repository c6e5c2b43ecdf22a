"""Logins: whose a request is, passwords and what slows down who guesses them, sessions of browsers."""
