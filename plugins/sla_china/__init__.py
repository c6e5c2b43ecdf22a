"""China's working days, as a calendar plugin."""
