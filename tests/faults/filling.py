"""Write until the disk is full, then go on when there is space again; run as a program: the limit is the process's own.

Prints how many commits stood before, how many were refused meanwhile, and how many stand in the end.
"""

import json
import resource
import sys
from pathlib import Path

from sla_tracker.storage.journal import NotApplied
from tests.storage.journal.stores import duty, opened, write


def fill(folder: Path, limit: int) -> dict[str, int]:
    """Let no file grow beyond `limit` bytes for a while."""
    journal = opened(folder)
    _, most = resource.getrlimit(resource.RLIMIT_FSIZE)
    sys.dont_write_bytecode = True  # half of what it compiles meanwhile would stay
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, most))
    before = refused = 0
    while refused < 5:
        try:
            before = write(journal, f"d{before}-{refused}", duty(before, text="x" * 200))
        except NotApplied:
            refused += 1
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
    return {"before": before, "refused": refused, "after": write(journal, "again", duty(0))}


if __name__ == "__main__":
    sys.stdout.write(json.dumps(fill(Path(sys.argv[1]), int(sys.argv[2]))))
