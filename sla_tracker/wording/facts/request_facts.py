"""What a request says of itself beyond its title, for all front ends."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from sla_tracker.domain.agreements.obligation import OnRequest
from sla_tracker.domain.agreements.occurrences import fields_of_request
from sla_tracker.domain.clean import clean
from sla_tracker.domain.duties.request import REQUEST_WORDS, Request, RequestState
from sla_tracker.i18n import gettext as _
from sla_tracker.i18n.punctuation import bracketed
from sla_tracker.wording.duties import format_answered, format_due, format_value, text_of
from sla_tracker.wording.facts.fact import FactTone, StatedFact, stated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sla_tracker.domain.agreements.obligation import Obligation
    from sla_tracker.wording.event_changes import Reader


def request_facts(request: Request, obligation: Obligation | None, reader: Reader) -> Iterator[StatedFact]:
    """Yield the facts of a request, from its state to its settlement.

    They say who asked and when, what was given with it, and its answer. `obligation` is None when none covers it, or no
    active plugin declares it any more.
    """
    yield StatedFact(label=_("State"), text=_state(request))
    asked = reader.when_by(request.requested_at, request.requested_by)
    yield StatedFact(label=_("Asked"), text=asked, tone=FactTone.QUIET)
    yield from stated(_("Text"), clean(request.text, lines=True))
    for label, value in request_fields(obligation, request.fields):
        yield from stated(label, value)
    if request.wanted_at is not None:
        yield StatedFact(label=_("Wanted"), text=reader.when(request.wanted_at))
    yield from _answer(request, reader)
    yield from stated(_("Answer"), clean(request.answer, lines=True))
    if request.settled_at is not None:
        yield StatedFact(label=_("Settled"), text=reader.when(request.settled_at), tone=FactTone.QUIET)


def request_fields(obligation: Obligation | None, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield label and value of what was given with a request.

    A field that is gone has its id as label.
    """
    triggers = obligation.triggers if obligation is not None else ()
    fields = fields_of_request(one for one in triggers if isinstance(one, OnRequest))
    known = {field.id: field for field in fields}
    for id, value in values.items():
        field = known.get(id)
        yield (
            (clean(id), clean(value)) if field is None else (text_of(field.label), format_value(field, value))
        )


def _state(request: Request) -> str:
    said = _(REQUEST_WORDS[request.state])
    is_withdrawn = request.state is RequestState.WITHDRAWN and request.reason
    return bracketed(said, clean(request.reason)) if is_withdrawn else said


def _answer(request: Request, reader: Reader) -> Iterator[StatedFact]:
    """Yield the limit of the answer, and once there is one whether it was in time."""
    limit_at, answered_at = request.answer_due_at, request.answered_at
    if limit_at is not None and request.state is RequestState.ASKED:
        text = bracketed(reader.when(limit_at), format_due(limit_at, reader.now, reader.zone))
        yield StatedFact(label=_("Answer due"), text=text, tone=FactTone.WARNING)
    elif answered_at is not None:
        said = (
            reader.when_by(answered_at, request.answered_by)
            if request.answered_by
            else reader.when(answered_at)
        )
        if limit_at is not None:
            said = bracketed(said, format_answered(answered_at, limit_at, reader.now, reader.zone))
        yield StatedFact(label=_("Answered"), text=said, tone=FactTone.QUIET)
