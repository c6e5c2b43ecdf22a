"""Options of all commands that take a list over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import click

from sla_tracker.cli.grammar import argument, as_json, option
from sla_tracker.domain.imports.run import DateOrder, ListReading
from sla_tracker.errors import N_, UsageError
from sla_tracker.value_class import dataclass
from sla_tracker.wording.parse_date import FIRST_YEAR, LAST_YEAR

F = TypeVar("F", bound=Callable[..., Any])


def complete_orders(_ctx: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    """Return the orders of dates that begin as typed."""
    return [order.value for order in DateOrder if order.value.startswith(incomplete)]


_OPTIONS = (
    option(
        "--map",
        "maps",
        metavar="COLUMN=HEADING",
        multiple=True,
        help=N_(
            "Which heading or letters a column has, such as --map subject=车牌号 or --map at=C; without = the name of "
            "a remembered map."
        ),
    ),
    option(
        "--remember", metavar="NAME", help=N_("Remember how the list is read under a name, for --map NAME.")
    ),
    option("--sheet", metavar="NAME", help=N_("The sheet; the first one with such a list, when left out.")),
    option(
        "--source",
        metavar="NAME",
        help=N_("The system that gave the keys of the list, where several give them."),
    ),
    option(
        "--dates",
        "orders",
        metavar="[COLUMN=]ORDER",
        multiple=True,
        help=N_(
            "Which number of 03/04/2026 comes first, day or month; for one column alone such as --dates due=month."
        ),
        shell_complete=complete_orders,
    ),
    option(
        "--year",
        type=click.IntRange(FIRST_YEAR, LAST_YEAR),
        metavar="YEAR",
        help=N_("The year of dates without one."),
    ),
    option(
        "--time",
        "clock",
        metavar="HH:MM",
        help=N_("The time of days without one; else the opening of the day."),
    ),
    option(
        "--again",
        is_flag=True,
        help=N_("Take rows too that repeat another one, or whose subject looks mistyped."),
    ),
    option("--hidden", is_flag=True, help=N_("Take hidden rows too.")),
    option("--update", is_flag=True, help=N_("Make the corrections that the list holds.")),
    option("--dry-run", is_flag=True, help=N_("Only show what would become of each row.")),
    option("--yes", is_flag=True, help=N_("Do not ask; doubtful rows are left out all the same.")),
    option(
        "--resume", metavar="ID", help=N_("Go on with an import that was broken off, with the same file.")
    ),
    option("--undo", metavar="ID", help=N_("Take an import back; no file is needed.")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOptions:
    """What was typed; `named` is a remembered map."""

    file: str
    reading: ListReading
    named: str = ""
    remember: str = ""
    update: bool = False
    dry_run: bool = False
    yes: bool = False
    resume: str = ""
    undo: str = ""
    as_json: bool = False


def import_options(command: F) -> F:
    """Add the file and the options of an import to a command.

    The command gets them as keyword arguments.
    """
    for added in reversed((*_OPTIONS, as_json)):
        command = added(command)
    return argument(
        "file",
        metavar="FILE",
        help=N_("The list: .xlsx, .csv, .tsv, or JSON lines (.jsonl)."),
        required=False,
        default="",
    )(command)


def typed_options(about: str, given: dict[str, Any]) -> ImportOptions:
    """Return the typed options of an import as values.

    Raises UsageError for options that do not go together.
    """
    named = [text for text in given["maps"] if "=" not in text]
    columns = dict(text.split("=", 1) for text in given["maps"] if "=" in text)
    orders = {column.strip(): order for column, order in map(_order, given["orders"])}
    if len(named) > 1:
        raise UsageError(N_("--map: name one remembered map, not {n}."), n=len(named))
    if not given["file"] and not given["undo"]:
        raise UsageError(N_("Name the file of the list."))
    if given["undo"] and (given["resume"] or given["file"]):
        raise UsageError(N_("--undo needs the id of the import and no file."))
    return ImportOptions(
        file=given["file"],
        reading=ListReading(
            about=about,
            sheet=given["sheet"] or "",
            source=given["source"] or "",
            columns={name.strip(): heading.strip() for name, heading in columns.items()},
            dates=orders.pop("", None),
            dates_of=orders,
            year=given["year"],
            at=given["clock"] or "",
            again=given["again"],
            hidden=given["hidden"],
        ),
        named=named[0] if named else "",
        remember=given["remember"] or "",
        update=given["update"],
        dry_run=given["dry_run"],
        yes=given["yes"],
        resume=given["resume"] or "",
        undo=given["undo"] or "",
        as_json=given["as_json"],
    )


def _order(text: str) -> tuple[str, DateOrder]:
    """Return the column that an order of dates is for, and the order.

    The column is empty for all columns. Raises UsageError.
    """
    column, _equals, order = text.rpartition("=")
    if order.strip() not in list(DateOrder):
        raise UsageError(
            N_("--dates: “{text}” is not understood; write day or month, or for one column COLUMN=day."),
            text=text,
        )
    return column, DateOrder(order.strip())
