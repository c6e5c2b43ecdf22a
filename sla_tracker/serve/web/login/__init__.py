"""Logins: passwords and their delays, sessions of browsers, and their pages."""
