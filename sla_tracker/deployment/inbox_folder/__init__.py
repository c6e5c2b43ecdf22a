"""Takes lists over from a folder: files, what becomes of them, and their erasure."""
