"""The command line: each use case is a command.

stdout is for data, stderr for narration.
"""
