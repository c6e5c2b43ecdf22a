"""Base classes of the views."""
