"""Writers that compete for one journal; run as a program.

`race FOLDER COUNT` reads, decides and writes COUNT times and prints, for each commit, when it was done.
"""

import json
import os
import sys
import time
from pathlib import Path

from tests.storage.journal.stores import duty, opened, signed


def race(folder: Path, count: int) -> list[float]:
    """Add one to a shared number, over and over; a lost update would leave it too small."""
    journal = opened(folder)
    done = []
    (folder.parent / f"ready-{os.getpid()}").touch()
    while not (folder.parent / "go").exists():
        time.sleep(0.001)
    for _ in range(count):
        with journal.transaction(**signed("add")) as transaction:
            document = transaction.get("duty", "shared")
            number = json.loads(document)["number"] if document is not None else 0
            transaction.put("duty", "shared", duty(number + 1))
        done.append(time.monotonic())
    journal.close()
    return done


if __name__ == "__main__":
    sys.stdout.write(json.dumps(race(Path(sys.argv[1]), int(sys.argv[2]))))
