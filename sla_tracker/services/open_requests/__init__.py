"""Use cases of requests that are open: changed fields, papers, updates; and their clocks."""
