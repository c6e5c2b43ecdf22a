"""The files of a journal: paths, lock, segments, snapshots, archives."""
