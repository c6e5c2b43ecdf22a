"""Agreements between departments: proposing, deciding, and what they change."""
