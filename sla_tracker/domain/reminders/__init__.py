"""Rules for reminders: policies, recipients, allowed hours, batching."""
