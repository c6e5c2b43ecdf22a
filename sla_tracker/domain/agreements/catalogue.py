"""Defines the departments, obligations and event types that plugins declare."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from typing import TypeVar

from sla_tracker.domain.agreements.obligation import Department, Obligation, OnEvent, OnRequest
from sla_tracker.domain.agreements.renames import Renames, names_of
from sla_tracker.domain.duties.event import EventType
from sla_tracker.domain.text import Text
from sla_tracker.errors import N_, Choices, NotFound
from sla_tracker.value_class import dataclass

MOST_NAMED = 5  # of what there is, in a refusal
T = TypeVar("T", bound=Department | Obligation | EventType)


@dataclass(frozen=True, slots=True, kw_only=True)
class Catalogue:
    """Departments, obligations and event types by id, in the order of declaration.

    `variants` are shared obligations as the deployment changes them for one provider, by id and provider.
    `digest` is the SHA-256 of all terms, empty until the plugin host has computed it.
    """

    departments: Mapping[str, Department] = field(default_factory=dict)
    obligations: Mapping[str, Obligation] = field(default_factory=dict)
    event_types: Mapping[str, EventType] = field(default_factory=dict)
    digest: str = ""
    variants: Mapping[tuple[str, str], Obligation] = field(default_factory=dict)
    _bound: dict[str, tuple[Obligation, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """Obligations as they bind each provider, filled by the first question."""
    _dependents: dict[str, tuple[str, ...]] = field(
        default_factory=dict, init=False, repr=False, compare=False
    )
    """Obligations that depend on each one, filled by the first question; every saved duty asks."""

    def renames(self) -> Renames:
        """Return the old ids of everything declared."""
        return Renames(
            departments=names_of(self.departments.values()),
            obligations=names_of(self.obligations.values()),
            event_types=names_of(self.event_types.values()),
        )

    def department(self, id: str) -> Department:
        """Return a department by id, old id or name in either language; raises NotFound."""
        return _find(
            self.departments,
            id,
            lambda one: one.name,
            N_("There is no department “{id}”; there are {known}."),
            N_("There is no department “{id}”. Did you mean {near}?"),
        )

    def obligation(self, id: str) -> Obligation:
        """Return an obligation by id, old id or title in either language; raises NotFound."""
        return _find(
            self.obligations,
            id,
            lambda one: one.title,
            N_("There is no obligation “{id}”; there are {known}. sla agree list --all lists them all."),
            N_("There is no obligation “{id}”. Did you mean {near}?"),
        )

    def event_type(self, id: str) -> EventType:
        """Return an event type by id, old id or title in either language; raises NotFound."""
        return _find(
            self.event_types,
            id,
            lambda one: one.title,
            N_("There is no event type “{id}”; there are {known}."),
            N_("There is no event type “{id}”. Did you mean {near}?"),
        )

    def opened_by(self, event_type: str) -> Iterator[tuple[Obligation, OnEvent]]:
        """Yield each obligation in force that an event type may open, with the trigger."""
        for obligation in self.in_force():
            for trigger in obligation.triggers:
                if isinstance(trigger, OnEvent) and trigger.event_type == event_type:
                    yield obligation, trigger

    def on_request(self) -> Iterator[tuple[Obligation, OnRequest]]:
        """Yield each obligation in force that a consumer can request, with the trigger."""
        for obligation in self.in_force():
            for trigger in obligation.triggers:
                if isinstance(trigger, OnRequest):
                    yield obligation, trigger

    def dependents(self, obligation: str) -> tuple[str, ...]:
        """Return the ids of the obligations that wait for an obligation or count from it."""
        if not self._dependents:
            found: dict[str, list[str]] = {id: [] for id in self.obligations}
            for one in self.obligations.values():
                for id in one.refers_to():
                    found.setdefault(id, []).append(one.id)
            self._dependents.update({id: tuple(ids) for id, ids in found.items()})
        return self._dependents.get(obligation, ())

    def in_force(self) -> Iterator[Obligation]:
        """Yield the obligations that still open duties, shared ones for each provider."""
        return (
            bound
            for obligation in self.obligations.values()
            if not obligation.retired
            for bound in self.bound(obligation.id)
        )

    def bound(self, id: str) -> tuple[Obligation, ...]:
        """Return an obligation as it binds each of its providers; none for an unknown id."""
        if id not in self._bound:
            declared = self.obligations.get(id)
            self._bound[id] = tuple(
                self.variants.get((id, one.provider), one)
                for one in (declared.bound(self.departments) if declared is not None else ())
            )
        return self._bound[id]

    def beside(self, id: str, own: Obligation | None, provider: str) -> tuple[Obligation, ...]:
        """Return an obligation as it binds those to whom another one's duty refers.

        Where several departments owe both, only the same department is meant, else each of them.
        """
        bound = self.bound(id)
        if own is None or not own.is_shared:
            return bound
        return tuple(one for one in bound if not one.is_shared or one.provider == provider)

    def owed_by(self, id: str, provider: str) -> Obligation | None:
        """Return an obligation as it binds a provider; None if that owes it no longer.

        One that a single department owes is returned for any provider: its duties may have been handed over.
        """
        bound = self.bound(id)
        if len(bound) == 1 and not bound[0].is_shared:
            return bound[0]
        return next((one for one in bound if one.provider == provider), None)


def _find(
    values: Mapping[str, T], id: str, called: Callable[[T], Text], message: str, near_message: str
) -> T:
    if id in values:
        return values[id]
    now = names_of(values.values()).present(id)
    if now in values:
        return values[now]
    for one in values.values():
        if id and id in {called(one).zh, called(one).en}:
            return one
    from difflib import get_close_matches

    # 0.7 of 1: close enough for a typing mistake, too strict for an unrelated name.
    names = (name for one in values.values() for name in (called(one).zh, called(one).en) if name)
    near = get_close_matches(id, (*values, *names), n=1, cutoff=0.7)
    if near:
        raise NotFound(near_message, id=id, near=near[0])
    found = {name: called(one) for name, one in values.items()}
    if len(found) > MOST_NAMED:
        nearest = sorted(found, key=lambda name: _distance(id, (name, found[name].zh, found[name].en)))
        found = {name: found[name] for name in nearest}
    raise NotFound(message, id=id, known=Choices(found, MOST_NAMED))


def _distance(typed: str, names: Sequence[str]) -> float:
    """Return how unlike a text the nearest of some names is, from 0 to 1."""
    from difflib import SequenceMatcher

    return 1 - max(SequenceMatcher(None, typed, name).ratio() for name in names)
