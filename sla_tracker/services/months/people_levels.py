"""Computes rates by person, as far as figures about people were agreed."""

from __future__ import annotations

from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.date_range import DateRange, figure_day
from sla_tracker.domain.measures.outcome import Outcome, outcome_of
from sla_tracker.domain.measures.scorecard import combined, score
from sla_tracker.domain.people import Actor
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.months.figure_source import duties_in, standing_of
from sla_tracker.services.months.service_levels import ServiceLevel, ServiceLevels
from sla_tracker.value_class import dataclass

NOBODY = ""
FEWEST_CASES = 10  # judged duties; a person with fewer has counts and no rate


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleLevels:
    """Rates by person; `is_withheld` tells that only the reader's own row is shown."""

    levels: ServiceLevels
    is_withheld: bool


def people_levels(context: ServiceContext, actor: Actor, dates: DateRange) -> PeopleLevels:
    """Return the rates of people in a range, by department and id.

    People are not ranked. A person is who delivered what was judged; of what was never delivered, who had it when it
    was due. Where figures about people were not agreed only the reader's own row; else none from before the agreed day.
    """
    standing = standing_of(context, dates)
    since = context.settings.people_figures_since
    groups: dict[tuple[str, str], list[Duty]] = {}
    for duty in duties_in(context, standing):
        if since is None or figure_day(duty) >= since:
            groups.setdefault((duty.provider, responsible(context, duty)), []).append(duty)
    rows = tuple(
        ServiceLevel(
            provider=provider, person=person, score=score(group, now=standing.now, target=standing.target)
        )
        for (provider, person), group in sorted(groups.items())
        if since is not None or (person != NOBODY and person == actor.id)
    )
    total = combined((row.score for row in rows), standing.target)
    return PeopleLevels(
        levels=ServiceLevels(standing=standing, rows=rows, total=total), is_withheld=since is None
    )


def responsible(context: ServiceContext, duty: Duty) -> str:
    """Return who delivered a duty, or else who had it when it was due.

    Returns NOBODY where there is neither.
    """
    last = duty.delivery
    if last is not None and last.returned_at is None:
        return last.by
    now = context.now()
    if outcome_of(duty, now) is not Outcome.MISSED:
        return duty.assignee
    archive = duty.month if duty.month in context.store.seals() else ""
    before = [one.sequence for one in context.store.history(duty.id, archive) if one.act.at <= duty.due_at]
    then = context.store.as_of(Duty, duty.id, before[-1]) if before else None
    return NOBODY if then is None else then.assignee
