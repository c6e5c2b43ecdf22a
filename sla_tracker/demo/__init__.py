"""Demonstration data: a simulated company whose acts all go through the services."""
