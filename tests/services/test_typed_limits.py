"""Limits typed in a proposal: what is too large, or no limit at all, is refused in a sentence."""

from __future__ import annotations

import pytest

from sla_tracker.domain.agreements.obligation import TriggerKind
from sla_tracker.errors import UsageError
from sla_tracker.wording.consent.parse_terms import parse_limit


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("hours = 1000000000000", "Elapsed time: at most 87840 hours are possible."),
        ("working_hours = 1e300", "Working time: at most 2000 hours are possible."),
        ("days = 0x" + "f" * 5000, "is out of reach; allowed are -3660 to 3660."),
        ("days = " + "1" * 5000, "is not understood as a limit"),
        ("x = " + "[" * 5000, "is not understood as a limit"),
    ],
    ids=["hours", "working-hours", "hexadecimal", "digits", "brackets"],
)
def test_what_is_out_of_reach_is_refused(typed: str, said: str) -> None:
    with pytest.raises(UsageError) as refused:
        parse_limit(typed, TriggerKind.ON_REQUEST)
    assert said in refused.value.sentence()
