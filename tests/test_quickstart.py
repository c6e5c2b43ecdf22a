"""`sla due` from the start-up cache prints the same as without it, loads little, and is skipped when unsure."""

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest
from click.shell_completion import ShellComplete
from hypothesis import given
from hypothesis import strategies as st

from sla_tracker import i18n
from sla_tracker.cli.main import build
from sla_tracker.deployment.direct import DirectDeployment, open_deployment
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.domain.agreements.obligation import Recurring
from sla_tracker.domain.deadlines.due import DayOfMonth
from sla_tracker.domain.duties.duty import Duty, State
from sla_tracker.quickstart import cache_file, due
from sla_tracker.quickstart.cache_file import moving_due_at
from sla_tracker.quickstart.cache_writer import due_course
from sla_tracker.quickstart.fast_call import parse
from sla_tracker.quickstart.journal_tail import CacheInconclusive, CacheOutdated
from sla_tracker.services import events
from sla_tracker.services.duties import holds, operations, scheduler
from sla_tracker.services.duties.current_deadline import due_now
from sla_tracker.testing.company import a_context, an_actor, an_obligation, set_clock
from tests.dealer import a_dealer

ROOT = Path(__file__).resolve().parent.parent
NOW = "2026-11-20T17:30:00+08:00"

Said = tuple[str, str, int]
Saying = Callable[..., Said]

LOOKS = (
    (),
    ("--mine",),
    ("--pool",),
    ("--owed-to-us",),
    ("--all",),
    ("--department", "财务部"),
    ("--department", "loan", "--owed-to-us"),
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a dealer's trial with something in every group, and leave its start-up cache."""
    monkeypatch.setenv("SLA_NOW", NOW)
    monkeypatch.setenv("SLA_LANG", "en")
    monkeypatch.delenv("SLA_DEPLOYMENT", raising=False)
    place = tmp_path / "dealer"
    a_dealer(place).close()
    keep(place)
    return place


def keep(place: Path) -> None:
    from sla_tracker.quickstart.cache_writer import write_cache

    deployment = open_deployment(place)
    write_cache(deployment)
    deployment.close()


@pytest.fixture
def saying(folder: Path, capfd: pytest.CaptureFixture[str]) -> Saying:
    """Return what a way of listing writes, with its exit code."""

    def said(work: Callable[[list[str]], int], *words: str) -> Said:
        i18n.use("en")
        capfd.readouterr()
        code = work(["--deployment", str(folder), "due", *words])
        written = capfd.readouterr()
        return written.out, written.err, code

    return said


def quickly(arguments: list[str]) -> int:
    wish = parse(arguments)
    assert wish is not None
    return due.answer(wish)


def the_long_way(arguments: list[str]) -> int:
    with pytest.raises(SystemExit) as ended:
        build(DeploymentService())(arguments)
    return int(ended.value.code or 0)


@pytest.mark.parametrize("look", LOOKS)
@pytest.mark.parametrize("form", [(), ("--json",), ("--lang", "zh")])
def test_both_ways_say_the_same(saying: Saying, look: tuple[str, ...], form: tuple[str, ...]) -> None:
    quick = saying(quickly, *look, *form)
    assert quick == saying(the_long_way, *look, *form)
    assert quick[2] == 0


def live(deployment: DirectDeployment) -> list[Duty]:
    """Return the open duties of the person's own department, the soonest first."""
    own = deployment.context.store.read(
        lambda tx: tx.find(Duty, state=State.OPEN, provider=deployment.actor.department)
    )
    return sorted(own, key=lambda duty: duty.due_at)


def full(duty: Duty) -> dict[str, str]:
    return {field.id: "yes" if field.kind == "tick" else "1" for field in duty.terms.evidence}


def test_what_others_did_since_is_on_the_list(folder: Path, saying: Saying) -> None:
    before = saying(quickly, "--all", "--json")
    deployment = open_deployment(folder)
    first, second, third, *_rest = live(deployment)
    operations.take(deployment.context, deployment.actor, first.id)
    operations.note(deployment.context, deployment.actor, second.id, '“明天”补上\\", "payload":[')
    operations.deliver(deployment.context, deployment.actor, third.id, full(third))
    deployment.close()
    assert saying(quickly, "--all", "--json") != before
    for look in LOOKS:
        assert saying(quickly, *look) == saying(the_long_way, *look)


def test_a_new_day_takes_the_long_way(folder: Path, saying: Saying, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLA_NOW", "2026-11-20T23:59:59+08:00")
    saying(quickly)
    monkeypatch.setenv("SLA_NOW", "2026-11-21T00:00:00+08:00")
    with pytest.raises(CacheOutdated):
        saying(quickly)


def edit_settings(folder: Path) -> None:
    with (folder / "sla_tracker.toml").open("a", encoding="utf-8") as stream:
        stream.write("# changed\n")


def add_a_checklist(folder: Path) -> None:
    (folder / "plugins" / "kitchen.toml").write_text("", encoding="utf-8")


def import_a_calendar(folder: Path) -> None:
    (folder / "calendars" / "2027.toml").write_text("", encoding="utf-8")


def let_others_write_the_file(folder: Path) -> None:
    (folder / ".seen" / "due").chmod(0o664)


def lose_the_file(folder: Path) -> None:
    (folder / ".seen" / "due").unlink()


def tear_the_file(folder: Path) -> None:
    file = folder / ".seen" / "due"
    file.write_bytes(file.read_bytes()[:-200])


def put_a_pipe_there(folder: Path) -> None:
    lose_the_file(folder)
    os.mkfifo(folder / ".seen" / "due", 0o600)


def damage_the_last_line(folder: Path) -> None:
    deployment = open_deployment(folder)
    operations.note(deployment.context, deployment.actor, live(deployment)[0].id, "a note")
    deployment.close()
    segment = folder / "store" / "segments" / "00000001.journal"
    segment.write_bytes(segment.read_bytes().replace(b'"text":"a note"', b'"text":"a vote"'))


def leave_a_torn_line(folder: Path) -> None:
    segment = folder / "store" / "segments" / "00000001.journal"
    content = segment.read_bytes()
    whole = content.rstrip(b"\0")
    segment.write_bytes((whole + b'{"hash":"').ljust(len(content), b"\0"))


def write_much(folder: Path) -> None:
    deployment = open_deployment(folder)
    for number in range(65):
        operations.note(deployment.context, deployment.actor, live(deployment)[0].id, f"{number}")
    deployment.close()


@pytest.mark.parametrize(
    "change",
    [
        edit_settings,
        add_a_checklist,
        import_a_calendar,
        let_others_write_the_file,
        lose_the_file,
        tear_the_file,
        put_a_pipe_there,
        damage_the_last_line,
        leave_a_torn_line,
        write_much,
    ],
)
def test_what_does_not_fit_takes_the_long_way(
    folder: Path, saying: Saying, change: Callable[[Path], None]
) -> None:
    change(folder)
    with pytest.raises(CacheOutdated):
        saying(quickly, "--all")


@pytest.mark.parametrize("instant", ["0001-01-01T00:00:00+08:00", "9999-12-31T09:00:00+08:00", "tomorrow"])
def test_a_clock_stopped_where_no_calendar_reaches_is_refused(
    folder: Path, saying: Saying, monkeypatch: pytest.MonkeyPatch, instant: str
) -> None:
    keep(folder)
    monkeypatch.setenv("SLA_NOW", instant)
    with pytest.raises((CacheOutdated, CacheInconclusive)):
        saying(quickly)
    assert saying(the_long_way)[1:] == (
        f"SLA_NOW is “{instant}”; write an instant with its offset, such as 2026-11-20T17:30:00+08:00.\n",
        6,
    )


def test_silence_that_has_passed_takes_the_long_way(
    folder: Path, saying: Saying, monkeypatch: pytest.MonkeyPatch
) -> None:
    deployment = open_deployment(folder)
    given = live(deployment)[0]
    delivered = operations.deliver(deployment.context, deployment.actor, given.id, full(given))
    deployment.close()
    assert delivered.accept_by_at is not None
    for _ in range(2):  # known from the journal's last lines, then from the file
        monkeypatch.setenv("SLA_NOW", NOW)
        saying(quickly)
        keep(folder)
    monkeypatch.setenv("SLA_NOW", delivered.accept_by_at.replace(hour=23).isoformat())
    with pytest.raises(CacheOutdated):
        saying(quickly)


@pytest.mark.parametrize(
    "at", ["17:30:00", "17:30:00.000001", "17:44:59", "17:59:59", "18:00:00", "18:00:01", "23:59:00"]
)
def test_a_due_time_that_a_hold_moves_is_right_at_any_hour(
    folder: Path, saying: Saying, monkeypatch: pytest.MonkeyPatch, at: str
) -> None:
    deployment = open_deployment(folder)
    ahead = [duty for duty in live(deployment) if duty.due_at > deployment.context.now()]
    for duty in ahead[:3]:
        holds.hold(
            deployment.context, deployment.actor, duty.id, waits_for="finance", reason="the seal is away"
        )
    deployment.close()
    with pytest.raises(CacheOutdated):
        saying(quickly)
    keep(folder)
    monkeypatch.setenv("SLA_NOW", f"2026-11-20T{at}+08:00")
    quick = saying(quickly, "--json")
    assert quick == saying(the_long_way, "--json")
    assert '"bucket": "on_hold"' in quick[0]


@given(minutes=st.integers(0, 15 * 60), hold_at=st.integers(0, 9 * 60))
def test_a_due_time_that_a_wait_moves_is_right_from_its_first_moment(minutes: int, hold_at: int) -> None:
    stock, parts = (
        an_obligation(
            "stock", provider="warehouse", triggers=(Recurring(due=DayOfMonth(day=3, at=time(15))),)
        ),
        an_obligation("parts", depends_on=("stock",), triggers=(Recurring(due=DayOfMonth(day=3)),)),
    )
    context = a_context(now="2026-12-03 08:00", obligations=(stock, parts), in_force_from=date(2026, 12, 1))
    scheduler.tick(context)
    (duty,) = context.store.read(lambda tx: tx.find(Duty, obligation="parts"))
    begun = context.now()
    if hold_at > 480:  # some of the histories begin on hold
        set_clock(context, begun + timedelta(minutes=hold_at - 480))
        actor = an_actor(context, "wang.fang")
        duty = holds.hold(context, actor, duty.id, waits_for="finance", reason="away")
    begun = context.now()
    course = due_course(context, duty.id, begun)
    now = begun + timedelta(minutes=minutes)
    assert moving_due_at(course, now) == due_now(context, duty, now).due_at


@pytest.mark.parametrize("hour", [0, 8, 9, 11, 12, 13, 14, 17, 18, 23])
def test_a_hold_moves_over_lunch_and_night(
    folder: Path, saying: Saying, monkeypatch: pytest.MonkeyPatch, hour: int
) -> None:
    monkeypatch.setenv("SLA_NOW", "2026-11-23T00:00:01+08:00")  # a Monday
    deployment = open_deployment(folder)
    ahead = [duty for duty in live(deployment) if duty.due_at > deployment.context.now()]
    for duty in ahead[:3]:
        holds.hold(
            deployment.context, deployment.actor, duty.id, waits_for="finance", reason="the seal is away"
        )
    deployment.close()
    keep(folder)
    for minute in (1, 30, 59):
        monkeypatch.setenv("SLA_NOW", f"2026-11-23T{hour:02}:{minute:02}:00+08:00")
        assert saying(quickly, "--json") == saying(the_long_way, "--json")


@pytest.mark.parametrize(
    ("written", "at", "is_quick"),
    [
        ("2026-12-31T17:00:00", "2026-12-31T17:45:00", False),
        ("2027-01-04T08:00:00", "2027-01-04T17:45:00", True),
    ],
)
def test_a_due_time_that_moves_into_a_year_not_published_is_provisional(
    folder: Path, saying: Saying, monkeypatch: pytest.MonkeyPatch, written: str, at: str, is_quick: bool
) -> None:
    monkeypatch.setenv("SLA_NOW", "2026-12-31T17:00:00+08:00")
    deployment = open_deployment(folder)
    done = events.register(
        deployment.context,
        deployment.actor,
        "vehicle-delivered",
        subject="鄂F·20270",
        at=datetime.fromisoformat("2026-12-28T10:40:00+08:00"),
    )
    last = datetime.fromisoformat("2026-12-31T18:00:00+08:00")
    (duty,) = (duty for duty in done.opened if duty.due_at == last and duty.provider == "sales")
    holds.hold(deployment.context, deployment.actor, duty.id, waits_for="finance", reason="no seal")
    deployment.close()
    monkeypatch.setenv("SLA_NOW", f"{written}+08:00")
    keep(folder)
    monkeypatch.setenv("SLA_NOW", f"{at}+08:00")
    if not is_quick:
        with pytest.raises(CacheInconclusive):
            saying(quickly, "--json")
        return
    quick = saying(quickly, "--json")
    assert quick == saying(the_long_way, "--json")
    shown = {duty["id"]: duty["provisional"] for duty in json.loads(quick[0])["duties"]}
    assert shown[duty.id] is True


def test_a_store_that_went_back_takes_the_long_way(folder: Path, saying: Saying) -> None:
    segment = folder / "store" / "segments" / "00000001.journal"
    before = segment.read_bytes()
    deployment = open_deployment(folder)
    operations.note(deployment.context, deployment.actor, live(deployment)[0].id, "a note")
    deployment.close()
    with segment.open("r+b") as stream:
        stream.write(before)
        stream.truncate(len(before))
    with pytest.raises(CacheInconclusive):
        saying(quickly)


@pytest.mark.parametrize(
    "words",
    [
        ["due", "--until", "2027-01-31"],
        ["--no-plugins", "due"],
        ["due", "--help"],
        ["due", "extra"],
        ["due", "due"],
        ["due", "--department"],
        ["due", "--department", "--json"],
        ["--mine", "due"],
        ["show", "due"],
        ["due", "--mine=yes"],
        ["due", "--mine", "--all"],
        ["--mine"],
        ["--json"],
        ["--no-plugins"],
    ],
)
def test_other_calls_are_left_to_the_command_line(words: list[str]) -> None:
    assert parse(words) is None


@pytest.mark.parametrize(
    "words",
    [("--as", "nobody"), ("--lang", "fr"), ("--department", "kitchen"), ("--all", "--department", "loan")],
)
def test_what_is_wrong_is_said_by_the_long_way(saying: Saying, words: tuple[str, ...]) -> None:
    with pytest.raises(CacheInconclusive):
        saying(quickly, *words)


def test_a_folder_that_cannot_be_looked_at_is_left_to_the_long_way(saying: Saying) -> None:
    with pytest.raises(CacheInconclusive):
        saying(quickly, "--deployment", "a" * 300)


def test_another_person_sees_what_is_theirs(folder: Path, saying: Saying) -> None:
    people = open_deployment(folder).context.people
    finance = next(person for person in people.values() if person.department == "finance")
    for named in (finance.id, finance.name):
        quick = saying(quickly, "--as", named, "--owed-to-us", "--json")
        assert quick == saying(the_long_way, "--as", named, "--owed-to-us", "--json")
        assert {duty["consumer"] for duty in json.loads(quick[0])["duties"]} == {"finance"}


UNWANTED = (
    "asyncio",
    "chinese_calendar",
    "click",
    "dateutil",
    "importlib.metadata",
    "msgspec",
    "orjson",
    "pluggy",
    "pydantic",
    "textual",
    "tinydb",
    "zoneinfo",
    "sla_tracker.deployment.direct",
    "sla_tracker.config",
    "sla_tracker.domain.duties.duty",
    "sla_tracker.domain.time.work_calendar",
    "sla_tracker.plugin_host",
    "sla_tracker.storage.codec",
    "sla_tracker.storage.journal",
)


def test_a_stream_that_takes_no_chinese_and_one_that_takes_nothing(folder: Path, tmp_path: Path) -> None:
    keep(folder)
    call = shlex.join([sys.executable, "-m", "sla_tracker", "--deployment", str(folder), "due"])
    environ = os.environ | {
        "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "plugins")]),
        "SLA_LANG": "zh",
    }
    plain = environ | {"PYTHONIOENCODING": "ascii"}
    outcome = subprocess.run(shlex.split(call), capture_output=True, text=True, env=plain, check=True)
    assert "??" in outcome.stdout
    limited = ["bash", "-c", f"ulimit -f 0; exec {call} > {tmp_path / 'full'}"]
    outcome = subprocess.run(limited, capture_output=True, text=True, env=environ, check=False)
    # The summary goes to the other stream, which takes it.
    assert outcome.returncode == 1
    assert outcome.stderr.endswith("\n无法写出结果：文件过大\n")


INTERRUPTED = """
import sys
awaited, sys.argv[1:] = sys.argv[1], ["score"]
class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == awaited:
            raise KeyboardInterrupt
sys.meta_path.insert(0, Interrupting())
from sla_tracker.__main__ import main
main()
"""


@pytest.mark.parametrize(
    ("module", "said"),
    [
        ("sla_tracker.quickstart.fast_call", b""),
        ("click", b""),
        ("sla_tracker.deployment.service", b"\nStopped.\n"),
    ],
)
def test_an_interruption_while_it_is_loaded_ends_without_a_traceback(module: str, said: bytes) -> None:
    paths = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "plugins")])}
    environ = os.environ | paths | {"SLA_LANG": "en"}
    command = [sys.executable, "-c", INTERRUPTED, module]
    outcome = subprocess.run(command, capture_output=True, env=environ, check=False)
    assert (outcome.returncode, outcome.stdout, outcome.stderr) == (130, b"", said)


LISTING = """
import sys
from sla_tracker.__main__ import main
try:
    main()
finally:
    print(*sorted(sys.modules), file=sys.stderr)
"""


def test_the_second_call_of_a_day_loads_next_to_nothing(folder: Path) -> None:
    def call() -> tuple[str, set[str]]:
        environ = os.environ | {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "plugins")])}
        command = [sys.executable, "-c", LISTING, "--deployment", str(folder), "due"]
        outcome = subprocess.run(command, capture_output=True, text=True, env=environ, check=True)
        return outcome.stdout, set(outcome.stderr.split())

    lose_the_file(folder)
    first, loaded_first = call()
    second, loaded_second = call()
    assert first == second
    assert {"click", "pluggy", "pydantic"} <= loaded_first
    assert loaded_second & set(UNWANTED) == set()


@pytest.mark.parametrize(
    ("words", "environ"),
    [
        (("--version",), {}),
        (("--help",), {}),
        (("no-such-command",), {}),
        (("--no-such-option",), {}),
        ((), {"_SLA_COMPLETE": "bash_complete", "COMP_WORDS": "sla d", "COMP_CWORD": "1"}),
    ],
    ids=lambda value: " ".join(value) or "plain",
)
def test_what_needs_no_deployment_loads_no_more_than_the_command_line(
    words: tuple[str, ...], environ: dict[str, str]
) -> None:
    paths = {"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "plugins")])}
    command = [sys.executable, "-c", LISTING, *words]
    outcome = subprocess.run(command, capture_output=True, env=os.environ | paths | environ, check=False)
    loaded = set(outcome.stderr.decode().rpartition("__future__")[2].split())
    assert "sla_tracker" in loaded
    assert loaded & {"dataclasses", "pydantic", "pluggy", "tinydb", "sla_tracker.deployment"} == set()
    assert not {name for name in loaded if name.startswith(("sla_tracker.services", "sla_tracker.storage"))}


def offered(folder: Path, *words: str) -> set[tuple[str, str | None]]:
    """Return what a shell is offered after a tab, with its meaning."""
    shell = ShellComplete(build(DeploymentService()), {}, "sla", "_SLA_COMPLETE")
    return {(one.value, one.help) for one in shell.get_completions(["--deployment", str(folder), *words], "")}


@pytest.mark.parametrize(
    "words",
    [("take",), ("note",), ("accept",), ("assign", "x", "--to"), ("due", "--department")],
    ids=lambda words: words[0],
)
def test_a_tab_offers_the_same_without_opening_the_deployment(
    folder: Path, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    deployment = open_deployment(folder)
    first, *_rest = live(deployment)
    operations.deliver(deployment.context, deployment.actor, first.id, full(first))
    deployment.close()
    with monkeypatch.context() as barred:
        barred.setattr(DeploymentService, "open", None)
        found = offered(folder, *words)
    with monkeypatch.context() as barred:
        barred.setattr(DeploymentService, "candidates", lambda *_a, **_k: None)
        assert found == offered(folder, *words)
    assert found


def test_a_tab_that_finds_nothing_left_behind_leaves_it_for_the_next(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = offered(folder, "take")
    for place in cache_file.places(folder):
        place.unlink(missing_ok=True)
    assert offered(folder, "take") == before
    with monkeypatch.context() as barred:
        barred.setattr(DeploymentService, "open", None)
        assert offered(folder, "take") == before


def test_a_broken_plugin_takes_the_long_way_which_says_so(folder: Path, saying: Saying) -> None:
    (folder / "plugins" / "kitchen.toml").write_text("department = 3\n", encoding="utf-8")
    for _time in range(2):
        with pytest.raises(CacheOutdated):
            saying(quickly)
        keep(folder)
        assert "Plugin kitchen does not work" in saying(the_long_way)[1]


def test_a_store_that_one_may_not_write_takes_the_long_way(
    folder: Path, saying: Saying, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = os.access
    store = str(folder / "store")
    monkeypatch.setattr(
        os,
        "access",
        lambda path, mode: not (mode & os.W_OK and str(path).startswith(store)) and given(path, mode),
    )
    with pytest.raises(CacheInconclusive):
        saying(quickly)
    assert "not write to it" in saying(the_long_way)[1]


def test_what_was_erased_is_not_left_beside_the_store(folder: Path) -> None:
    subject = "鄂F·12340"
    (kept,) = [place for place in cache_file.places(folder) if place.exists()]
    assert subject.encode() in kept.read_bytes()
    words = ["--as", "lin.tao", "erase", subject, "--reason", "asked for", "--yes"]
    arguments = ["--deployment", str(folder), *words]
    assert the_long_way(arguments) == 0
    left = [place.read_bytes() for place in cache_file.places(folder) if place.exists()]
    assert not any(subject.encode() in content for content in left)
