"""Answers other programs on events, requests, duties and service levels.

The documents are the same as the command line's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

from sla_tracker.cli.commands.figures.score import level_document, score_document
from sla_tracker.cli.formats.documents import (
    detail_document,
    duty_document,
    event_type_document,
    instant,
    range_document,
    registered_document,
    request_document,
)
from sla_tracker.cli.output import JSON_VERSION
from sla_tracker.domain.agreements.fields import Field
from sla_tracker.domain.agreements.typed_values import stored_value
from sla_tracker.domain.duties.duty import LIVE, Duty
from sla_tracker.domain.measures.date_range import month_range
from sla_tracker.errors import N_, ExitCode, Forbidden, SlaError, UsageError, WithProblems
from sla_tracker.serve.web.exchange import JSON, PROBLEM, Answer
from sla_tracker.serve.web.programs.api_description import Endpoint, TokenRight, found_endpoint
from sla_tracker.serve.web.views.sentences import sentence_of
from sla_tracker.serve.web.views.visit import Visit, no_page, status_of, storable
from sla_tracker.services import events, requests
from sla_tracker.services.lookup.references import find_duty_to_read
from sla_tracker.services.months import service_levels
from sla_tracker.services.months.service_levels import By
from sla_tracker.services.queries.duties import DutyRow, detail, owed_by, owed_to, row_of, urgency
from sla_tracker.services.queries.rows import Scope
from sla_tracker.services.web_access.tokens import Token
from sla_tracker.wording.figures.parse_range import parse_range
from sla_tracker.wording.parse_date import FIRST_YEAR, LAST_YEAR
from sla_tracker.wording.parse_time import parse_wanted

Document = Mapping[str, Any]
NO_OBJECT = N_("The body has to be a JSON object.")


def answer(visit: Visit) -> Answer:
    """Return the document of a call, or the problem (RFC 9457)."""
    question = visit.question
    try:
        endpoint, given = found_endpoint(question.method, question.path)
        if endpoint is None or visit.token is None:
            no_page(question.path)
        _must_be_allowed(visit.token, endpoint)
        _must_be_known(question.query, endpoint)
        document = CALLS[endpoint.id](visit, *given)
    except SlaError as problem:
        return problem_of(problem)
    body = json.dumps({"version": JSON_VERSION, **document}, ensure_ascii=False)
    return Answer(status=endpoint.status, type=JSON, body=body + "\n")


def problem_of(problem: SlaError) -> Answer:
    """Return an error as a problem document.

    `type` has its kind, `detail` the sentence.
    """
    status = status_of(problem)
    facts: dict[str, Any] = {
        "type": f"urn:sla:problem:{_kind_of(problem)}",
        "title": type(problem).__name__,
        "status": status,
        "detail": sentence_of(problem),
    }
    if isinstance(problem, WithProblems) and problem.problems:
        facts["problems"] = [one.sentence() for one in problem.problems]
    return Answer(status=status, type=PROBLEM, body=json.dumps(facts, ensure_ascii=False) + "\n")


def fault(sentence: str, status: int) -> Answer:
    """Return a fault of the program as a problem document."""
    facts = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": sentence}
    return Answer(status=status, type=PROBLEM, body=json.dumps(facts, ensure_ascii=False) + "\n")


def _kind_of(problem: SlaError) -> str:
    if problem.exit_code == ExitCode.REFUSED:
        return type(problem).__name__.lower()
    return ExitCode(problem.exit_code).name.lower().replace("_", "-")


def _must_be_allowed(token: Token, endpoint: Endpoint) -> None:
    if endpoint.right is TokenRight.READ and not token.may_read:
        raise Forbidden(N_("The token “{name}” may not read."), name=token.name)
    if endpoint.right is TokenRight.ASK and not token.may_ask:
        raise Forbidden(N_("The token “{name}” may not ask for anything."), name=token.name)


def _must_be_known(query: Mapping[str, str], endpoint: Endpoint) -> None:
    """Raise UsageError for a parameter that is unknown to the call, or empty."""
    for key, value in query.items():
        if storable(key) not in endpoint.parameters:
            known = ", ".join(sorted(endpoint.parameters)) or "-"
            raise UsageError(N_("There is no parameter “{key}”; there are {known}."), key=key, known=known)
        if not value.strip():
            raise UsageError(N_("{what} is empty; write it there or leave it out."), what=key)


# --- reading ----------------------------------------------------------------------------------------------------------


def _due(visit: Visit) -> Document:
    scope = visit.given("scope") or Scope.OURS
    department = visit.given("department") or visit.actor.department
    of = visit.context.catalogue.department(department).id
    rows: Sequence[DutyRow]
    if scope == Scope.OURS:
        rows = owed_by(visit.context, of, now=visit.now).rows
    elif scope == Scope.OWED_TO_US:
        rows = owed_to(visit.context, of, now=visit.now).rows
    elif scope == Scope.ALL:
        duties = visit.context.store.read(lambda tx: tx.find(Duty, state=LIVE))
        rows = sorted((row_of(visit.context, duty, visit.now) for duty in duties), key=urgency)
    else:
        raise UsageError(N_("“{value}” is no scope; there are ours, owed_to_us and all."), value=scope)
    return {
        "at": instant(visit.now),
        "scope": scope,
        "department": "" if scope == Scope.ALL else of,
        "until": None,
        "duties": [duty_document(row) for row in rows],
    }


def _duty(visit: Visit, reference: str) -> Document:
    duty = find_duty_to_read(visit.context, reference)
    found = detail(visit.context, duty.id, visit.now)
    if found is None:
        no_page(visit.question.path)
    return {"duty": detail_document(found)}


def _scores(visit: Visit) -> Document:
    asked = visit.given("range")
    dates = (
        parse_range(asked, visit.today, visit.context.settings.fiscal)
        if asked
        else month_range(f"{visit.today:%Y-%m}")
    )
    by = visit.given("by") or By.DEPARTMENT.value
    if by not in {By.DEPARTMENT.value, By.OBLIGATION.value}:
        raise UsageError(N_("“{value}” is not among them; there are department and obligation."), value=by)
    found = service_levels.levels(visit.context, dates, by=By(by))
    return {
        "range": range_document(found.standing),
        "closed": found.standing.is_final,
        "by": by,
        "levels": [level_document(one) for one in found.rows],
        "total": score_document(found.total),
    }


def _event_types(visit: Visit) -> Document:
    known = visit.context.catalogue.event_types.values()
    return {"event_types": [event_type_document(one) for one in known]}


# --- acts -------------------------------------------------------------------------------------------------------------


def _register(visit: Visit) -> Document:
    body = _object(visit)
    kind = visit.context.catalogue.event_type(_text(body, "type"))
    assert visit.token is not None
    if kind.id not in visit.token.events:
        raise Forbidden(
            N_("The token “{name}” may not register events of the kind “{kind}”."),
            name=visit.token.name,
            kind=kind.id,
        )
    found = events.register(
        visit.context,
        visit.actor,
        kind.id,
        subject=_text(body, "subject"),
        at=_instant(body, "at"),
        fields=_fields(visit, body, kind.fields),
        again=_flag(body, "again"),
    )
    return registered_document(visit.context, found, visit.now)


def _ask(visit: Visit) -> Document:
    body = _object(visit)
    obligation = visit.context.catalogue.obligation(_text(body, "obligation"))
    wanted = _text(body, "wanted", "")
    request, duty = requests.ask(
        visit.context,
        visit.actor,
        obligation.id,
        provider=_text(body, "to", ""),
        subject=_text(body, "subject", ""),
        text=_text(body, "text", ""),
        wanted_at=parse_wanted(wanted, visit.now, visit.zone) if wanted else None,
        fields=_fields(
            visit, body, requests.fields_to_ask(visit.context, obligation, visit.actor.department)
        ),
        papers=_texts(body, "papers"),
        again=_flag(body, "again"),
    )
    row = row_of(visit.context, duty, visit.now)
    return {"request": request_document(request), "duty": duty_document(row)}


CALLS: Mapping[str, Callable[..., Document]] = {
    "listDue": _due,
    "showDuty": _duty,
    "listScores": _scores,
    "listEventTypes": _event_types,
    "registerEvent": _register,
    "askForSomething": _ask,
}

# --- bodies -----------------------------------------------------------------------------------------------------------


def _object(visit: Visit) -> Mapping[str, Any]:
    """Return the body as an object without unknown keys; raises UsageError."""
    try:
        body = json.loads(visit.question.body, object_pairs_hook=_unique, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise UsageError(NO_OBJECT) from None
    if not isinstance(body, dict):
        raise UsageError(NO_OBJECT)
    endpoint, _given = found_endpoint(visit.question.method, visit.question.path)
    known = set(endpoint.body["properties"]) if endpoint is not None else set()
    for key in body:
        if storable(key) not in known:
            raise UsageError(
                N_("There is no key “{key}”; the keys are {known}."), key=key, known=", ".join(sorted(known))
            )
    for text in _texts_in(body):
        storable(text)
    return body


def _unique(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """Return the members of an object; raises UsageError where one is there twice."""
    found: dict[str, Any] = {}
    for key, value in pairs:
        if storable(key) in found:
            raise UsageError(N_("The key “{key}” is there twice."), key=key)
        found[key] = value
    return found


def _no_number(_name: str) -> Any:
    """Raise ValueError for NaN and Infinity, which JSON does not have."""
    raise ValueError


def _texts_in(value: Any) -> Iterator[str]:
    """Yield every text in a value of a document, the names of its members too."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for name, inner in value.items():
            yield name
            yield from _texts_in(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts_in(inner)


def _text(body: Mapping[str, Any], key: str, default: str | None = None) -> str:
    value = body.get(key, default)
    if value is None:
        raise UsageError(N_("“{key}” is missing."), key=key)
    if not isinstance(value, str):
        raise UsageError(N_("“{key}” has to be a text."), key=key)
    return value


def _texts(body: Mapping[str, Any], key: str) -> list[str]:
    value = body.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
        raise UsageError(N_("“{key}” has to be a list of texts."), key=key)
    return value


def _flag(body: Mapping[str, Any], key: str) -> bool:
    value = body.get(key, False)
    if not isinstance(value, bool):
        raise UsageError(N_("“{key}” has to be true or false."), key=key)
    return value


def _instant(body: Mapping[str, Any], key: str) -> datetime | None:
    value = body.get(key)
    if value is None:
        return None
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        at = None
    if at is None or at.tzinfo is None:
        raise UsageError(
            N_("“{key}” has to be a time with its offset, such as 2026-11-20T16:40:00+08:00."), key=key
        )
    if not FIRST_YEAR <= at.year <= LAST_YEAR:
        said = N_("“{key}” is out of range: years go from {first} to {last}.")
        raise UsageError(said, key=key, first=FIRST_YEAR, last=LAST_YEAR)
    return at.astimezone(UTC)


def _fields(visit: Visit, body: Mapping[str, Any], declared: Sequence[Field]) -> dict[str, str]:
    """Return the given fields as stored values.

    Unknown names are left for the use case to refuse.
    """
    given = body.get("fields", {})
    if not isinstance(given, dict):
        raise UsageError(N_("“{key}” has to be an object of texts."), key="fields")
    known = {field.id: field for field in declared}
    found = {}
    for name, value in given.items():
        if isinstance(value, bool):
            value = "yes" if value else "no"
        if not isinstance(value, str | int | float):
            raise UsageError(N_("“{key}” has to be a text, a number, true or false."), key=f"fields.{name}")
        text = str(value)
        found[name] = stored_value(known[name], text, visit.day) if name in known else text
    return found
