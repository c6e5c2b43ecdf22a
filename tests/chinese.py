"""Whether what people read in Chinese is Chinese."""

import re

from sla_tracker import i18n
from sla_tracker.domain.text import Text
from sla_tracker.errors import SlaError

_CHINESE = re.compile("[\u4e00-\u9fff]")
_QUOTED = re.compile("“[^”]*”|\"[^\"]*\"|'[^']*'")
_THREE_WORDS = re.compile(r"[A-Za-z]+(?: [A-Za-z]+){2,}")


def left_in_english(*problems: SlaError | Text | str) -> list[str]:
    """Return what a Chinese reader is told in English: three words in a row that quote nothing, or all of it."""
    with i18n.speaking("zh"):
        sentences = [_sentence(problem) for problem in problems]
    return [
        sentence
        for sentence in sentences
        if not _CHINESE.search(sentence) or _THREE_WORDS.search(_QUOTED.sub("", sentence))
    ]


def _sentence(problem: SlaError | Text | str) -> str:
    if isinstance(problem, SlaError):
        return problem.sentence()
    return problem.zh if isinstance(problem, Text) else problem
