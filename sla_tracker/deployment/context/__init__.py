"""Makes the clock, acting person, texts and warnings that the use cases get."""
