"""Screens: the views that the digits open."""
