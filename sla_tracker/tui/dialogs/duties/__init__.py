"""Dialogs that act on duties: deliver, judge, state, bulk actions."""
