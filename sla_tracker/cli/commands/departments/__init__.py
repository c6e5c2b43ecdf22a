"""Commands between departments.

They concern events, requests, complaints, hand-overs, surveys and reminders.
"""
