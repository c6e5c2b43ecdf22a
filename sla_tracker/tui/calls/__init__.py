"""Calls that screens ask the gateway to run, and the messages with their outcomes."""
