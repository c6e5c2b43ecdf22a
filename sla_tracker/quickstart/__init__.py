"""The quick ways: what the last opening of a deployment knew is kept in a disposable file, and answers at once.

`sla due` and completion are answered from it while day, settings and plugins are those of that opening; the terminal
shows its first rows from it, and opens the deployment behind them. Whenever anything does not fit, the long way is
taken, and the file is made anew on the way out (keeping.py).
"""
