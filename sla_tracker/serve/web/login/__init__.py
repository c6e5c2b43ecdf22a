"""Logins: passwords and their delays, sessions of browsers, and the pages for both."""
