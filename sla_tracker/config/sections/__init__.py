"""Schemas of the sections of the settings, one module each."""
