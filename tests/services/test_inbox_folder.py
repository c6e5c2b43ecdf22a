"""Lists in the inbox folder are taken wholly or not at all, as the account, once, whatever stops the program."""

from __future__ import annotations

import os
import signal
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import openpyxl
import pytest

from sla_tracker import i18n
from sla_tracker.config.load import Deployment
from sla_tracker.config.sections.inbox import InboxSection
from sla_tracker.deployment.caller_files import LocalFiles
from sla_tracker.deployment.inbox_folder import folder as folders
from sla_tracker.deployment.inbox_folder.erasing import erase_files
from sla_tracker.deployment.inbox_folder.taking import take_inbox
from sla_tracker.deployment.lists import read_list
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.duties.event import Event, EventState
from sla_tracker.domain.duties.request import Request
from sla_tracker.domain.imports.past import PastDuty
from sla_tracker.domain.imports.run import ImportKind, ImportRun, ListReading
from sla_tracker.errors import N_, Forbidden, RecordingStopped, Refused, StoreError
from sla_tracker.plugin_host.host import PluginHost
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.imports import parts
from sla_tracker.services.imports.events import plan_events
from sla_tracker.services.imports.inbox import FileFate, TakenFile
from sla_tracker.services.imports.rows import RowFate
from sla_tracker.services.ports import Store
from sla_tracker.storage.tinydb import TinyStore
from sla_tracker.testing.company import a_context, an_actor
from tests.services.test_subjects import register, with_arrivals

GOOD = "车牌号,交车日期,备注\n鄂F·00001,2026-11-19 16:40,张三\n鄂F·00002,2026-11-19 09:00,\n"
BAD = GOOD + "鄂F·00003,03/04/2026,\n"


class Inbox:
    """An inbox folder of a company, by default with the account wang.fang of sales."""

    def __init__(
        self, place: Path, context: ServiceContext, *, account: str = "wang.fang", **terms: Any
    ) -> None:
        self.place, self.context = place / "inbox", context
        self.place.mkdir(exist_ok=True)
        section = InboxSection(folder="inbox", account=account, kind="vehicle-delivered", **terms)
        config = SimpleNamespace(inbox=section)
        self.deployment = cast("Deployment", SimpleNamespace(config=config, folder=place))

    def put(self, name: str, text: str) -> Path:
        file = self.place / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
        return file

    def take(self) -> list[TakenFile]:
        return take_inbox(self.context, self.deployment, cast("PluginHost", None))

    def events(self) -> list[Event]:
        return self.context.store.read(lambda tx: tx.find(Event, state=EventState.ACTIVE))

    def files(self) -> list[str]:
        """Return what lies in the inbox, by path."""
        return sorted(str(one.relative_to(self.place)) for one in self.place.rglob("*") if not one.is_dir())


@pytest.fixture(autouse=True)
def _at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let no file wait for five seconds."""
    monkeypatch.setattr(folders, "QUIET_SECONDS", 0.0)


@pytest.fixture
def inbox(tmp_path: Path) -> Inbox:
    return Inbox(tmp_path, a_context())


def test_a_good_list_is_taken_once_and_a_bad_one_not_at_all(any_store: Store, tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, a_context(store=any_store))
    inbox.put("good.csv", GOOD)
    inbox.put("zbad.csv", BAD)
    good, bad = inbox.take()
    assert (good.fate, good.added, good.same) == (FileFate.DONE, 2, 0)
    assert good.opened == len(any_store.read(lambda tx: tx.find(Duty)))
    assert (bad.fate, bad.added) == (FileFate.REFUSED, 0)
    assert inbox.files() == [
        "done/good.csv",
        "done/good.csv.report.txt",
        "refused/zbad.csv",
        "refused/zbad.csv.report.txt",
    ]
    assert "zbad, cell B4, “03/04/2026”" in (inbox.place / "refused/zbad.csv.report.txt").read_text()
    assert "new 2" in (inbox.place / "done/good.csv.report.txt").read_text()
    found = inbox.events()
    assert {(event.registered_by, event.registered_from) for event in found} == {("wang.fang", "sales")}
    assert {change.act.via.partition(":")[0] for change in any_store.history(found[0].id)} == {"inbox"}

    inbox.put("good.csv", GOOD)
    [again] = inbox.take()
    assert (again.fate, again.added, again.same) == (FileFate.DONE, 0, 2)
    assert Path(again.place).name == "good-2.csv"
    assert len(inbox.events()) == 2


ASKED = "请求事项,合同号,单号\n发票复印件,2211,A\n"
PAST = "约定,提供部门,接收部门,应交时间,实际交付时间\norder-sheet,销售部,财务部,2026-07-03,2026-07-02\n"


@pytest.mark.parametrize("name", ["list.csv", "requests/list.csv"])
def test_no_list_is_given_back_while_the_settings_let_nothing_be_recorded(tmp_path: Path, name: str) -> None:
    inbox = Inbox(tmp_path, a_context(), account="chen.jing")
    works, inbox.context = inbox.context, replace(inbox.context, before_act=_let_nothing_be_recorded)
    inbox.put(name, ASKED if "requests" in name else GOOD)
    with pytest.raises(RecordingStopped):
        inbox.take()
    assert inbox.files() == [name]
    inbox.context = works
    assert [one.fate for one in inbox.take()] == [FileFate.DONE]


def _let_nothing_be_recorded() -> None:
    raise RecordingStopped(N_("{what}"), what="Others go by different people.")


def test_every_kind_of_list_has_a_folder_of_its_own(any_store: Store, tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, a_context(store=any_store), account="chen.jing")
    inbox.put("day.csv", GOOD)
    inbox.put("requests/ask.csv", ASKED)
    inbox.put("requests/bad.csv", ASKED + "没有的,2212,B\n")
    inbox.put("past/old.csv", PAST)
    inbox.put("people/staff.csv", "姓名,部门\n郑小红,财务部\n")
    (inbox.place / "dates").symlink_to(tmp_path)
    found = {(one.kind.value, one.name): one for one in inbox.take()}
    assert {key: (one.fate.value, one.added) for key, one in found.items()} == {
        ("events", "day.csv"): ("done", 2),
        ("requests", "ask.csv"): ("done", 1),
        ("requests", "bad.csv"): ("refused", 0),
        ("past", "old.csv"): ("done", 1),
    }
    assert "“没有的” is unknown" in found["requests", "bad.csv"].problems[0].sentence()
    [request] = any_store.read(lambda tx: tx.find(Request))
    assert (request.requested_by, request.consumer, request.import_key) == ("chen.jing", "finance", "inbox/A")
    assert [one.source for one in any_store.read(lambda tx: tx.find(PastDuty))] == ["inbox"]
    assert "people/staff.csv" in inbox.files()  # the settings do not say that people are taken
    assert {"requests/done/ask.csv", "requests/refused/bad.csv", "past/done/old.csv"} < set(inbox.files())
    assert erase_files(inbox.deployment, ["2211"]) == 2
    assert folders.counted(inbox.place) == (1, 0)

    inbox.put("requests/again.csv", ASKED)
    assert [(one.fate.value, one.same) for one in inbox.take()] == [("done", 1)]
    linked = Inbox(tmp_path, inbox.context, account="chen.jing", takes=["dates"])
    [left] = linked.take()
    assert (left.fate, left.place) == (FileFate.WAITING, "dates")


def test_what_is_not_a_finished_file_of_its_own_is_left_alone(inbox: Inbox, tmp_path: Path) -> None:
    (tmp_path / "theirs.csv").write_text(GOOD, encoding="utf-8")
    (inbox.place / "symbolic.csv").symlink_to(tmp_path / "theirs.csv")
    (inbox.place / "hard.csv").hardlink_to(tmp_path / "theirs.csv")
    os.mkfifo(inbox.place / "pipe.csv")
    (inbox.place / "folder.csv").mkdir()
    for name in (".hidden.csv", "late.csv.part", "~$open.xlsx", "copy.csv~"):
        inbox.put(name, GOOD)
    before = inbox.files()
    found = inbox.take()
    assert {(one.name, one.fate) for one in found} == {
        (name, FileFate.WAITING) for name in ("symbolic.csv", "hard.csv", "pipe.csv", "folder.csv")
    }
    assert inbox.files() == before
    assert inbox.events() == []
    assert "2 names" in next(one for one in found if one.name == "hard.csv").problems[0].sentence()


def test_a_file_that_changed_just_now_waits(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folders, "QUIET_SECONDS", 5.0)
    os.utime(inbox.put("new.csv", GOOD), (1_000_000, 1_000_000))  # cp -p sets what the writer likes
    assert inbox.take() == []
    monkeypatch.setattr(folders, "QUIET_SECONDS", 0.0)
    assert [one.fate for one in inbox.take()] == [FileFate.DONE]


def test_two_takers_do_not_meet(inbox: Inbox) -> None:
    inbox.put("good.csv", GOOD)
    with folders.opened_folder(inbox.place), pytest.raises(Refused, match="Another process"):
        inbox.take()
    assert len(inbox.take()) == 1


@pytest.mark.parametrize(("account", "error"), [("guest", Forbidden)])
def test_nothing_is_refused_because_of_the_account(
    inbox: Inbox, account: str, error: type[Exception]
) -> None:
    inbox.put("good.csv", GOOD)
    section = inbox.deployment.config.inbox.model_copy(update={"account": account})
    inbox.deployment = cast(
        "Deployment", SimpleNamespace(config=SimpleNamespace(inbox=section), folder=inbox.deployment.folder)
    )
    with pytest.raises(error):
        inbox.take()
    assert inbox.files() == ["good.csv"]


def test_a_store_that_does_not_answer_leaves_the_file_where_it_is(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox.put("good.csv", GOOD)
    with monkeypatch.context() as patch:
        patch.setattr(inbox.context.store, "write", lambda *_given, **_named: fail_to_write())
        with pytest.raises(StoreError):
            inbox.take()
    assert inbox.files() == ["good.csv"]
    assert [one.added for one in inbox.take()] == [2]


def fail_to_write() -> None:
    raise StoreError(N_("{file} cannot be written: {why}"), file="store", why="it does not answer")


def test_a_correction_needs_leave(tmp_path: Path) -> None:
    keyed = "单号,车牌号,交车日期\nA1,鄂F·00001,2026-11-19 16:40\n"
    inbox = Inbox(tmp_path, a_context())
    inbox.put("a.csv", keyed)
    assert [one.fate for one in inbox.take()] == [FileFate.DONE]
    inbox.put("b.csv", keyed.replace("16:40", "15:00"))
    [refused] = inbox.take()
    assert (refused.fate, len(refused.problems)) == (FileFate.REFUSED, 1)
    inbox = Inbox(tmp_path, inbox.context, update=True)
    inbox.put("c.csv", keyed.replace("16:40", "15:00"))
    assert [(one.fate, one.changed) for one in inbox.take()] == [(FileFate.DONE, 1)]
    assert [f"{event.at:%H:%M}" for event in inbox.events()] == ["07:00"]


def test_an_import_that_cannot_be_finished_is_taken_back(
    inbox: Inbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    many = GOOD + "鄂F·00003,2026-11-19 10:00,\n"
    inbox.put("many.csv", many)
    monkeypatch.setattr(parts, "MOST_ROWS", 1)
    stop_after(inbox, monkeypatch, writes=2)
    assert len(inbox.events()) == 2
    # Meanwhile somebody registers what the last row says, at another time of the day.
    other = (
        Inbox(inbox.place.parent / "other", inbox.context) if make(inbox.place.parent / "other") else inbox
    )
    other.put("one.csv", "车牌号,交车日期\n鄂F·00003,2026-11-19 12:00\n")
    assert [one.added for one in other.take()] == [1]
    [refused] = inbox.take()
    assert (refused.fate, refused.added) == (FileFate.REFUSED, 0)
    assert [event.subject for event in inbox.events()] == ["鄂F·00003"]


def test_a_file_at_which_the_program_fails_does_not_keep_the_others_waiting(
    any_store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    inbox = Inbox(tmp_path, a_context(store=any_store))
    inbox.put("first.csv", GOOD)
    inbox.put("next.csv", GOOD.replace("鄂F·0", "鄂F·1"))
    monkeypatch.setattr(parts, "MOST_ROWS", 1)
    write, asked = any_store.write, 0

    def failing(*given: Any, **named: Any) -> Any:
        nonlocal asked
        asked += 1
        if asked == 2:  # one row of the first file is registered by then
            raise OverflowError("鄂F·00002")
        return write(*given, **named)

    monkeypatch.setattr(any_store, "write", failing)
    failed, taken = inbox.take()
    assert (failed.fate, taken.fate) == (FileFate.REFUSED, FileFate.DONE)
    said = (inbox.place / "refused/first.csv.report.txt").read_text()
    assert "OverflowError in test_inbox_folder.py:" in said
    assert "鄂F·00002" not in said
    assert {event.subject for event in inbox.events()} == {"鄂F·10001", "鄂F·10002"}


def make(path: Path) -> bool:
    path.mkdir()
    return True


def stop_after(inbox: Inbox, monkeypatch: pytest.MonkeyPatch, *, writes: int) -> None:
    """Take the inbox until some commits were made, then stop as a killed process does."""
    done = 0
    write = inbox.context.store.write

    def counted(*given: Any, **named: Any) -> Any:
        nonlocal done
        if done == writes:
            raise KeyboardInterrupt
        done += 1
        return write(*given, **named)

    with monkeypatch.context() as patch:
        patch.setattr(inbox.context.store, "write", counted)
        with suppress(KeyboardInterrupt):
            inbox.take()


STEPS = ("rename", "mkdir", "fsync", "open", "stat")


def is_finished(inbox: Inbox, kill_at: int) -> bool:
    """Take the inbox in a child that is killed before a step; return whether it came to its end before."""
    child = os.fork()
    if child == 0:
        count = 0

        def counted(function: Any) -> Any:
            def call(*given: Any, **named: Any) -> Any:
                nonlocal count
                count += 1
                if count == kill_at:
                    os.kill(os.getpid(), signal.SIGKILL)
                return function(*given, **named)

            return call

        try:
            own: Any = SimpleNamespace(**vars(os))
            for name in STEPS:
                setattr(own, name, counted(getattr(os, name)))
            vars(folders)["os"] = own
            TinyStore.write = counted(TinyStore.write)  # type: ignore[method-assign]
            parts.MOST_ROWS = 1
            inbox.context = replace(inbox.context, store=TinyStore.open(inbox.place.parent / "store"))
            inbox.take()
            os._exit(0)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    _pid, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0
    return not os.WIFSIGNALED(status)


def test_kill_at_any_step_loses_nothing_and_does_nothing_twice(
    tmp_path: Path, effort: Callable[[int, int], int]
) -> None:
    for kill_at in range(3, 200, effort(9, 1)):
        place = tmp_path / str(kill_at)
        place.mkdir()
        TinyStore.open(place / "store", create=True).close()
        inbox = Inbox(place, a_context())
        inbox.put("good.csv", GOOD)
        inbox.put("zbad.csv", BAD)
        finished = is_finished(inbox, kill_at)
        store = TinyStore.open(place / "store")
        inbox.context = replace(inbox.context, store=store)
        for _turn in range(2):
            inbox.take()
        assert sorted(event.subject for event in inbox.events()) == ["鄂F·00001", "鄂F·00002"], kill_at
        assert inbox.files() == [
            "done/good.csv",
            "done/good.csv.report.txt",
            "refused/zbad.csv",
            "refused/zbad.csv.report.txt",
        ], kill_at
        store.close()
        if finished:
            assert kill_at > 20
            return
    pytest.fail("the child never came to its end")


def test_a_subject_that_looks_mistyped_keeps_a_list_out_until_somebody_decides(tmp_path: Path) -> None:
    inbox = Inbox(tmp_path, with_arrivals())
    register(inbox.context, "vehicle-arrived", "鄂F·12345")
    lines = ("鄂F·12346", "鄂F·12345", "临A1")
    inbox.put("day.csv", "车牌号,交车日期\n" + "".join(f"{one},2026-11-19 16:40\n" for one in lines))
    [refused] = inbox.take()
    said = [problem.sentence() for problem in refused.problems]
    assert len(said) == 2
    assert "cell A2" in said[0]
    assert "鄂F·12345" in said[0]
    assert "cell A4" in said[1]
    read = read_list(
        inbox.context,
        LocalFiles(),
        ImportKind.EVENTS,
        str(inbox.place / "refused/day.csv"),
        ListReading(about="vehicle-delivered", again=True),
    )
    plan = plan_events(inbox.context, an_actor(inbox.context, "wang.fang"), read)
    assert len(plan.with_fate(RowFate.NEW)) == 3


def test_erasing_deletes_every_kept_file_that_holds_the_name(inbox: Inbox) -> None:
    book = openpyxl.Workbook()
    sheet = book.worksheets[0]
    for line in GOOD.replace("张三", "x").splitlines():
        sheet.append(line.split(","))
    book.properties.creator = "张 三"
    book.save(inbox.place / "book.xlsx")
    inbox.put("good.csv", GOOD.replace("0000", "1000"))
    inbox.put("other.csv", GOOD.replace("张三", "李四").replace("0000", "2000"))
    inbox.put("张三.csv", BAD.replace("张三", "").replace("0000", "3000"))
    inbox.put("broken.xlsx", "PK no workbook")
    assert {one.fate for one in inbox.take()} == {FileFate.DONE, FileFate.REFUSED}
    assert erase_files(inbox.deployment, ["张三"]) == 4
    assert inbox.files() == ["done/other.csv", "done/other.csv.report.txt"]
    assert erase_files(inbox.deployment, ["鄂F20001"]) == 1
    assert inbox.files() == []


def test_kept_files_go_after_their_days(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    inbox.put("good.csv", GOOD)
    inbox.take()
    inbox.take()
    assert len(inbox.files()) == 2
    clock = time.time
    monkeypatch.setattr(time, "time", lambda: clock() + 91 * 86_400)
    inbox.take()
    assert inbox.files() == []
    assert len(inbox.context.store.read(lambda tx: tx.find(ImportRun))) == 1


@pytest.mark.parametrize("own", ["zh", "en"])
def test_a_report_has_one_language_whatever_its_taker_reads(tmp_path: Path, own: str) -> None:
    i18n.use("en" if own == "zh" else "zh")
    inbox = Inbox(tmp_path, a_context(language=own))
    inbox.put("headless.csv", "a,b\n1,2\n")
    inbox.take()
    report = (inbox.place / "refused/headless.csv.report.txt").read_text()
    needed = {"zh": "至少要有 车牌、发生", "en": "at least Plate, when it happened"}
    assert needed[own] in report
