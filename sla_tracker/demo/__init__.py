"""A throw-away company with a past: everything goes over the desk, as people would have done it."""
