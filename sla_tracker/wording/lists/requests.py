"""List of requests for files, with a column for each field that was asked for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sla_tracker.domain.duties.request import REQUEST_WORDS, Request
from sla_tracker.domain.reference import reference_of
from sla_tracker.i18n import gettext as _
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.queries.list_content import ListCell, ListContent
from sla_tracker.wording.duties import department_word, text_of
from sla_tracker.wording.facts.request_facts import request_fields


def request_list(context: ServiceContext, shown: Sequence[Request]) -> ListContent:
    """Return requests as a list for files."""
    given = [_fields_of(context, one) for one in shown]
    labels = tuple(dict.fromkeys(label for one in given for label in one))
    headings = (
        *(_("Ref"), _("Asked"), _("What"), _("About"), _("Text"), *labels, _("Wanted")),
        *(_("Consumer"), _("Provider"), _("State"), _("Answer due"), _("Answered"), _("Settled"), _("Duty")),
    )
    rows = tuple(
        _cells(context, one, tuple(values.get(label, "") for label in labels))
        for one, values in zip(shown, given, strict=True)
    )
    return ListContent(id="requests", title=_("Requests"), headings=headings, rows=rows)


def title_of_request(context: ServiceContext, request: Request) -> str:
    """Return what a request asks for: the title of its obligation, else its text."""
    known = context.catalogue.obligations.get(request.obligation)
    return text_of(known.title) if known else request.obligation or request.text


def _fields_of(context: ServiceContext, request: Request) -> Mapping[str, str]:
    """Return the values that were given with a request, by label."""
    return dict(request_fields(context.catalogue.obligations.get(request.obligation), request.fields))


def _cells(context: ServiceContext, one: Request, fields: tuple[str, ...]) -> tuple[ListCell, ...]:
    zone = context.settings.zone
    return (
        reference_of(one.id),
        one.requested_at.astimezone(zone),
        title_of_request(context, one),
        one.subject,
        one.text,
        *fields,
        one.wanted_at and one.wanted_at.astimezone(zone),
        department_word(context, one.consumer),
        department_word(context, one.provider),
        _(REQUEST_WORDS[one.state]),
        one.answer_due_at and one.answer_due_at.astimezone(zone),
        one.answered_at and one.answered_at.astimezone(zone),
        one.settled_at and one.settled_at.astimezone(zone),
        reference_of(one.duty),
    )
