"""Working calendars, working hours and instants."""
