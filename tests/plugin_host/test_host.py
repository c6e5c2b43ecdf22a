"""A plugin that is wrong costs itself only: it is named, with its reason, and the others go on."""

import os
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from decimal import Decimal
from importlib.metadata import EntryPoint
from itertools import count
from pathlib import Path
from types import SimpleNamespace

import pytest

from sla_tracker import (
    About,
    Change,
    Condition,
    DayOfMonth,
    Department,
    Duty,
    EveryWorkday,
    Field,
    FieldKind,
    InDays,
    InWorkdays,
    InWorkingHours,
    OnEvent,
    OnRequest,
    OnWorkday,
    Policy,
    Recurring,
    ReminderStep,
    Text,
    hookimpl,
)
from sla_tracker.domain.reminders.policy import AllowedHours
from sla_tracker.domain.time.work_hours import Segment
from sla_tracker.plugin_host.host import PluginHost
from sla_tracker.plugin_host.isolation import time_limits
from sla_tracker.plugin_host.loading import load_plugins
from sla_tracker.plugin_host.quarantine import Quarantine
from sla_tracker.services.deployment import PluginState
from sla_tracker.services.ports import Act, Review
from sla_tracker.testing.company import a_duty
from tests.plugin_host.samples import (
    GOOD,
    GOOD_CHECKLIST,
    GOOD_PYTHON,
    Offered,
    declaring,
    department,
    event_type,
    hosted,
    obligation,
    on_sale,
    plugin,
    status,
)


class Liar(str):
    __slots__ = ()


def fails(error: BaseException) -> Callable[[], object]:
    def run() -> object:
        raise error

    return run


def wrapper() -> SimpleNamespace:
    @hookimpl(wrapper=True)
    def sla_register_departments():  # type: ignore[no-untyped-def]
        return (yield)

    return SimpleNamespace(sla_register_departments=sla_register_departments)


def unsaid(error: type[Exception]) -> BaseException:
    class Unsayable(error):  # type: ignore[misc, valid-type]
        def __str__(self) -> str:
            raise RuntimeError("no words")

    return Unsayable()


def named(name: Text) -> SimpleNamespace:
    return declaring(Department(id="odd", name=name))


def field(**more: object) -> Field:
    given: dict[str, object] = {"id": "f", "kind": FieldKind.TICK, "label": Text("项", "f")} | more
    return Field(**given)  # type: ignore[arg-type]


ANY_HOURS = AllowedHours()


def reminding(*steps: ReminderStep, hours: AllowedHours = ANY_HOURS) -> SimpleNamespace:
    return declaring(department(), event_type(), obligation(reminders=Policy(steps=steps, hours=hours)))


WORKDAY = InWorkdays(workdays=1)
MONTHLY = DayOfMonth(day=5)

ODD_EVENT = OnEvent(event_type="car\tsold", due=WORKDAY)

BROKEN: dict[str, tuple[object, str]] = {
    "raises at import": (fails(ImportError("no such module")), "ImportError: no such module"),
    "leaves the program": (fails(SystemExit(3)), "SystemExit"),
    "cannot even say why": (fails(unsaid(ValueError)), "Unsayable"),
    "raises in a hook": (plugin(sla_register_departments=fails(KeyError("x"))), "KeyError"),
    "has no hooks": (SimpleNamespace(other=lambda: None), "@hookimpl"),
    "misspells a hook": (plugin(sla_register_obligation=lambda: [obligation()]), "sla_register_obligations"),
    "asks for too much": (plugin(sla_register_departments=lambda store: []), "store"),
    "wraps the others": (wrapper(), "wrapper"),
    "returns a number": (plugin(sla_register_departments=lambda: 5), "int 5"),
    "returns a sentence": (plugin(sla_register_departments=lambda: "finance"), "str 'finance'"),
    "returns strangers": (plugin(sla_register_obligations=lambda: [department()]), "Department"),
    "never stops yielding": (
        plugin(sla_register_departments=lambda: (department() for _ in count())),
        "at most 2000",
    ),
    "repeats itself": (declaring(department("a"), department("a")), "already declared"),
    "reminds over midnight": (reminding(hours=AllowedHours(span=Segment(1200, 1800))), "is no span of a day"),
    "reminds in a zone": (
        reminding(ReminderStep(id="soon", when=OnWorkday(workdays=-1, at=time_of_day(9, tzinfo=UTC)))),
        "the local clock time, without a time zone",
    ),
    "compares with a time in a zone": (
        declaring(
            department(),
            event_type(),
            obligation(
                trigger=OnEvent(
                    event_type="car-sold",
                    due=WORKDAY,
                    condition=Condition(after=time_of_day(17, tzinfo=UTC)),
                )
            ),
        ),
        "condition.after: give the local clock time, without a time zone",
    ),
    "has an id in capitals": (declaring(department("Finance")), "'Finance'"),
    "has a path for an id": (declaring(department("../etc")), "is no id"),
    "has a very long id": (declaring(department("x" * 65)), "is no id"),
    "has a lying id": (declaring(Department(id=Liar("odd"), name=Text("a", "a"))), "Liar"),
    "has a number for a name": (declaring(Department(id="odd", name=5)), "Text"),  # type: ignore[arg-type]
    "has no name": (named(Text("", " ")), "in Chinese, in English or in both"),
    "has escape codes in a name": (named(Text("红\x1b[31m", "red")), "U+001B"),
    "reorders its name": (named(Text("财务\u202e部", "x")), "right-to-left override"),
    "hides a space in its name": (named(Text("财务\u200b部", "x")), "U+200B"),
    "has markup in its name": (named(Text("财务", "[@click=app.quit]x")), "markup"),
    "has an endless name": (named(Text("长" * 201, "x")), "at most 200"),
    "has two fields of one id": (declaring(event_type(fields=(field(), field()))), "2 times"),
    "has a choice without answers": (
        declaring(event_type(fields=(field(kind=FieldKind.CHOICE),))),
        "choices",
    ),
    "has a field of no kind": (declaring(event_type(fields=(field(kind="tick"),))), "FieldKind"),
    "opens nothing": (declaring(department(), replace(obligation(), triggers=())), "at least one trigger"),
    "opens by a list": (
        declaring(department(), replace(obligation(), triggers=[on_sale()])),  # type: ignore[arg-type]
        "tuple",
    ),
    "recurs by an event's rule": (
        declaring(department(), obligation(trigger=Recurring(due=WORKDAY))),
        "day of the",
    ),
    "counts from an event by the calendar": (
        declaring(department(), event_type(), obligation(trigger=on_sale(MONTHLY))),
        "days of the calendar",
    ),
    "serves before it is asked": (
        declaring(department(), obligation(trigger=OnRequest(due=InDays(days=-1)))),
        "after it was made",
    ),
    "assumes what is none": (
        declaring(department(), obligation(trigger=OnRequest(due=WORKDAY, assumed=("day",)))),
        "allowed are due, answer",
    ),
    "aims too high": (declaring(department(), event_type(), obligation(target=Decimal(95))), "0 to 1"),
    "aims at a float": (declaring(department(), event_type(), obligation(target=0.95)), "Decimal"),
    "opens years before": (declaring(department(), event_type(), obligation(opens_before=600)), "0 to 60"),
    "owes a stranger": (
        declaring(department(), event_type(), obligation(consumer="finanec")),
        "Did you mean “finance”?",
    ),
    "waits for a stranger": (
        declaring(department(), event_type(), obligation(depends_on=("nothing",))),
        "no active plugin declares “nothing”",
    ),
    "waits for itself": (
        declaring(department(), event_type(), obligation(depends_on=("papers",))),
        "wait for itself",
    ),
    "hears of no event": (declaring(department(), obligation()), "no active plugin declares “car-sold”"),
    "hears of an event of no id": (
        declaring(department(), obligation(trigger=ODD_EVENT)),
        "'car\\tsold' is no id",
    ),
    "waits for no id": (declaring(department(), event_type(), obligation(depends_on=("a\x1b",))), "is no id"),
    "reminds for ever": (
        reminding(ReminderStep(id="x", when=EveryWorkday(most=9999, at=time_of_day(9)))),
        "too far",
    ),
    "reminds years before": (
        reminding(ReminderStep(id="x", when=OnWorkday(workdays=-999, at=time_of_day(9)))),
        "too far",
    ),
    "reminds on no channel": (
        reminding(ReminderStep(id="x", when=InWorkingHours(span=timedelta()), channels=("a b",))),
        "is no id",
    ),
    "reminds twice as one": (
        reminding(*[ReminderStep(id="x", when=InWorkingHours(span=timedelta()))] * 2),
        "2 times",
    ),
    "asks about no field": (
        declaring(
            department(),
            event_type(),
            obligation(
                trigger=OnEvent(event_type="car-sold", due=WORKDAY, condition=Condition(field="cash"))
            ),
        ),
        "“cash”",
    ),
    "has an odd calendar": (plugin(sla_register_calendars=lambda: {"odd": 5}), "int 5"),
    "has no channel": (plugin(sla_register_notifiers=lambda: {"odd": "mail"}), "str 'mail'"),
    "names a channel oddly": (plugin(sla_register_notifiers=lambda: {"a b": print}), "is no id"),
}


@pytest.mark.parametrize("mistake", BROKEN)
def test_a_broken_plugin_costs_itself_only(mistake: str) -> None:
    broken, said = BROKEN[mistake]
    yard = declaring(department("yard"))
    host = hosted(broken=broken, yard=yard)
    found = status(host, "broken")
    assert found.state is PluginState.QUARANTINED
    assert said in found.reason + found.traceback
    assert status(host, "yard").state is PluginState.ACTIVE
    assert list(host.catalogue.departments) == ["yard"]
    assert not host.is_complete


def test_an_exception_keeps_its_traceback() -> None:
    found = status(hosted(broken=plugin(sla_register_departments=fails(KeyError("x")))), "broken")
    assert "Traceback" in found.traceback
    assert "in run" in found.traceback


def test_the_later_of_two_same_ids_goes_and_both_are_named() -> None:
    host = hosted(first=declaring(department("a")), second=declaring(department("b"), department("a")))
    assert list(host.catalogue.departments) == ["a"]
    assert "“a” of plugin “second” is already declared by plugin “first”" in status(host, "second").reason


def test_what_relies_on_a_broken_plugin_goes_with_it() -> None:
    host = hosted(
        base=fails(RuntimeError("gone")),
        middle=declaring(department("yard"), event_type(), obligation(provider="yard")),
        top=declaring(obligation("more", provider="yard", consumer="yard")),
        apart=declaring(department("apart")),
    )
    states = {plugin.name: plugin.state for plugin in host.plugins}
    assert [name for name, state in states.items() if state is PluginState.ACTIVE] == ["apart"]
    assert "no active plugin declares “finance”" in status(host, "middle").reason


def test_a_working_calendar_that_the_settings_lack_is_named_with_those_they_have() -> None:
    def reason(calendar: str, known: tuple[str, ...]) -> str:
        yard = declaring(department(), event_type(), obligation(calendar=calendar))
        host = load_plugins(enabled=["yard"], offered=[], given={"yard": yard}, work_calendars=known)
        return status(host, "yard").reason

    assert reason("workshop", ("sales", "workshop")) == ""
    assert "obligation[papers].calendar: the settings have no such calendar" in reason("nosuch", ("sales",))
    assert "Did you mean “workshop”? Allowed are sales, workshop" in reason("wrkshop", ("sales", "workshop"))


def test_two_obligations_may_not_wait_for_each_other() -> None:
    circle = declaring(
        department(),
        event_type(),
        obligation("one", depends_on=("two",)),
        obligation("two", depends_on=("one",)),
    )
    assert status(hosted(circle=circle), "circle").reason.count("wait for itself") == 2


def test_a_plugin_that_is_not_enabled_is_only_offered() -> None:
    host = load_plugins(offered=[Offered("quiet", fails(AssertionError("loaded")))])
    assert status(host, "quiet").state is PluginState.OFFERED
    assert host.is_complete


def test_an_enabled_plugin_that_is_not_installed_is_named() -> None:
    host = load_plugins(enabled=["sales"], offered=[Offered("salse", lambda: GOOD)])
    assert status(host, "sales").state is PluginState.REFUSED
    assert "offered are salse" in status(host, "sales").reason


def test_nothing_is_loaded_without_plugins() -> None:
    host = load_plugins(
        enabled=["good"], offered=[Offered("good", fails(AssertionError("loaded")))], switched_off=True
    )
    assert status(host, "good").state is PluginState.OFFERED
    assert dict(host.catalogue.obligations) == {}


def test_the_digest_follows_what_is_declared_and_nothing_else() -> None:
    whole = hosted(good=GOOD).catalogue.digest
    assert whole == hosted(elsewhere=GOOD).catalogue.digest
    changed = declaring(department(), event_type(), obligation(accept_within=4))
    assert whole != hosted(good=changed).catalogue.digest


def test_a_hook_that_does_not_return_is_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sla_tracker.plugin_host.hook_calls.HOOK_LIMIT", 0.05)

    def forever() -> object:
        while True:
            try:
                time.sleep(0.01)
            except Exception:  # what a stubborn plugin would do
                continue

    started = time.monotonic()
    host = hosted(slow=plugin(sla_register_departments=forever), yard=declaring(department("yard")))
    assert time.monotonic() - started < 5
    assert "did not return" in status(host, "slow").reason
    assert status(host, "yard").state is PluginState.ACTIVE


@pytest.mark.parametrize(("is_busy", "state"), [(True, PluginState.ACTIVE), (False, PluginState.QUARANTINED)])
def test_waiting_for_a_busy_machine_does_not_count(
    monkeypatch: pytest.MonkeyPatch, is_busy: bool, state: PluginState
) -> None:
    began = time.monotonic()
    monkeypatch.setattr("sla_tracker.plugin_host.hook_calls.HOOK_LIMIT", 0.05)
    others = (lambda: time.monotonic() - began) if is_busy else (lambda: 0.0)
    monkeypatch.setattr(time_limits, "waited_for_processor", others)

    def late() -> list[Department]:
        time.sleep(0.15)
        return [department()]

    monkeypatch.setattr("sla_tracker.plugin_host.hook_calls.SLOW", 0.04)
    found = status(hosted(late=plugin(sla_register_departments=late)), "late")
    assert found.state is state
    assert bool(found.slow) is not is_busy  # and nobody is told that it keeps people waiting


@pytest.mark.skipif(sys.platform != "linux", reason="other systems do not say who waits for a processor")
def test_only_time_in_which_others_have_the_processor_is_waiting_for_it() -> None:
    began, before = time.monotonic(), time_limits.waited_for_processor()
    time.sleep(0.1)
    assert time_limits.waited_for_processor() - before <= time.monotonic() - began - 0.1
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(allowed)})
    busy = subprocess.Popen([sys.executable, "-c", "while True: pass"])  # on the same processor
    try:
        until = time.monotonic() + 10
        while time_limits.waited_for_processor() - before < 0.05 and time.monotonic() < until:
            pass
    finally:
        busy.kill()
        busy.wait()
        os.sched_setaffinity(0, allowed)
    assert time_limits.waited_for_processor() - before >= 0.05


def test_a_slow_hook_is_named_with_what_it_took(monkeypatch: pytest.MonkeyPatch) -> None:
    def at_leisure() -> Iterator[Department]:
        time.sleep(0.05)
        yield department()

    monkeypatch.setattr("sla_tracker.plugin_host.hook_calls.SLOW", 0.04)
    found = status(hosted(late=plugin(sla_register_departments=at_leisure)), "late")
    assert found.state is PluginState.ACTIVE
    assert list(found.slow) == ["sla_register_departments"]
    assert 0.04 < found.slow["sla_register_departments"] <= found.seconds < time_limits.HOOK_LIMIT


def test_a_hook_that_is_slow_twice_keeps_its_longest_time(monkeypatch: pytest.MonkeyPatch) -> None:
    pauses = iter([0.08, 0.05])

    def at_leisure(change: Change) -> None:
        time.sleep(next(pauses))

    monkeypatch.setattr("sla_tracker.plugin_host.hook_calls.SLOW", 0.04)
    host = hosted(late=plugin(sla_after_change=at_leisure))
    for _ in range(2):
        host.observe(CHANGE)
    assert list(status(host, "late").slow) == ["sla_after_change"]
    assert status(host, "late").slow["sla_after_change"] >= 0.08


def test_warnings_of_a_plugin_are_kept() -> None:
    def warning() -> list[Department]:
        warnings.warn("the file is \x1b[31mold", stacklevel=1)
        return [department()]

    found = status(hosted(old=plugin(sla_register_departments=warning)), "old")
    assert found.state is PluginState.ACTIVE
    assert found.warnings == ("the file is old",)


def test_what_was_contributed_is_counted() -> None:
    found = status(hosted(good=GOOD), "good")
    assert found.contributed == {"departments": 1, "event_types": 1, "obligations": 1}


# --- while the program runs -------------------------------------------------------------------------------------------


def test_reviews_are_gathered_and_made_harmless() -> None:
    host = hosted(
        one=plugin(sla_review_delivery=lambda evidence: [f"{evidence['amount']} is odd\x1b[2J"]),
        two=plugin(sla_review_delivery=lambda duty: [Text("不对", "wrong")]),
        three=plugin(sla_review_delivery=lambda: ()),
    )
    assert host.review(a_duty(), {"amount": "12"}).objections == ("12 is odd", "wrong")


@pytest.mark.parametrize(
    "answer", [5, "a sentence", [5], [b"x"], {"a": 1}.values()], ids=lambda answer: type(answer).__name__
)
def test_a_review_that_returns_anything_else_is_quarantined(answer: object) -> None:
    host = hosted(
        odd=plugin(sla_review_delivery=lambda: answer), two=plugin(sla_review_delivery=lambda: ["no"])
    )
    assert host.review(a_duty(), {}).objections == ("no",)
    assert status(host, "odd").state is PluginState.QUARANTINED
    assert host.review(a_duty(), {}).objections == ("no",)


def test_a_review_that_ended_another_process_is_not_run_by_those_that_have_loaded_it(tmp_path: Path) -> None:
    code = (
        "import os\n"
        "from sla_tracker import hookimpl\n"
        "@hookimpl\n"
        "def sla_review_delivery(duty, evidence):\n"
        "    os._exit(7)\n"
    )
    (tmp_path / "reviewer.py").write_text(code, encoding="utf-8")
    (tmp_path / "reviewer.py").chmod(0o644)
    guard = Quarantine(file=tmp_path / "state" / "plugins.json")
    host = load_plugins(offered=[], folder=tmp_path, python_allowed=["reviewer.py"], guard=guard)
    assert status(host, "reviewer").state is PluginState.ACTIVE
    for expected in (7, 0):  # the first session ends in the review, the next one knows
        session = os.fork()
        if session == 0:
            os._exit(host.review(a_duty(), {}) != Review(failed=("reviewer",)))
        assert os.waitstatus_to_exitcode(os.waitpid(session, 0)[1]) == expected
    assert host.review(a_duty(), {}) == Review(failed=("reviewer",))
    assert "It ended the program in sla_review_delivery" in status(host, "reviewer").reason
    assert host.review(a_duty(), {}).failed == ("reviewer",)


def test_a_review_cannot_change_what_it_is_given() -> None:
    seen: list[Duty] = []

    def meddle(duty: Duty, evidence: dict[str, str]) -> list[str]:
        seen.append(duty)
        duty.draft["sheet"] = "forged"
        evidence["sheet"] = "forged"
        return []

    given, evidence = a_duty(), {"sheet": "yes"}
    host = hosted(meddling=plugin(sla_review_delivery=meddle))
    assert host.review(given, evidence).objections == ()
    assert (given.draft, evidence) == ({}, {"sheet": "yes"})
    assert seen[0] is not given
    assert "TypeError" in status(host, "meddling").reason


CHANGE = Change(
    sequence=1, act=Act(what="delivered", by="wang.fang", at=datetime(2026, 11, 20, tzinfo=UTC)), touched=()
)


def test_observers_see_each_change_until_they_fail() -> None:
    seen: list[int] = []
    host = hosted(
        good=plugin(sla_after_change=lambda change: seen.append(change.sequence)),
        bad=plugin(sla_after_change=lambda change: 1 // 0),
    )
    (observer,) = host.observers
    observer(CHANGE)
    observer(replace(CHANGE, sequence=2))
    assert seen == [1, 2]
    assert "ZeroDivisionError" in status(host, "bad").reason
    assert status(host, "good").state is PluginState.ACTIVE


def test_the_context_is_told_nothing_when_nobody_observes() -> None:
    assert hosted(good=GOOD).observers == ()


def test_endless_recursion_is_one_more_mistake() -> None:
    recursion_limit = sys.getrecursionlimit()

    def deep(level: int = 0) -> object:
        return deep(level + 1)

    host = hosted(deep=plugin(sla_register_departments=deep), good=GOOD)
    assert "RecursionError" in status(host, "deep").reason
    assert sys.getrecursionlimit() == recursion_limit


def test_an_obligation_by_calendar_is_taken() -> None:
    monthly = obligation(trigger=Recurring(due=MONTHLY, about=About.CURRENT, assumed=("about", "day")))
    host = hosted(monthly=declaring(department(), monthly))
    assert host.catalogue.obligations["papers"].is_assumed


def test_plugins_in_hand_are_taken_by_name(tmp_path: Path) -> None:
    checklist = tmp_path / "yard.toml"
    checklist.write_text(GOOD_CHECKLIST, encoding="utf-8")
    host = load_plugins(offered=(), given={"code": declaring(department()), "list": checklist})
    assert [plugin.name for plugin in host.plugins] == ["code", "list"]
    assert list(host.catalogue.departments) == ["finance", "yard"]


def test_a_plugin_in_hand_takes_the_place_of_the_one_in_the_folder(tmp_path: Path) -> None:
    in_use, changed = tmp_path / "plugins" / "yard.toml", tmp_path / "yard.toml"
    in_use.parent.mkdir()
    in_use.write_text(GOOD_CHECKLIST, encoding="utf-8")
    changed.write_text(GOOD_CHECKLIST.replace("yard", "court"), encoding="utf-8")
    for folder in (in_use.parent, tmp_path):
        folder.chmod(0o755)
    host = load_plugins(offered=(), folder=in_use.parent, given={"yard": changed})
    assert [(plugin.name, plugin.state) for plugin in host.plugins] == [("yard", PluginState.ACTIVE)]
    assert "court" in host.catalogue.departments


def packed(folder: Path, monkeypatch: pytest.MonkeyPatch, code: str) -> PluginHost:
    package = folder / "sla_packed_sample"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "yard.toml").write_text(GOOD_CHECKLIST, encoding="utf-8")
    (package / "yard.py").write_text(code, encoding="utf-8")
    monkeypatch.syspath_prepend(str(folder))
    for name in [name for name in sys.modules if name.startswith("sla_packed_sample")]:
        monkeypatch.delitem(sys.modules, name)
    return load_plugins(
        enabled=["yard"], offered=[EntryPoint("yard", "sla_packed_sample.yard", "sla_tracker")]
    )


def test_a_checklist_and_the_module_beside_it_are_one_plugin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = "from sla_tracker import hookimpl\n@hookimpl\ndef sla_review_delivery():\n    return ['no']\n"
    host = packed(tmp_path, monkeypatch, code)
    assert host.is_complete, status(host, "yard").reason
    assert list(host.catalogue.obligations) == ["car-parked"]
    assert host.review(a_duty(), {}).objections == ("no",)


def test_only_one_of_the_two_declares(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    host = packed(tmp_path, monkeypatch, GOOD_PYTHON)
    assert "sla_register_departments" in status(host, "yard").reason


def test_event_types_alone_are_taken() -> None:
    host = hosted(events=plugin(sla_register_event_types=lambda: [event_type()]))
    assert list(host.catalogue.event_types) == ["car-sold"]


def test_what_is_broken_is_named_by_its_plugin() -> None:
    host = hosted(good=GOOD, hookless=SimpleNamespace(), wrong=declaring(department("Not an id")))
    hookless, wrong = (one.sentence() for one in host.broken)
    assert hookless.startswith("The plugin “hookless” cannot be used: It implements none of the hooks")
    assert wrong.startswith("What “wrong” declares is wrong:")
