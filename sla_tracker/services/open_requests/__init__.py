"""Use cases of open requests: changed fields, papers, updates, and the clocks."""
