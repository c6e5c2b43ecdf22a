"""The first page, and the lists of what one owes and is owed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby

from sla_tracker.cli.formats.due_list import remarks
from sla_tracker.domain.duties.states import OWED, State
from sla_tracker.errors import N_
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n import language
from sla_tracker.serve.web.page import Card, Link, Page, Section
from sla_tracker.serve.web.views.visit import Visit
from sla_tracker.services.queries.duties import owed_by, owed_to
from sla_tracker.services.queries.next_workday import NEXT_WORKDAY, end_of_day, group_of
from sla_tracker.services.queries.next_workdays import next_workdays
from sla_tracker.services.queries.rows import Bucket, DutyRow
from sla_tracker.wording.duties import person_word, text_of
from sla_tracker.wording.facts.fact import FactTone
from sla_tracker.wording.times import (
    bucket_word,
    format_counts_from,
    format_period,
    format_standing,
    next_workday_word,
)

MOST_CARDS = 200  # of one group; a phone shows no thousand
FOLDED = frozenset({Bucket.LATER.value, Bucket.ON_HOLD.value})
"""Groups of which only the heading and the number are shown at first."""
TONES: Mapping[str, FactTone] = {
    Bucket.OVERDUE.value: FactTone.ALARM,
    Bucket.TODAY.value: FactTone.WARNING,
    Bucket.DELIVERED.value: FactTone.STRONG,
}
NO_DEPARTMENT = N_("You belong to no department here, so nothing is owed by you or to you.")


def today(visit: Visit) -> Page:
    """Return what the person can do now: verdicts that are awaited, then what is owed."""
    department = visit.actor.department
    if not department:
        return Page(title=_("My duties"), sections=[Section(lines=[_(NO_DEPARTMENT)])])
    ours = owed_by(visit.context, department, now=visit.now).rows
    theirs = owed_to(visit.context, department, now=visit.now).rows
    mine = [row for row in ours if row.is_open_to(visit.actor.id) and row.bucket is not Bucket.DELIVERED]
    sections = [*_verdicts(visit, theirs), *_groups(visit, mine, department, other="consumer")]
    late = [row for row in theirs if row.bucket is Bucket.OVERDUE]
    if late:
        sections.append(
            Section(
                heading=_("Late for us") + f"  {len(late)}",
                tone=FactTone.ALARM,
                cards=cards(visit, late[:MOST_CARDS], other="provider"),
            )
        )
    if not sections:
        sections = [Section(lines=[_("There is nothing to do now.")])]
    return Page(title=_("To do"), subtitle=visit.when(visit.now), sections=sections, tabs=tabs("/"))


def ours(visit: Visit) -> Page:
    """Return all duties of the department that are not finished."""
    rows = owed_by(visit.context, visit.actor.department, now=visit.now).rows
    return _list(visit, _("Our department"), rows, "/ours", other="consumer")


def owed(visit: Visit) -> Page:
    """Return what others owe the person's department, deliveries to judge first."""
    rows = owed_to(visit.context, visit.actor.department, now=visit.now).rows
    return _list(visit, _("Owed to us"), rows, "/owed", other="provider")


def tabs(here: str) -> list[Link]:
    """Return the ways between the three lists."""
    named = ((_("To do"), "/"), (_("Our department"), "/ours"), (_("Owed to us"), "/owed"))
    return [Link(text=text, href=href, here=href == here) for text, href in named]


def _list(visit: Visit, title: str, rows: Sequence[DutyRow], path: str, *, other: str) -> Page:
    if not visit.actor.department:
        return Page(title=title, sections=[Section(lines=[_(NO_DEPARTMENT)])], tabs=tabs(path))
    waiting = [row for row in rows if row.bucket is Bucket.DELIVERED]
    rest = [row for row in rows if row.bucket is not Bucket.DELIVERED]
    sections = _groups(visit, rest, visit.actor.department, other=other)
    if path == "/owed":
        sections = [*_verdicts(visit, rows), *sections]
        waiting = [row for row in waiting if not visit.may_judge(row)]
    if waiting:
        sections.append(
            Section(
                heading=f"{bucket_word(Bucket.DELIVERED)}  {len(waiting)}",
                cards=cards(visit, waiting[:MOST_CARDS], other=other),
                folded=True,
            )
        )
    return Page(
        title=title,
        sections=sections or [Section(lines=[_("There is nothing due here.")])],
        tabs=tabs(path),
    )


def _verdicts(visit: Visit, rows: Iterable[DutyRow]) -> list[Section]:
    waiting = [row for row in rows if row.state is State.DELIVERED and visit.may_judge(row)]
    if not waiting:
        return []
    heading = f"{bucket_word(Bucket.DELIVERED)}  {len(waiting)}"
    shown = cards(visit, waiting[:MOST_CARDS], other="provider")
    return [Section(heading=heading, tone=FactTone.STRONG, cards=shown)]


def _groups(visit: Visit, rows: Iterable[DutyRow], department: str, *, other: str) -> list[Section]:
    """Return a section for each group of due times, in order."""
    days = next_workdays(visit.context, visit.now)
    day = days.get(department) or days[""]
    until_at = end_of_day(day, visit.zone)
    found = []
    for group, run in groupby(rows, key=lambda row: group_of(row, until_at)):
        members = list(run)
        found.append(
            Section(
                heading=f"{_group_word(group, day, visit.today)}  {len(members)}",
                tone=TONES.get(group, FactTone.PLAIN),
                cards=cards(visit, members[:MOST_CARDS], other=other),
                folded=group in FOLDED,
            )
        )
    return found


def _group_word(group: str, day: date, today: date) -> str:
    return next_workday_word(day, today) if group == NEXT_WORKDAY else bucket_word(Bucket(group))


def cards(visit: Visit, rows: Iterable[DutyRow], *, other: str = "") -> list[Card]:
    """Return a card for each duty.

    `other` is the side that is named; both are where it is empty.
    """
    return [
        Card(
            title=text_of(row.title),
            href=f"/duty/{row.id}" if row.id else "",
            badge=format_counts_from(row, language(), visit.zone)
            or format_standing(row, visit.now, visit.zone),
            lines=list(_lines(visit, row, other)),
            tone=TONES.get(row.bucket.value, FactTone.PLAIN),
        )
        for row in rows
    ]


def _lines(visit: Visit, row: DutyRow, other: str) -> Iterator[str]:
    yield row.subject or format_period(row.period_start, row.period_end)
    provider, consumer = visit.reader.department(row.provider), visit.reader.department(row.consumer)
    sides = {"provider": provider, "consumer": f"→ {consumer}"}.get(other, f"{provider} → {consumer}")
    who = person_word(visit.context.people, row.assignee) if row.assignee else ""
    if not who and other == "consumer" and row.state in OWED:
        who = _("not taken yet")
    yield " · ".join(filter(None, (sides, who)))
    yield _(", ").join(remarks(row, visit.zone))
