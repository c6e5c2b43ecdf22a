"""Planning, leasing and sending reminders."""
