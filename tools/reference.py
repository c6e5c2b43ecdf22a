"""Writes docs/reference/ from the program: `make reference`.

tests/docs/test_reference.py fails while a page is outdated.
"""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from tools import commands, endings, keys, settings

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "reference"
PAGES: Mapping[str, Callable[[], str]] = {
    "commands.md": commands.page,
    "settings.md": settings.page,
    "keys.md": keys.page,
    "exit-codes.md": endings.page,
}


def main() -> int:
    """Write every page that changed and print its name."""
    for name, page in PAGES.items():
        path, text = FOLDER / name, page()
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")
            sys.stdout.write(f"{name}: written\n")
    return 0


if __name__ == "__main__":
    sys.exit(__doc__ if sys.argv[1:] else main())
