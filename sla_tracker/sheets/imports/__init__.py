"""Reads the rows of a list from its cells: events, requests, finished duties."""
