"""A short text in both languages, for names that come from calendars and plugins."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """Hold one text in Chinese and in English; a language that is empty falls back to the other."""

    zh: str
    en: str

    def get(self, lang: str) -> str:
        """Return the words for `lang` (`zh`, `zh_CN`, …; else English), or the other's when empty."""
        wanted, other = (self.zh, self.en) if lang.lower().startswith("zh") else (self.en, self.zh)
        return wanted or other


NO_TEXT = Text(zh="", en="")
