"""Registers China's working days as the calendar `china`.

A year that the package does not know yet can be put into the deployment's `calendars/` folder, as `china-2027.toml`,
`china-2027.ics` or `china-2027.csv`; it replaces the days fixed by law, and deadlines of that year are no longer
provisional. A file that cannot be used costs its own year only, which stays as it was, provisional.
"""

import re
import warnings
from collections.abc import Mapping
from datetime import date

from sla_china.days import ChinaDays
from sla_china.imports import ImportedYear, imported_year
from sla_tracker import DayRule, DaySource, Text, hookimpl

NAME = "china"
_FILE = re.compile(r"china-([0-9]{4})\.(toml|ics|csv)")
_FORMS = ("toml", "ics", "csv")


@hookimpl
def sla_register_calendars(files: Mapping[str, str]) -> dict[str, DaySource]:
    """Declare the source of China's days; an imported file with errors is skipped with a warning."""
    years: dict[int, ImportedYear] = {}
    left_out: dict[int, Text] = {}
    for name, year in _names(files):
        found = imported_year(name, files[name], year)
        if found.problems:
            left_out[year] = _left_out(name, found.problems)
            warnings.warn(UserWarning(left_out[year]), stacklevel=2)
        else:
            years[year] = found
    december: dict[date, DayRule] = {}
    for _, imported in sorted(years.items()):
        december.update(imported.december_before)
    return {
        NAME: ChinaDays(
            imported={year: one.days for year, one in years.items()},
            december=december,
            left_out=left_out,
            remarks={year: one.remarks for year, one in years.items() if one.remarks},
            doubts={year: one.doubts for year, one in years.items() if one.doubts},
        )
    }


def _names(files: Mapping[str, str]) -> list[tuple[str, int]]:
    """Return the one file of each year with its year; of several forms TOML goes first."""
    found: dict[int, dict[str, str]] = {}
    for name in files:
        if match := _FILE.fullmatch(name):
            found.setdefault(int(match[1]), {})[match[2]] = name
    return [
        (next(forms[form] for form in _FORMS if form in forms), year) for year, forms in sorted(found.items())
    ]


def _left_out(name: str, problems: tuple[Text, ...]) -> Text:
    return Text(
        zh=f"{name} 未采用：{''.join(problem.zh for problem in problems)}",
        en=f"{name} is left out: {' '.join(problem.en for problem in problems)}",
    )
