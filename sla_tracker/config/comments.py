"""Takes the comments out of TOML that may not be readable as such."""

import re

# A text in quotes is matched first, so that a number sign inside one begins no comment.
_TEXT_OR_COMMENT = re.compile(r"""("(?:\\.|[^"\\\n])*"|'[^'\n]*')|#[^\n]*""")


def without_comments(text: str) -> str:
    """Return the text of a settings file without its comments; lines stay lines."""
    return _TEXT_OR_COMMENT.sub(lambda found: found[1] or "", text)
