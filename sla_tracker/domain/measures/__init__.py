"""Service levels: scorecards, months, verdict times, causes, surveys."""
