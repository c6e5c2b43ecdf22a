"""Version of an agreement, as a duty keeps it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from sla_tracker.value_class import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreedVersion:
    """The version of an agreement by which a trigger opens duties.

    Duties keep it with their terms. `parts` are the names of the parts that it sets; `agreement` is its id.
    """

    agreement: str
    version: int
    agreed_at: datetime
    proposed_by: str
    accepted_by: str
    first_on: date
    last_on: date | None = None
    parts: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TriggerVersion:
    """What makes a trigger the agreed version of a declared one.

    `place` is that of the declared trigger among the declared ones; `target` is the agreed share on time, if any.
    """

    agreed: AgreedVersion
    place: int
    target: Decimal | None = None
