"""Makes what the use cases get from this machine: the clock, the acting person, texts, warnings."""
