"""The content of a file of the inbox for code that reads files of a caller."""

from __future__ import annotations

import io
from typing import BinaryIO

from sla_tracker.deployment.caller_files import LocalFiles


class FileContent(LocalFiles):
    """The one file that is being taken, as it was read, whatever is at its path now."""

    def __init__(self, content: bytes) -> None:
        self._content = content

    def read(self, path: str) -> BinaryIO:
        """Return the content."""
        return io.BytesIO(self._content)
