"""The table by which other programs' calls are routed and described (OpenAPI 3.1)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import field
from enum import StrEnum
from http import HTTPStatus
from typing import Any

from sla_tracker.value_class import dataclass
from sla_tracker.version import VERSION

PREFIX = "/api/v1"
TEXT: Mapping[str, Any] = {"type": "string"}
FLAG: Mapping[str, Any] = {"type": "boolean"}
INSTANT: Mapping[str, Any] = {"type": "string", "format": "date-time"}
OBJECT: Mapping[str, Any] = {"type": "object"}
OBJECTS: Mapping[str, Any] = {"type": "array", "items": OBJECT}
FIELDS: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": {"type": ["string", "number", "boolean"]},
    "description": "The fields that the kind asks for, by their ids.",
}


class TokenRight(StrEnum):
    """What a token needs for a call."""

    EVENT = "event"
    ASK = "ask"
    READ = "read"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """One call.

    `right` is what the token needs, `answer` the properties of its document beside `version`.
    """

    id: str
    method: str
    path: str
    summary: str
    right: TokenRight | None
    status: int = 200
    parameters: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] = field(default_factory=dict)
    answer: Mapping[str, Any] = field(default_factory=dict)

    @property
    def pattern(self) -> str:
        """Return the regular expression of its paths."""
        return re.sub(r"\{[a-z]+\}", r"([0-9A-Za-z-]{4,36})", PREFIX + self.path)


ENDPOINTS: Sequence[Endpoint] = (
    Endpoint(
        id="registerEvent",
        method="POST",
        path="/events",
        summary="Register an event; it opens the duties of all departments concerned.",
        right=TokenRight.EVENT,
        status=201,
        body={
            "type": "object",
            "additionalProperties": False,
            "required": ["type", "subject"],
            "properties": {
                "type": {**TEXT, "description": "The kind of event, one that the token names."},
                "subject": {**TEXT, "description": "The vehicle, contract or person that it is about."},
                "at": {**INSTANT, "description": "When it happened or is planned; now when left out."},
                "fields": FIELDS,
                "again": {**FLAG, "description": "Register it even if it seems to be there already."},
            },
        },
        answer={
            "event": OBJECT,
            "opened": OBJECTS,
            "moved": OBJECTS,
            "cancelled": OBJECTS,
            "claimed": OBJECTS,
            "nothing_owed": OBJECTS,
        },
    ),
    Endpoint(
        id="askForSomething",
        method="POST",
        path="/requests",
        summary="Ask another department for something that it has promised on request.",
        right=TokenRight.ASK,
        status=201,
        body={
            "type": "object",
            "additionalProperties": False,
            "required": ["obligation"],
            "properties": {
                "obligation": {**TEXT, "description": "What is asked for, by its id."},
                "to": {**TEXT, "description": "The department, where several owe it."},
                "subject": TEXT,
                "text": {**TEXT, "description": "What exactly is needed."},
                "wanted": {**TEXT, "description": "A day or a time: 2026-11-20, 2026-11-20 16:40."},
                "fields": FIELDS,
                "papers": {"type": "array", "items": TEXT, "description": "Papers that are there already."},
                "again": {**FLAG, "description": "Ask even if it was asked for just now."},
            },
        },
        answer={"request": OBJECT, "duty": OBJECT},
    ),
    Endpoint(
        id="listDue",
        method="GET",
        path="/due",
        summary="List the duties that are not finished.",
        right=TokenRight.READ,
        parameters={
            "scope": "`ours` (what the department owes), `owed_to_us` or `all`.",
            "department": "Another department than the token's, by its id.",
        },
        answer={
            "at": INSTANT,
            "scope": TEXT,
            "department": TEXT,
            "until": {"type": ["string", "null"]},
            "duties": OBJECTS,
        },
    ),
    Endpoint(
        id="showDuty",
        method="GET",
        path="/duties/{reference}",
        summary="Show one duty with its evidence, deliveries and history.",
        right=TokenRight.READ,
        answer={"duty": OBJECT},
    ),
    Endpoint(
        id="listScores",
        method="GET",
        path="/scores",
        summary="Return the service levels of a month or another range.",
        right=TokenRight.READ,
        parameters={
            "range": "`2026-10`, `2026-Q3`, `2026`, `last month` …; this month when left out.",
            "by": "`department` or `obligation`.",
        },
        answer={"range": OBJECT, "closed": FLAG, "by": TEXT, "levels": OBJECTS, "total": OBJECT},
    ),
    Endpoint(
        id="listEventTypes",
        method="GET",
        path="/event-types",
        summary="List the kinds of events and the fields that each asks for.",
        right=None,
        answer={"event_types": OBJECTS},
    ),
)


def found_endpoint(method: str, path: str) -> tuple[Endpoint | None, tuple[str, ...]]:
    """Return the call of a method and a path with the path's values, or None."""
    for endpoint in ENDPOINTS:
        matched = re.fullmatch(endpoint.pattern, path)
        if matched and endpoint.method == method:
            return endpoint, matched.groups()
    return None, ()


def methods_of(path: str) -> list[str]:
    """Return the methods that a path takes."""
    return [one.method for one in ENDPOINTS if re.fullmatch(one.pattern, path)]


def description(url: str) -> dict[str, Any]:
    """Return the OpenAPI document of the calls."""
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in ENDPOINTS:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "sla_tracker",
            "version": VERSION,
            "description": "What departments owe each other. Documents are those of `sla … --json`.",
        },
        "servers": [{"url": url + PREFIX}],
        "security": [{"token": []}],
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": {"Problem": PROBLEM_SCHEMA},
        },
        "paths": paths,
    }


PROBLEM_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "description": "RFC 9457. `detail` is a sentence in the language asked for.",
    "required": ["type", "title", "status"],
    "properties": {
        "type": TEXT,
        "title": TEXT,
        "status": {"type": "integer"},
        "detail": TEXT,
        "problems": {"type": "array", "items": TEXT},
    },
}
PROBLEMS = (400, 401, 403, 404, 405, 408, 409, 413, 415, 422, 429, 500, 503)
LOST_CHANGE = 504  # of a call that changes something: it was done or not


def _operation(endpoint: Endpoint) -> dict[str, Any]:
    version: dict[str, Any] = {"version": {"type": "integer"}}
    schema = {
        "type": "object",
        "required": ["version", *endpoint.answer],
        "properties": {**version, **endpoint.answer},
    }
    problem = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    responses: dict[str, Any] = {
        str(endpoint.status): {
            "description": HTTPStatus(endpoint.status).phrase,
            "content": {"application/json": {"schema": schema}},
        }
    }
    for status in (*PROBLEMS, *([LOST_CHANGE] if endpoint.body else [])):
        responses[str(status)] = {"description": HTTPStatus(status).phrase, "content": problem}
    names = re.findall(r"\{([a-z]+)\}", endpoint.path)
    parameters = [
        *({"name": name, "in": "path", "required": True, "schema": TEXT} for name in names),
        *(
            {"name": name, "in": "query", "schema": TEXT, "description": said}
            for name, said in endpoint.parameters.items()
        ),
    ]
    operation: dict[str, Any] = {
        "operationId": endpoint.id,
        "summary": endpoint.summary,
        "parameters": parameters,
        "responses": responses,
    }
    if endpoint.body:
        parameters.append(
            {
                "name": "Idempotency-Key",
                "in": "header",
                "schema": {"type": "string", "minLength": 1, "maxLength": 100, "pattern": "^[ -~]+$"},
                "description": "The same key and body get the same answer for 30 days; nothing is done twice.",
            }
        )
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": endpoint.body}},
        }
    return operation
