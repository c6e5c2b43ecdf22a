"""Calls that screens have the gateway run, and the messages with their outcomes."""
