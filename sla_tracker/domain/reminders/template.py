"""Message templates of admins, whose fields are filled without evaluating code."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from sla_tracker.errors import N_, SlaError, UsageError

LONGEST_TEMPLATE = 4000  # characters
FIELDS = (
    "title",
    "subject",
    "ref",
    "provider",
    "consumer",
    "assignee",
    "due",
    "when",
    "why",
    "command",
    "link",
)

_FIELD = re.compile(r"\{([^{}]*)\}")


def template_problems(template: str, place: str) -> Iterator[SlaError]:
    """Yield the errors of a template: unknown fields, unmatched braces, too long."""
    if len(template) > LONGEST_TEMPLATE:
        yield UsageError(
            N_("{place} has {length} characters; at most {limit} are possible."),
            place=place,
            length=len(template),
            limit=LONGEST_TEMPLATE,
        )
    for name in _FIELD.findall(template):
        if name not in FIELDS:
            yield UsageError(
                N_("{place} names the field “{name}”, which does not exist; the fields are {fields}."),
                place=place,
                name=name[:64],
                fields=", ".join(FIELDS),
            )
    if set(_FIELD.sub("", template)) & {"{", "}"}:
        yield UsageError(N_("{place} has a brace without its partner."), place=place)


def filled_in(template: str, values: Mapping[str, str]) -> str:
    """Return the template with its fields filled in; braces inside values are kept."""
    return _FIELD.sub(lambda found: values.get(found[1], ""), template)
