"""Messages that the supervisor and the web process send to a generation."""

from typing import Final

MESSAGE_BYTES: Final = 65536  # of one message at most
RETIRE: Final = b"retire"
STOP: Final = b"stop"
FAILURE: Final = b"failure "
"""Followed by the sentence that says why no newer generation could start."""
SESSION: Final = b"session "
"""Followed by the process id and the user id of a caller, whose connection comes with it."""
QUESTION: Final = b"question"
"""Comes with a connection on which the web process asks."""
TERMINAL: Final = b"terminal "
"""Followed by the person to whom the web process shows a terminal, over the connection that comes with it."""
