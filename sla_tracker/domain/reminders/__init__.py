"""Rules of reminders: policies, recipients, allowed hours, batching."""
