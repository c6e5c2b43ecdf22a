"""A throw-away company with a year behind it: everything goes over the desk, as people would have done it."""
