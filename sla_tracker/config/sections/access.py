"""`[access]`: who reads what."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field as Key

from sla_tracker.config.sections.base import Section
from sla_tracker.services.access import ReadingRule


class AccessSection(Section):
    """Whose duties and requests a person reads through the service.

    Users who can open the files read them all.
    """

    reading: Annotated[ReadingRule, Key(strict=False)] = ReadingRule.ALL
