"""Writes messages that are about no duty."""
