"""Dialogs that write or take over department checklists."""
