"""Agreements between departments: obligations, triggers, evidence fields."""
