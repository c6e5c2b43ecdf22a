"""Text in Chinese and English, for names from calendars and plugins."""

from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """A text in Chinese and English; an empty language falls back to the other."""

    zh: str
    en: str

    def get(self, lang: str) -> str:
        """Return the text in `lang`, or the other one when it is empty.

        `zh`, `zh_CN`, … give the Chinese text, all others the English one.
        """
        wanted, other = (self.zh, self.en) if lang.lower().startswith("zh") else (self.en, self.zh)
        return wanted or other


NO_TEXT = Text(zh="", en="")
