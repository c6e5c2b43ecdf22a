"""The way of keys: the terminal's bytes, and the queue that keeps their order."""
