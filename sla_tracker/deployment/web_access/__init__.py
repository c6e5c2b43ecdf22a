"""Keeps passwords and tokens in files beside the settings."""
