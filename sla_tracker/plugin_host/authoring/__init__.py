"""For those who write plugins: begin one, check it, see what it will open, see what a change of it changes."""
