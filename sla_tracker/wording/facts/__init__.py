"""Facts of duties, events, requests, plugins and changes for all front ends.

There is one list of each.
"""
