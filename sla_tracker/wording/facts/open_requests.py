"""Words for the fields of a request, its papers, its updates and its range."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sla_tracker.domain.clean import clean
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import bracketed
from sla_tracker.wording.duties import format_due, format_value, text_of

if TYPE_CHECKING:
    from sla_tracker.domain.agreements.fields import Field
    from sla_tracker.domain.duties.duty import Duty, FieldChange
    from sla_tracker.domain.duties.update_clock import UpdatesSoFar
    from sla_tracker.wording.event_changes import Reader


def format_fields(duty: Duty) -> Iterator[tuple[str, str]]:
    """Yield label and value of each field of a request."""
    terms = duty.terms.request
    for field in terms.fields if terms is not None else ():
        value = duty.fields.get(field.id, "")
        if value:
            yield text_of(field.label), format_value(field, value)


def format_field_changes(duty: Duty, reader: Reader) -> Iterator[str]:
    """Yield a sentence for each changed field of a duty.

    The sentence says who changed what, when and why, and what became of it.
    """
    for change in duty.field_changes:
        said = _(
            "{who} changed {what} on {when}: “{reason}”",
            who=reader.who(change.by),
            what=_what(duty, change),
            when=reader.when(change.at),
            reason=clean(change.reason),
        )
        standing = _standing(change, reader)
        yield bracketed(said, standing) if standing else said


def _what(duty: Duty, change: FieldChange) -> str:
    terms = duty.terms.request
    field = next((one for one in terms.fields if one.id == change.field), None) if terms else None
    label = text_of(field.label) if field is not None else clean(change.field)
    old, new = (_value(field, value) for value in (change.old, change.new))
    return _("{label} from {old} to {new}", label=label, old=old, new=new)


def _value(field: Field | None, value: str) -> str:
    return (format_value(field, value) if field is not None else clean(value)) or "–"


def _standing(change: FieldChange, reader: Reader) -> str:
    """Return what became of an objection to a change; empty without one."""
    if not change.objected_by:
        return ""
    who = reader.who(change.objected_by)
    if change.confirmed is None:
        return _(
            "{who} objects: “{reason}”; the head of the consumer decides",
            who=who,
            reason=clean(change.objection),
        )
    judge = reader.who(change.confirmed_by)
    if change.confirmed:
        return _("{who} objected, {judge} confirmed it", who=who, judge=judge)
    return _("{who} objected, {judge} refused it", who=who, judge=judge)


def format_papers(duty: Duty, missing: tuple[str, ...]) -> str:
    """Return which papers are still missing, or that all are there.

    Empty for a duty that asks for no papers.
    """
    terms = duty.terms.request
    papers = terms.papers if terms is not None else ()
    if not papers:
        return ""
    if not missing:
        return _("all there")
    labels = _(", ").join(text_of(paper.label) for paper in papers if paper.id in missing)
    return _("missing: {papers}; the time to settle starts with the last one", papers=labels)


def format_updates(found: UpdatesSoFar, reader: Reader) -> str:
    """Return how many updates were given in time, and when the next is due."""
    said = _("{given} of {judged} in time", given=found.given, judged=found.judged)
    if found.next_at is None:
        return said if found.judged else ""
    when = bracketed(reader.when(found.next_at), format_due(found.next_at, reader.now, reader.zone))
    if not found.judged:
        return _("next by {when}", when=when)
    return _("{said}, next by {when}", said=said, when=when)


def format_range(earliest: str, latest: str) -> str:
    """Return both ends of a range."""
    return _("from {earliest}, by {latest}", earliest=earliest, latest=latest)
