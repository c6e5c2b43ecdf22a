"""No stored field that holds an id of a plugin is left out of the table of renames."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator
from typing import Any, get_args, get_type_hints

import pytest

from sla_tracker.domain.agreements.known_triggers import KnownTrigger
from sla_tracker.domain.agreements.renames import RenamedIds, Renames
from sla_tracker.domain.agreements.request_terms import Limit, RequestTerms
from sla_tracker.domain.consent.agreement import NewObligation, NewTrigger
from sla_tracker.domain.deadlines.due import DueRule, InWorkdays
from sla_tracker.domain.duties.event import Event
from sla_tracker.domain.imports.past import PastDuty
from sla_tracker.domain.imports.run import ImportKind, ImportRun, ListReading
from sla_tracker.domain.measures.month import Month
from sla_tracker.domain.text import Text
from sla_tracker.domain.verbs import Verb
from sla_tracker.services.imports.past_months import past_months
from sla_tracker.services.ports import Store
from sla_tracker.services.queries.present_ids import FIELDS, PresentIds
from sla_tracker.storage.codec import KINDS, PARTS
from sla_tracker.testing.company import a_duty, local
from tests.services.test_renames import company, renamed

NAMED_LIKE_AN_ID = re.compile(
    r"department|provider|consumer|obligation|event_type|giver|taker|complainant|against|judge|responsible|side"
    r"|registered_from|set_from|_from$|recipient|import_key|about$"
)
WITHOUT_IDS = {
    ("Duty", "handed_from"),  # a duty's id
    ("Duty", "imported_from"),
    ("RequestTerms", "settle_from"),  # one of a few words
    ("ListReading", "about"),  # found by its old name too, as people type it
    ("KnownTrigger", "about"),
}
NOW = local("2026-11-20 09:00")
OLD = PresentIds(
    Renames(
        departments=RenamedIds({"verkauf": "sales"}),
        obligations=RenamedIds({"blatt": "sheet"}),
        event_types=RenamedIds({"auto": "car"}),
    )
)


def classes_in(hint: Any) -> Iterator[type]:
    if isinstance(hint, type):
        yield hint
    for part in get_args(hint):
        yield from classes_in(part)


def stored_classes() -> dict[type, dict[str, Any]]:
    """Return every class that is stored, alone or as a part of another one, with the types of its fields."""
    found: dict[type, dict[str, Any]] = {}
    left = [kind.type for kind in (*KINDS, *PARTS)]
    while left:
        one = left.pop()
        left += one.__subclasses__() if issubclass(one, DueRule) else []
        if one in found or not dataclasses.is_dataclass(one):
            continue
        hints = get_type_hints(one)
        found[one] = {field.name: hints[field.name] for field in dataclasses.fields(one)}
        left += [part for hint in found[one].values() for part in classes_in(hint)]
    return found


def test_every_stored_field_with_an_id_is_in_the_table() -> None:
    missing = [
        f"{one.__name__}.{name}"
        for one, hints in stored_classes().items()
        for name, hint in hints.items()
        if str in set(classes_in(hint))
        and NAMED_LIKE_AN_ID.search(name)
        and name not in FIELDS.get(one, {})
        and (one.__name__, name) not in WITHOUT_IDS
    ]
    assert missing == []


def test_every_part_with_an_id_is_reached_from_what_holds_it() -> None:
    stored = stored_classes()
    assert stored.keys() >= FIELDS.keys()
    held = {one for one in stored if one in FIELDS}
    while True:
        more = {
            one
            for one, hints in stored.items()
            if any(set(classes_in(hint)) & held for hint in hints.values())
        }
        if more <= held:
            break
        held |= more
    missing = [
        f"{one.__name__}.{name}"
        for one, hints in stored.items()
        for name, hint in hints.items()
        if set(classes_in(hint)) & held and name not in FIELDS.get(one, {})
    ]
    assert missing == []


@pytest.mark.parametrize(
    ("before", "path", "after"),
    [
        (PastDuty(id="1", obligation="blatt", provider="verkauf", consumer="verkauf", due_at=NOW, delivered_at=NOW,
                  month="2026-10", imported_by="x", imported_at=NOW, import_id="i", import_key="blatt/7"),
         ("obligation", "provider", "consumer", "import_key"), ["sheet", "sales", "sales", "sheet/7"]),
        (ImportRun(id="i", kind=ImportKind.EVENTS, file="f", digest="d", at=NOW, by="x", department="verkauf",
                   reading=ListReading(), rows=1), ("department",), ["sales"]),
        (NewTrigger(id="b", trigger="on_event", event_type="auto"), ("event_type",), ["car"]),
        (Limit(consumers=("verkauf", "loan"), due=InWorkdays(workdays=2)), ("consumers",), [("sales", "loan")]),
    ],
)  # fmt: skip
def test_old_ids_are_read_as_present_ones(before: Any, path: tuple[str, ...], after: list[object]) -> None:
    now = OLD.of(before)
    assert [getattr(now, name) for name in path] == after


def test_ids_in_parts_of_parts_are_read_as_present_ones() -> None:
    further = NewTrigger(id="b", trigger="on_event", event_type="auto")
    new = OLD.of(
        NewObligation(title=Text("a", "a"), trigger="on_event", event_type="auto", further=(further,))
    )
    assert [one.event_type for one in new.opened_by] == ["car", "car"]
    month = Month(id="2026-10", closed_at=NOW, closed_by="x", erased=(a_duty(provider="verkauf"),))
    assert OLD.of(month).erased[0].provider == "sales"
    terms = RequestTerms(
        usual=Limit(due=InWorkdays(workdays=2)),
        limits=(Limit(consumers=("verkauf",), due=InWorkdays(workdays=1)),),
    )
    assert OLD.of(terms).limits[0].consumers == ("sales",)
    rule = '{"after":"blatt","asked_by":["verkauf"],"of":"due","workdays":2}'
    known = KnownTrigger(name="recurring", kind="recurring", rule=rule, provider="verkauf")
    assert OLD.of(known).rule == '{"after":"sheet","asked_by":["sales"],"of":"due","workdays":2}'
    at_noon = '{"after":"12:00:00","equals":"","field":"","type":"auto"}'
    assert OLD.of(
        KnownTrigger(name="a", kind="on_event", rule=at_noon, provider="loan")
    ).rule == at_noon.replace("auto", "car")


def test_a_list_s_keys_are_found_under_the_kind_s_old_name() -> None:
    found = OLD.where(Event, {"import_key": ("car/7", "erp/8")})["import_key"]
    assert isinstance(found, tuple)
    assert set(found) == {"car/7", "auto/7", "erp/8"}


def test_a_renamed_department_keeps_its_imported_past(any_store: Store) -> None:
    before = company(any_store)
    past = PastDuty(
        id="1", obligation="commission-list", provider="sales", consumer="finance", month="2026-10",
        due_at=local("2026-10-05 18:00"), delivered_at=local("2026-10-05 10:00"), imported_by="x",
        imported_at=NOW, import_id="i",
    )  # fmt: skip
    before.write(None, Verb.IMPORTED_PAST, lambda tx, _now: tx.put(past))
    after = renamed(before, departments={"sales": "marketing"})
    assert [(one.provider, one.valid) for one in past_months(after, "marketing")] == [("marketing", 1)]
