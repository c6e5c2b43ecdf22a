"""Counts the messages that people of the demonstration get on a workday, over its year; prints the figures of the docs.

Everybody has a mail address and the usual reminders; a program looks every half hour.
"""

import os
import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from statistics import mean, median

from benchmarks._limits import at_most
from sla_tracker.config.create import create_deployment
from sla_tracker.demo.past import first_day, play
from sla_tracker.deployment.direct import DirectDeployment
from sla_tracker.domain.people import Role
from sla_tracker.services.context import COMPANY, ServiceContext
from sla_tracker.services.reminders.schedule import ReminderSchedule
from sla_tracker.services.reminders.sender import run_once
from sla_tracker.testing.channels import Postbox, a_channel, some_channels

FINANCE = "finance"
UNTIL = "2026-11-20T18:00:00+08:00"
MOST_A_DAY = 5

Days = dict[str, Counter[date]]


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        context, days = a_year(Path(folder) / "company")
    first, last = first_day(date.fromisoformat(UNTIL[:10])), date.fromisoformat(UNTIL[:10])
    every = (first + timedelta(days=number) for number in range((last - first).days + 1))
    workdays = [day for day in every if context.calendars[COMPANY].is_workday(day)]
    for name, people in groups(context).items():
        print(f"{name}: {figures([days[id][day] for id in people for day in workdays])}")
    most = max(found[day] for found in days.values() for day in found)
    at_most(most, MOST_A_DAY, "messages to one person on one day")


def figures(counts: list[int]) -> str:
    """Return the mean, the median, the highest of 19 days in 20, and the most of some days' messages."""
    ordered = sorted(counts)
    return (
        f"{mean(ordered):.1f} messages a day, median {median(ordered):.0f}, "
        f"19 days of 20 at most {ordered[len(ordered) * 19 // 20]}, most {ordered[-1]}"
    )


def groups(context: ServiceContext) -> dict[str, list[str]]:
    """Return the people of each group by name: clerks and heads of the providers, and all of finance."""
    people = [one for one in context.people.values() if one.department and one.role is not Role.READER]
    own: Iterable[tuple[str, Role]] = (("a clerk", Role.STAFF), ("a head", Role.HEAD))
    found = {
        name: [one.id for one in people if one.role is role and one.department != FINANCE]
        for name, role in own
    }
    return found | {"finance": [one.id for one in people if one.department == FINANCE]}


def a_year(folder: Path) -> tuple[ServiceContext, Days]:
    """Play the demonstration's year with reminders; return the messages of each person by day."""
    os.environ["SLA_NOW"] = UNTIL
    since = first_day(date.fromisoformat(UNTIL[:10]))
    create_deployment(folder, "dealership", in_force_from=since, trial=True, demonstration=True)
    opened = DirectDeployment(folder)
    context = addressed(opened.context)
    days: Days = defaultdict(Counter)
    box, schedule = Postbox(), ReminderSchedule()

    def look(moved: ServiceContext) -> None:
        run_once(moved, {"mail": box}, schedule=schedule, pool=1)
        today = moved.now().astimezone(moved.settings.zone).date()
        for letter in box.letters:
            days[letter.recipient][today] += 1
        box.letters.clear()

    play(context, context.now(), look)
    opened.close()
    return context, days


def addressed(context: ServiceContext) -> ServiceContext:
    """Return the context with an address for everybody, and mail as the usual channel."""
    people = {
        id: replace(person, addresses={"mail": f"{id}@example.com"}) for id, person in context.people.items()
    }
    policies = replace(
        context.settings.reminders, channels=some_channels(a_channel()), usual_channels=("mail",)
    )
    return replace(context, people=people, settings=replace(context.settings, reminders=policies))
