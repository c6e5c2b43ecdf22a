"""Files and printer of the login that runs this process."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sla_tracker.durable_files import replace_durably
from sla_tracker.services.ports import PRINTER

# Longest wait for the printer command.
PRINTER_SECONDS = 20
PRIVATE = 0o600


class LocalFiles:
    """CallerFiles of a process that the caller runs."""

    def read(self, path: str) -> BinaryIO:
        """Open a file for reading."""
        return Path(path).open("rb")

    def write(self, path: str, content: bytes, *, replace: bool = False) -> str:
        """Write a new file; removes it again when it cannot be written completely."""
        file = Path(path).expanduser().absolute()
        # A folder is refused as one: "xb" would say that it is there already, and ask whether to write over it.
        with file.open("wb" if replace or file.is_dir() else "xb") as stream:
            try:
                stream.write(content)
                stream.flush()
            except OSError:
                if not replace:
                    file.unlink()
                raise
        return str(file)

    @contextmanager
    def new_file(self, path: str) -> Iterator[BinaryIO]:
        """Yield a new private file under another name, and rename it when it is on disk."""
        target = Path(path)
        # A name of its own: a file of that name may be somebody else's, or a killed process left it.
        part = target.with_name(f"{target.name}.{os.urandom(4).hex()}.part")
        if os.path.lexists(target):
            raise FileExistsError(path)
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
            with os.fdopen(descriptor, "wb") as stream:
                yield stream
            replace_durably(part, target)
        finally:
            part.unlink(missing_ok=True)

    def print_text(self, content: bytes) -> tuple[int, str]:
        """Send a text to the printer command."""
        import shutil
        import subprocess

        try:
            done = subprocess.run(
                [shutil.which(PRINTER) or PRINTER],
                input=content,
                capture_output=True,
                timeout=PRINTER_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired as error:
            raise OSError(str(error)) from error
        return done.returncode, os.fsdecode(done.stderr or done.stdout)
