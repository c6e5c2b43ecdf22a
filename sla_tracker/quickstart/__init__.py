"""Answers `sla due` and completion, and draws the first screen, from a cache.

The deployment is not opened for that. Closing a deployment writes the cache file (cache_writer.py). `sla due` and
completion are answered from it while day, settings and plugins are unchanged; the terminal shows its first rows from it
and opens the deployment meanwhile. Otherwise the deployment is opened as usual, and the file is written again on
closing.
"""
