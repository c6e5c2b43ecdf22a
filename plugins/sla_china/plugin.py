"""Registers China's working days as the calendar `china`.

A year that the package does not know yet can be put into the deployment's `calendars/` folder, as `china-2027.toml` or
`china-2027.ics`; it replaces the days fixed by law, and deadlines of that year are no longer provisional.
"""

import re
import warnings
from collections.abc import Mapping
from datetime import date

from sla_china.days import ChinaDays
from sla_china.imports import ImportProblems, year_from_ics, year_from_toml
from sla_tracker import DayRule, DaySource, Text, hookimpl

NAME = "china"
_FILE = re.compile(r"china-(\d{4})\.(toml|ics)")


@hookimpl
def sla_register_calendars(files: Mapping[str, str]) -> dict[str, DaySource]:
    """Declare the source of China's days; an imported file with errors is skipped with a warning."""
    imported = {}
    for name, text in sorted(files.items()):
        match = _FILE.fullmatch(name)
        if match:
            try:
                year, days = _read(text, int(match[1]), match[2])
            except ImportProblems as problems:
                warnings.warn(UserWarning(_left_out(name, problems)), stacklevel=2)
                continue
            imported[year] = days
    return {NAME: ChinaDays(imported=imported)}


def _left_out(name: str, why: ImportProblems) -> Text:
    return Text(
        zh=f"{name} 未采用：{''.join(problem.zh for problem in why.problems)}",
        en=f"{name} is left out: {' '.join(problem.en for problem in why.problems)}",
    )


def _read(text: str, year: int, kind: str) -> tuple[int, dict[date, DayRule]]:
    if kind == "ics":
        return year, year_from_ics(text, year)
    found, days = year_from_toml(text)
    if found != year:
        said = Text(zh=f"文件写的是 {found} 年。", en=f"The file says it is about {found}.")
        raise ImportProblems([said])
    return year, days
