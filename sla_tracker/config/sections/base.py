"""Base class and text types shared by all sections of the settings."""

from __future__ import annotations

import re
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, WithJsonSchema

from sla_tracker.domain.clean import clean
from sla_tracker.domain.text import Text
from sla_tracker.domain.toml_reader import did_you_mean, texts_by_language
from sla_tracker.errors import N_, UsageError, Wrong

ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")
LONGEST_NAME = 200  # characters


class Section(BaseModel):
    """A table of the settings: nothing unknown passes, nothing is converted silently."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, defer_build=True)


def _zone(name: str) -> str:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        meant = did_you_mean(name, available_timezones()) or "Asia/Shanghai"
        raise Wrong(
            UsageError(
                N_("There is no time zone “{name}”. Did you mean {meant}?"), name=clean(name), meant=meant
            )
        ) from None
    return name


def plain_name(name: str) -> str:
    """Return a name without spaces around it.

    Raises Wrong for an empty or long name and for control characters.
    """
    if not name.strip() or len(name) > LONGEST_NAME or clean(name) != name:
        raise Wrong(
            UsageError(
                N_("Write 1 to {limit} visible characters, without control characters."), limit=LONGEST_NAME
            )
        )
    return name.strip()


def _id(id: str) -> str:
    if not ID.fullmatch(id):
        raise Wrong(
            UsageError(
                N_("“{id}” is no id; use a to z, 0 to 9 and -, beginning with a letter or digit."),
                id=clean(id),
            )
        )
    return id


Name = Annotated[str, AfterValidator(plain_name)]
ZoneName = Annotated[str, AfterValidator(_zone)]
Id = Annotated[str, AfterValidator(_id)]


class Words(Section):
    """A text in one or both languages."""

    zh: str = ""
    en: str = ""

    def text(self) -> Text:
        """Return the words as a Text that is safe to show."""
        return Text(clean(self.zh), clean(self.en))


Sentence = Annotated[
    Words,
    BeforeValidator(texts_by_language),
    WithJsonSchema(
        {
            "type": ["string", "object"],
            "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
            "additionalProperties": False,
        }
    ),
]
