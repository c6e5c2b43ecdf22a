"""What departments owe each other: obligations, triggers, evidence fields."""
