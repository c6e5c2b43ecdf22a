"""Review of month-end deliveries: a difference has to be explained.

The obligations themselves are declared in the checklist beside this module.
"""

from collections.abc import Mapping
from decimal import Decimal

from sla_tracker import Duty, Text, hookimpl

RECONCILED = frozenset({"close-bank-reconciliation", "close-trial-balance"})


@hookimpl
def sla_review_delivery(duty: Duty, evidence: Mapping[str, str]) -> tuple[Text, ...]:
    """Object to a difference other than zero without an explanation."""
    if duty.obligation not in RECONCILED:
        return ()
    difference = Decimal(evidence.get("difference", "0"))
    if not difference or evidence.get("explanation", "").strip():
        return ()
    return (
        Text(
            f"差额 {difference} 元没有说明；请填写“差额说明”。",
            f"The difference of {difference} yuan is not explained; fill in the explanation.",
        ),
    )
