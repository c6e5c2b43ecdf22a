"""The contract of a plugin.

Subclass `PluginContract` in a test file and name the plugin.

```python
class TestOurs(PluginContract):
    plugin = our_module            # or the path of a checklist
    departments = ("finance",)     # those it refers to and other plugins declare
```
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime

from sla_tracker.domain.agreements.fields import Field
from sla_tracker.domain.agreements.obligation import Department, Obligation, OnEvent
from sla_tracker.domain.deadlines.due import Deadline, precedes_event
from sla_tracker.domain.deadlines.explanation import explain
from sla_tracker.domain.duties.event import EventType
from sla_tracker.domain.text import Text
from sla_tracker.plugin_host.declarations import Declared
from sla_tracker.plugin_host.host import PluginHost
from sla_tracker.plugin_host.isolation.time_limits import SLOW
from sla_tracker.plugin_host.loading import load_plugins
from sla_tracker.plugin_host.status import PluginStatus
from sla_tracker.services.authoring.preview import coming, examples
from sla_tracker.services.deployment import PluginState
from sla_tracker.services.ports import Act, Change
from sla_tracker.testing.company import a_calendar, a_duty

NAME = "plugin-under-test"
COMPANIONS = "companions"
YEAR = (date(2026, 1, 1), date(2027, 1, 1))
AT = datetime(2026, 11, 20, 8, tzinfo=UTC)
ODD_ANSWERS: tuple[dict[str, str], ...] = (
    {},
    {"no-such-field": "x"},
    {"amount": "not a number"},
    {"note": "\x1b[2J" + "长" * 2000},
)


class _Companions:
    """A plugin that declares what the tested plugin refers to."""

    def __init__(self, departments: tuple[str, ...], event_types: tuple[EventType, ...]) -> None:
        from sla_tracker import hookimpl

        brought = tuple(Department(id=id, name=Text(id, id)) for id in departments)

        def sla_register_departments() -> tuple[Department, ...]:
            return brought

        def sla_register_event_types() -> tuple[EventType, ...]:
            return event_types

        self.sla_register_departments = hookimpl(sla_register_departments)
        self.sla_register_event_types = hookimpl(sla_register_event_types)


class PluginContract:
    """Tests that every plugin has to pass.

    `plugin` is a module or object with hooks, or the path of a checklist. `departments` and `event_types` are those
    that it refers to and that other plugins declare. `languages` are those in which every text must exist.
    """

    plugin: object
    departments: tuple[str, ...] = ()
    event_types: tuple[EventType, ...] = ()
    languages: tuple[str, ...] = ()

    def host(self) -> PluginHost:
        """Load the plugin among its companions."""
        companions = _Companions(self.departments, self.event_types)
        return load_plugins(offered=(), given={COMPANIONS: companions, NAME: self.plugin})

    def status(self, host: PluginHost) -> PluginStatus:
        """Return the host's status of the plugin."""
        (found,) = (status for status in host.plugins if status.name == NAME)
        return found

    def declared(self) -> Declared:
        """Return the plugin's declarations.

        Fails with the host's reason if the plugin is not active.
        """
        host = self.host()
        assert NAME in host.declared, self.status(host).reason
        return host.declared[NAME]

    def test_it_is_let_in(self) -> None:
        """The host takes everything the plugin declares."""
        found = self.status(self.host())
        assert (found.state, found.reason) == (PluginState.ACTIVE, "")
        assert found.warnings == ()

    def test_it_declares_the_same_every_time(self) -> None:
        """Two starts of the program see the same terms.

        Nothing depends on the day, on chance or on the network.
        """
        assert self.host().catalogue.digest == self.host().catalogue.digest

    def test_it_does_not_keep_people_waiting(self) -> None:
        """Loading it takes less than what the host calls slow."""
        found = self.status(self.host())
        assert found.slow == {}
        assert found.seconds < SLOW

    def test_every_deadline_explains_itself(self) -> None:
        """Every deadline of a year, an event or a request has steps put into words."""
        for obligation, deadline in self._deadlines():
            for lang in ("zh", "en"):
                sentences = explain(deadline.steps, lang=lang, zone=a_calendar().zone)
                assert all(sentences), obligation.id

    def test_nothing_is_due_before_its_event(self) -> None:
        """Only rules that say so are due before the event they are about."""
        for example in examples(self._in_force(), lambda department, named="": a_calendar(), AT):
            trigger = example.trigger
            if not (isinstance(trigger, OnEvent) and precedes_event(trigger.due)):
                assert example.deadline.due_at >= AT, example.obligation.id

    def test_texts_are_there_in_the_promised_languages(self) -> None:
        """Each text exists in each of `languages`."""
        missing = [
            (text, lang)
            for text in _texts(self.declared())
            for lang in self.languages
            if not getattr(text, lang)
        ]
        assert missing == []

    def test_reviews_bear_whatever_people_type(self) -> None:
        """A review of any of its duties gives sentences, whatever the evidence holds."""
        host = self.host()
        for id in ("foreign-duty", *(one.id for one in self.declared().obligations)):
            for answers in ODD_ANSWERS:
                assert all(host.review(a_duty(obligation=id), answers).objections), id
        assert self.status(host).reason == ""

    def test_observers_bear_every_change(self) -> None:
        """A change of anything, known or not, is observed without an error."""
        host = self.host()
        act = Act(what="some_new_act", by="nobody", at=AT)
        for touched in ((), (("Duty", "gone"),), (("SomethingNew", "x"),)):
            host.observe(Change(sequence=1, act=act, touched=touched))
        assert self.status(host).reason == ""

    def _in_force(self) -> tuple[Obligation, ...]:
        return tuple(one for one in self.declared().obligations if not one.retired)

    def _deadlines(self) -> Iterator[tuple[Obligation, Deadline]]:
        for opening in coming(
            self.host().catalogue, self._in_force(), lambda department, named="": a_calendar(), *YEAR
        ):
            yield opening.obligation, opening.deadline
        for example in examples(self._in_force(), lambda department, named="": a_calendar(), AT):
            yield example.obligation, example.deadline


def _texts(declared: Declared) -> Iterator[Text]:
    yield from (one.name for one in declared.departments)
    for event_type in declared.event_types:
        yield from (event_type.title, event_type.subject, *_labels(event_type.fields))
    for obligation in declared.obligations:
        yield obligation.title
        yield from _labels(obligation.evidence)
        if obligation.guide is not None:
            yield obligation.guide


def _labels(fields: tuple[Field, ...]) -> Iterator[Text]:
    for field in fields:
        yield field.label
        yield from (choice.label for choice in field.choices)
