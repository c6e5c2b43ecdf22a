"""Reads and writes the files of a journal: lock, segments, snapshot, archives."""
