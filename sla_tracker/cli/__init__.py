"""The command line: each use case is a command.

Data goes to stdout, everything else to stderr.
"""
