"""Facts of duties, events, requests, plugins and changes, once for all front ends."""
