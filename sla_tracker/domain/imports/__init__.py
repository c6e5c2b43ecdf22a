"""What was taken over from a list, and how its columns were read."""
