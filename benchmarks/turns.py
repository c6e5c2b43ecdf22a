"""Measures a year of turns of 50 departments against `rrule.between`.

Both give the same days. Ours yields whole turns: key, period, opening, and the deadline moved to a workday, with its
explanation.
"""

from datetime import date, datetime, time
from time import process_time

from dateutil.rrule import rrule

from benchmarks._limits import at_least
from benchmarks.recurrence import office, rules
from sla_tracker.domain.agreements.obligation import Obligation, Recurring
from sla_tracker.domain.agreements.occurrences import occurrences
from sla_tracker.domain.text import Text
from sla_tracker.testing.company import always

NEEDED = 1.5  # lowest ratio of rrule's time to ours
DEPARTMENTS, OBLIGATIONS = 50, 30
YEAR = date(2026, 1, 1), date(2027, 1, 1)


def agreements() -> list[tuple[Obligation, rrule]]:
    """Return the obligations of the departments, each with the equal rrule."""
    return [
        (
            Obligation(
                id=f"list-{number}",
                title=Text(zh="清单", en="List"),
                provider=f"department-{number // OBLIGATIONS}",
                consumer="finance",
                triggers=(Recurring(due=rule),),
            ),
            equal,
        )
        for number, (rule, equal) in enumerate(rules(DEPARTMENTS * OBLIGATIONS))
    ]


def main() -> None:
    """Print both times and their ratio; raises AssertionError when it is below the limit."""
    calendar, listed = office(), agreements()
    lookup = always(calendar)
    calendar.looked_at(*YEAR)  # builds the years that both need
    first, last = (datetime.combine(day, time()) for day in YEAR)
    best = 0.0
    for _round in range(3):
        began = process_time()
        walked = [equal.between(first, last, inc=True) for _one, equal in listed]
        middle = process_time()
        # Only the days are kept, as in the other list: a list of everything would measure the garbage collector.
        ours = [
            [one.deadline.nominal_on for one in occurrences(obligation, lookup, *YEAR)]
            for obligation, _equal in listed
        ]
        ended = process_time()
        assert ours == [[moment.date() for moment in moments if moment < last] for moments in walked]
        ratio = (middle - began) / (ended - middle)
        best = max(best, ratio)
        count = sum(map(len, ours))
        print(
            f"{len(listed)} obligations, {count} turns: rrule.between {middle - began:.2f} s, "
            f"whole turns {ended - middle:.2f} s, ratio {ratio:.1f}"
        )
    at_least(best, NEEDED, "rrule.between / whole turns of a year")
