"""What a session of the service answers: plain pages, calls of programs, calendar feeds."""
