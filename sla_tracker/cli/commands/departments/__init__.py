"""Commands between departments: events, requests, complaints, hand-overs, surveys, reminders."""
