"""Compares the misses before complaints were lodged with those after the remedy."""

from __future__ import annotations

from collections.abc import Sequence

from sla_tracker.domain.duties.complaint import Complaint, ComplaintState
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.measures.comparisons.complaint_effect import (
    ComplaintEffect,
    Windows,
    effect_of,
    windows_of,
)
from sla_tracker.domain.measures.date_range import DateRange
from sla_tracker.domain.measures.figure_rows import EffectFigure
from sla_tracker.domain.reference import reference_of
from sla_tracker.errors import N_, Refused
from sla_tracker.services.context import COMPANY, ServiceContext
from sla_tracker.services.lookup.archives import archived_duty
from sla_tracker.services.lookup.references import existing
from sla_tracker.services.months import archive
from sla_tracker.value_class import dataclass


def complaint_effects(
    context: ServiceContext, complaints: Sequence[Complaint]
) -> tuple[ComplaintEffect, ...]:
    """Return the effects of complaints that were not unfounded, in their order.

    Reads the archives of closed months once for all of them.
    """
    zone, calendar = context.settings.zone, context.calendars[COMPANY]
    founded = [one for one in complaints if one.state is not ComplaintState.UNFOUNDED]
    windows = [windows_of(one, calendar, zone) for one in founded]
    duties = _duties_in(context, founded, windows)
    now = context.now()
    today = now.astimezone(zone).date()
    return tuple(
        effect_of(one, days, duties, now=now, today=today) for one, days in zip(founded, windows, strict=True)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedEffect:
    """The duties compared on one side of a complaint, misses first.

    They were due on the days of `dates`.
    """

    effect: ComplaintEffect
    dates: DateRange | None
    duties: tuple[Duty, ...]


def open_effect(context: ServiceContext, figure: EffectFigure) -> OpenedEffect:
    """Return the duties compared on one side of a complaint.

    Raises NotFound, and Refused for an unfounded one.
    """
    complaint = context.store.read(lambda tx: existing(tx, Complaint, figure.complaint))
    found = complaint_effects(context, [complaint])
    if not found:
        raise Refused(
            N_("The complaint {ref} was unfounded, so nothing is compared."),
            ref=reference_of(complaint.id),
        )
    days = windows_of(complaint, context.calendars[COMPANY], context.settings.zone)
    return OpenedEffect(effect=found[0], dates=days.of(figure.side), duties=found[0].duties(figure.side))


def _duties_in(
    context: ServiceContext, complaints: Sequence[Complaint], windows: Sequence[Windows]
) -> list[Duty]:
    """Return the duties of all months that the windows touch.

    Duties that the complaints name are among them, whatever their month.
    """
    months = {
        month
        for days in windows
        for dates in (days.before, days.after)
        if dates is not None
        for month in dates.months
    }
    found = {duty.id: duty for duty in archive.duties_in_months(context, tuple(sorted(months)))}
    for id in {id for one in complaints for id in one.duties} - set(found):
        live = context.store.read(lambda tx, id=id: tx.get(Duty, id))  # type: ignore[misc]
        archived = archived_duty(context.store, id) if live is None else None
        named = live or (archived.duty if archived is not None else None)
        if named is not None:
            found[id] = named
    return list(found.values())
