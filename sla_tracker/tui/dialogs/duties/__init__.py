"""Dialogs that act on duties: deliver, judge, statements, several at once."""
