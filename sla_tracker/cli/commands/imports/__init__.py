"""Commands that take lists over."""
