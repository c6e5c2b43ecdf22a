"""Channels that send messages; each reports the outcome: sent, failed or unknown."""
