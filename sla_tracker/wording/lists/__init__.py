"""Lists of several kinds as they are written into files."""
