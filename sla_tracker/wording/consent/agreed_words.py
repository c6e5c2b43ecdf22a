"""Says in words by which agreement a duty goes.

The module stands apart, because a duty's card needs no words for rules.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime, tzinfo
from typing import TYPE_CHECKING

from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import bracketed
from sla_tracker.wording.duties import person_word

if TYPE_CHECKING:
    from sla_tracker.domain.consent.agreed_version import AgreedVersion
    from sla_tracker.domain.people import Person


def format_consent(
    at: datetime, by: tuple[str, str], number: int, people: Mapping[str, Person], zone: tzinfo
) -> str:
    """Return who agreed terms, when, and in which version."""
    one, other = (person_word(people, id) for id in by)
    return _(
        "agreed on {day} by {one} and {other}, version {n}",
        day=f"{at.astimezone(zone):%Y-%m-%d}",
        one=one,
        other=other,
        n=number,
    )


def format_agreed(version: AgreedVersion, people: Mapping[str, Person], zone: tzinfo) -> str:
    """Return who agreed the terms of a duty, when, and in which version."""
    by = (version.proposed_by, version.accepted_by)
    return format_consent(version.agreed_at, by, version.version, people, zone)


def format_kept(version: AgreedVersion, due_on: date, people: Mapping[str, Person], zone: tzinfo) -> str:
    """Return who agreed a duty's terms, and whether they had expired by its day."""
    said = format_agreed(version, people, zone)
    if version.last_on is not None and version.last_on < due_on:
        return bracketed(said, _("expired on {day}", day=f"{version.last_on}"))
    return said
