"""`[targets]`: the share of duties to be on time, by default and per obligation."""

from __future__ import annotations

from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator
from pydantic import Field as Key

from sla_tracker.config.sections.base import Id, Section
from sla_tracker.errors import N_, UsageError, Wrong


def _share(target: Decimal) -> Decimal:
    if not (target.is_finite() and 0 <= target <= 1):
        raise Wrong(UsageError(N_("Give a share of duties on time from 0 to 1, such as 0.95.")))
    return target


Share = Annotated[Decimal, Key(strict=False), AfterValidator(_share)]


class TargetSection(Section):
    """The share of duties to be on time: `usual`, and for single obligations."""

    usual: Share = Decimal("0.95")
    obligations: dict[Id, Share] = Key(default_factory=dict)
