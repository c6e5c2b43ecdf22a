"""Dialogs that take a list over."""
