"""Files with the holidays and make-up days of a year: iCalendar, TOML, CSV."""
