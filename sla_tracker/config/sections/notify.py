"""`[notify.NAME]`: the channels that send reminders.

The deployment chooses their names.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator
from pydantic import Field as Key

from sla_tracker.config.sections.base import Id, Name, Section
from sla_tracker.domain.clean import clean
from sla_tracker.domain.reminders.policy import IN_TERMINAL, TERMINAL, ChannelTerms, Reach
from sla_tracker.domain.toml_reader import Key as Place
from sla_tracker.domain.toml_reader import unknown_name
from sla_tracker.errors import N_, SlaError, UsageError, Wrong
from sla_tracker.services.reminders.messages import ChannelSettings, Security, unencrypted_problem

# Required and optional keys of each kind; kinds from plugins take every key, `options` included.
NEEDED = {
    "mail": ("host", "sender"),
    "wecom": ("url_from",),
    "dingtalk": ("url_from",),
    "feishu": ("url_from",),
    "webhook": ("url_from",),
    "desktop": (),
}
POSSIBLE = {
    "mail": ("port", "security", "user", "password_from", "sender_name", "ca_file", "timeout_seconds"),
    "wecom": ("ca_file", "timeout_seconds", "departments"),
    "dingtalk": ("secret_from", "ca_file", "timeout_seconds", "departments"),
    "feishu": ("secret_from", "ca_file", "timeout_seconds", "departments"),
    "webhook": ("secret_from", "recognises_repeats", "ca_file", "timeout_seconds"),
    "desktop": ("timeout_seconds",),
}
REACHES = {
    "mail": Reach.ADDRESS,
    "wecom": Reach.GROUP,
    "dingtalk": Reach.GROUP,
    "feishu": Reach.GROUP,
    "webhook": Reach.HERE,
    "desktop": Reach.HERE,
}


def _secret_source(source: str) -> str:
    kind, _, place = source.partition(":")
    if kind not in {"env", "file"} or not place or clean(source) != source:
        raise Wrong(
            UsageError(
                N_(
                    "Secrets never stand in the settings; write env:NAME of a variable or file:/path of a file."
                )
            )
        )
    return source


SecretSource = Annotated[str, AfterValidator(_secret_source)]


class ChannelTable(Section):
    """One channel that sends reminders.

    `kind` left out is the channel's name. Which other keys it takes depends on the kind.
    """

    kind: str = ""
    departments: list[str] = Key(default_factory=list)
    reach: Annotated[Reach | None, Key(strict=False)] = None
    host: Name | None = None
    port: Annotated[int, Key(ge=1, le=65535)] | None = None
    security: Annotated[Security, Key(strict=False)] | None = None
    user: Name | None = None
    password_from: SecretSource | None = None
    sender: Name | None = None
    sender_name: Name | None = None
    url_from: SecretSource | None = None
    secret_from: SecretSource | None = None
    recognises_repeats: bool | None = None
    ca_file: Name | None = None
    timeout_seconds: Annotated[int, Key(ge=1, le=60)] | None = None
    options: dict[str, object] = Key(default_factory=dict)

    def settings(self, name: str) -> ChannelSettings:
        """Return the channel as planning and sending use it."""
        kind = self.kind or name
        reach = self.reach or REACHES.get(kind, Reach.GROUP)
        own = self.model_dump(
            mode="json", exclude={"kind", "departments", "reach", "options"}, exclude_none=True
        )
        return ChannelSettings(
            terms=ChannelTerms(name=name, kind=kind, reach=reach, departments=tuple(self.departments)),
            options={**self.options, **own, "name": name},
        )


Channels = dict[Id, ChannelTable]


def terms_of(channels: Mapping[str, ChannelTable]) -> dict[str, ChannelTerms]:
    """Return the properties of each channel that planning needs.

    The terminal is included.
    """
    return {TERMINAL: IN_TERMINAL} | {name: table.settings(name).terms for name, table in channels.items()}


def channel_problems(
    channels: Mapping[str, ChannelTable], more_kinds: Collection[str]
) -> Iterator[tuple[Place, SlaError]]:
    """Yield the errors of channels.

    Unknown kinds, missing keys, keys that a kind does not take.
    """
    for name, table in channels.items():
        place: Place = ("notify", name)
        kind = table.kind or name
        if name == TERMINAL:
            yield place, UsageError(N_("The terminal is always there; it needs no settings."))
        elif kind not in NEEDED:
            if kind not in more_kinds:
                yield (*place, "kind") if table.kind else place, unknown_name(kind, (*NEEDED, *more_kinds))
        else:
            yield from _key_problems(place, kind, table.model_fields_set - {"kind"})
            if kind == "mail" and table.host and (problem := unencrypted_problem(table.host, table.security)):
                yield (*place, "security"), problem


def _key_problems(place: Place, kind: str, given: set[str]) -> Iterator[tuple[Place, SlaError]]:
    for key in NEEDED[kind]:
        if key not in given:
            yield place, UsageError(N_("A channel of the kind {kind} needs {key}."), kind=kind, key=key)
    allowed = (*NEEDED[kind], *POSSIBLE[kind])
    for key in sorted(given - set(allowed)):
        yield (
            (*place, key),
            UsageError(
                N_("A channel of the kind {kind} does not take {key}; it takes {allowed}."),
                kind=kind,
                key=key,
                allowed=", ".join(allowed),
            ),
        )
