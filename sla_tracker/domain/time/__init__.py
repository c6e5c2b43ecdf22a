"""Working calendars and instants."""
