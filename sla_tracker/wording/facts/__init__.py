"""Facts of duties, events, requests, plugins and changes: one list of each for all front ends."""
