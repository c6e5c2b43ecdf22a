"""Values of a report, independent of its form: tables of cells, charts, rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from sla_tracker.domain.measures.rounding import rounded
from sla_tracker.errors import N_
from sla_tracker.value_class import dataclass
from sla_tracker.wording.duties import percent, percent_target

PER_CENT_PLACES = 3  # decimals of a share that is shown with one decimal of a per cent


class Mark(StrEnum):
    """Whether a cell's figure keeps its target, shown by a sign and by colour."""

    NONE = ""
    KEPT = "✓"
    MISSED = "!"


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A ratio from 0 to 1, shown in per cent; None where nothing was judged.

    `target` is the ratio that it must not seem to reach while it lies below. A target itself is shown with all its
    decimals.
    """

    ratio: Decimal | None
    target: Decimal | None = None
    is_target: bool = False

    @property
    def text(self) -> str:
        """Return the ratio in per cent."""
        return percent_target(self.ratio) if self.is_target else percent(self.ratio, target=self.target)

    @property
    def number(self) -> float | None:
        """Return the ratio as a spreadsheet shows it: never 1 or the target while below."""
        if self.ratio is None:
            return None
        bounds = (1,) if self.target is None else (1, self.target)
        places = PER_CENT_PLACES + 2 if self.is_target else PER_CENT_PLACES
        return float(rounded(self.ratio, places, bounds=bounds))


Value = str | int | float | Decimal | Share | datetime | timedelta | None
"""A timedelta is a span of working time, a Decimal a difference in points, a float a number that people reported."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """One cell: its value, whether it keeps a target, and the id of what it opens.

    `note` is said behind the value where a cell is read as text.
    """

    value: Value
    mark: Mark = Mark.NONE
    opens: str = ""
    note: str = ""


class Kind(StrEnum):
    """Kind of a column's cells."""

    TEXT = "text"
    COUNT = "count"
    SHARE = "share"
    MOMENT = "moment"
    SPAN = "span"


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """Heading and kind of a column."""

    heading: str
    kind: Kind = Kind.TEXT


class RowFamily(StrEnum):
    """What the rows behind figures are; each family has a sheet and a file of its own."""

    DUTIES = "duties"
    VERDICTS = "verdicts"
    REQUESTS = "requests"
    UPDATES = "updates"
    REPORTS = "reports"
    AHEAD = "ahead"
    COMPLAINTS = "lodged"
    STEPS = "steps"
    EFFECTS = "before-and-after"


FAMILY_WORDS = {
    RowFamily.DUTIES: N_("Duties"),
    RowFamily.VERDICTS: N_("Verdicts"),
    RowFamily.REQUESTS: N_("Requests"),
    RowFamily.UPDATES: N_("Updates"),
    RowFamily.REPORTS: N_("Reports"),
    RowFamily.AHEAD: N_("Still ahead"),
    RowFamily.COMPLAINTS: N_("Complaints"),
    RowFamily.STEPS: N_("Steps of complaints"),
    RowFamily.EFFECTS: N_("Before and after complaints"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Rows of a table from `first` to `last` (counted from 0, both included)."""

    first: int
    last: int

    @property
    def count(self) -> int:
        """Return how many rows it has."""
        return self.last - self.first + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidy:
    """A wide table with one number a cell and one observation a row, for programs."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One table; `id` names its file and its place on a page.

    `has_total` says that the last row sums up the others. `runs` are the rows that each figure counts, by the figure's
    id; `family` says what the rows behind a figure are. `tidy` is the form for separated values, where it is another.
    `short_title` is a title for a narrow place, such as a sheet's tab; empty where the whole one is short.
    """

    id: str
    title: str
    short_title: str = ""
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    has_total: bool = False
    family: RowFamily = RowFamily.DUTIES
    runs: Mapping[str, Sequence[Run]] = field(default_factory=dict)
    tidy: Tidy | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """One bar of a chart, with its height, its text and what it opens.

    The height is a share of the whole one. The text stands above it; what it opens is given by id.
    """

    label: str
    ratio: Decimal | None
    text: str
    line: Decimal | None = None
    mark: Mark = Mark.NONE
    opens: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A bar chart with a line: rates and target, or causes and their running sum."""

    id: str
    title: str
    line_title: str
    bars: tuple[Bar, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A range's figures.

    `standing` says whether they are final; `ending` is the store's checkpoint, empty where it has none. `rows` are the
    duties, verdicts, requests and complaints behind the figures; tables of one family have the same columns.
    """

    title: str
    standing: str
    tables: tuple[Table, ...] = ()
    charts: tuple[Chart, ...] = ()
    rows: tuple[Table, ...] = ()
    ending: str = ""

    def families(self) -> Mapping[RowFamily, Sequence[Table]]:
        """Return the tables of rows by what their rows are."""
        found: dict[RowFamily, list[Table]] = {}
        for table in self.rows:
            found.setdefault(table.family, []).append(table)
        return found


def runs_in(figures: Iterable[Iterable[str]]) -> Mapping[str, Sequence[Run]]:
    """Return the runs of rows by figure; `figures` are those that count each row."""
    found: dict[str, list[Run]] = {}
    for place, ids in enumerate(figures):
        for id in ids:
            runs = found.setdefault(id, [])
            if runs and runs[-1].last == place - 1:
                runs[-1] = Run(first=runs[-1].first, last=place)
            else:
                runs.append(Run(first=place, last=place))
    return found
