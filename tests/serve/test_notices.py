"""Administrators are told what only they can mend: once, by message and in the terminal."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

import pytest

from sla_tracker.config.deployment import SERVICE_FOLDER
from sla_tracker.domain.people import Role
from sla_tracker.domain.reminders.policy import ChannelTerms, Reach
from sla_tracker.errors import N_, Forbidden
from sla_tracker.i18n import speaking
from sla_tracker.serve import log, notices
from sla_tracker.serve.caller import Caller, RecycledUser, must_be_same_login
from sla_tracker.serve.sessions.noted_access import NotedAccess
from sla_tracker.services.reminders.messages import SENT, Channels, Letter, Outcome, failed
from sla_tracker.testing.company import a_context
from tests.serve.host import ADMIN, WANG, Host

PROBLEM = Forbidden(
    N_("The user id {uid} belongs to nobody on this host, so the service does not answer it."), uid=7
)


@dataclass
class Post:
    """A channel that keeps what it is to send."""

    recognises: bool = True
    outcome: Outcome = SENT
    letters: list[Letter] = field(default_factory=list)

    def serves(self, recipient: str) -> bool:
        return True

    def send(self, letter: Letter) -> Outcome:
        self.letters.append(letter)
        return self.outcome


def send(folder: Path, post: Post | None, reach: Reach = Reach.ADDRESS) -> set[str]:
    """Send what waits, and return the ids of the administrators who are here."""
    context = a_context()
    people = {id: replace(person, addresses={"mail": f"{id}@x"}) for id, person in context.people.items()}
    gone = replace(people["wang.fang"], id="gone", role=Role.ADMIN, left_on=date(2026, 1, 1))
    context = replace(context, people={**people, "gone": gone})
    terms = {"mail": ChannelTerms(name="mail", kind="mail", reach=reach)}
    notices.send(folder, context, Channels(working={"mail": post} if post else {}), terms)
    return {person.id for person in notices.administrators(context)}


def test_every_administrator_is_told_once_in_his_language(tmp_path: Path) -> None:
    post, admins = Post(), set[str]()
    for _again in range(3):
        notices.leave(tmp_path, notices.LOGIN, PROBLEM)
        admins = send(tmp_path, post)
    assert admins
    assert "gone" not in admins
    assert {letter.recipient for letter in post.letters} == admins
    assert len(post.letters) == len(admins)
    assert "7" in post.letters[0].text
    with speaking("zh_CN"):
        assert "用户号 7" in notices.recent(tmp_path)[0]


def test_a_user_id_that_was_put_right_is_told_of_no_more(tmp_path: Path) -> None:
    folder = tmp_path / "logins"
    must_be_same_login(folder, Caller(uid=7, login="wangfang"))
    for mended in (True, False):
        with pytest.raises(RecycledUser) as found:
            must_be_same_login(folder, Caller(uid=7, login="lilei"))
        notices.leave(tmp_path, notices.LOGIN, found.value, cause=found.value.file)
        assert len(notices.recent(tmp_path)) == 1
        if mended:
            (folder / "7").unlink()
        else:
            (folder / "7").write_text("lilei", encoding="utf-8")
        assert notices.recent(tmp_path) == []
        assert not list(notices.kept(tmp_path, notices.NEW))
        (folder / "7").write_text("wangfang", encoding="utf-8")


def test_a_notice_of_an_earlier_version_is_still_shown(tmp_path: Path) -> None:
    (tmp_path / notices.FOLDER).mkdir()
    (tmp_path / notices.FOLDER / f"{notices.LOGIN}-1.told").write_text('{"en": "The user id 7"}')
    assert notices.recent(tmp_path) == ["The user id 7"]


def test_an_account_that_was_forgotten_is_told_of_no_more(tmp_path: Path) -> None:
    state = tmp_path / SERVICE_FOLDER
    for person in ("wang.fang", "wang.fan"):
        notices.leave(state, notices.about_account(person), Forbidden("{who}", who=person))
    NotedAccess(tmp_path, lambda **_facts: None).forget_identity("wang.fang")
    assert notices.recent(state) == ["wang.fan"]


@pytest.mark.parametrize("outcome", [failed("away"), SENT])
def test_a_channel_that_fails_keeps_nobody_waiting(tmp_path: Path, outcome: Outcome) -> None:
    notices.leave(tmp_path, notices.LOGIN, PROBLEM)
    send(tmp_path, Post(outcome=outcome))
    assert not list(notices.kept(tmp_path, notices.NEW))


def test_no_group_reads_what_is_for_administrators(tmp_path: Path) -> None:
    post = Post()
    notices.leave(tmp_path, notices.LOGIN, PROBLEM)
    send(tmp_path, post, Reach.GROUP)
    assert post.letters == []


def test_what_was_mended_is_forgotten_and_so_is_what_is_old(tmp_path: Path) -> None:
    notices.leave(tmp_path, notices.SETTINGS, PROBLEM)
    notices.withdraw(tmp_path, notices.SETTINGS)
    assert not list((tmp_path / notices.FOLDER).iterdir())
    notices.leave(tmp_path, notices.LOGIN, PROBLEM)
    send(tmp_path, None)
    (file,) = (tmp_path / notices.FOLDER).iterdir()
    old = time.time() - 2 * notices.SHOWN_SECONDS
    os.utime(file, (old, old))
    assert notices.recent(tmp_path) == []
    send(tmp_path, None)
    assert not list((tmp_path / notices.FOLDER).iterdir())


@pytest.mark.parametrize("change", [lambda file: file.rename(file.with_suffix(notices.TOLD)), Path.unlink])
def test_what_another_process_renames_or_deletes_meanwhile_is_no_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: Callable[[Path], object]
) -> None:
    """The chores rename what they have sent, and delete what is old, while sessions read."""
    read = notices.kept

    def kept(state: Path, *endings: str) -> Iterator[notices.AdminNotice]:
        for one in read(state, *endings):
            change(one.file)
            yield one

    monkeypatch.setattr(notices, "kept", kept)
    notices.leave(tmp_path, notices.LOGIN, PROBLEM)
    assert len(notices.recent(tmp_path)) == 1
    notices.leave(tmp_path, notices.LOGIN, PROBLEM)
    send(tmp_path, None)


def test_the_details_of_a_fault_are_kept_where_another_session_deletes_old_ones(tmp_path: Path) -> None:
    (tmp_path / log.FAULTS_FOLDER).mkdir()
    (tmp_path / log.FAULTS_FOLDER / "deleted.txt").symlink_to(tmp_path / "nowhere")
    number = log.keep_numbered(tmp_path, "details")
    assert (tmp_path / log.FAULTS_FOLDER / f"{number}.txt").read_text(encoding="utf-8") == "details"


def test_callers_cannot_fill_the_folder(tmp_path: Path) -> None:
    for number in range(notices.MOST + 20):
        notices.leave(tmp_path, notices.LOGIN, Forbidden(N_("{n} duty is late."), n=number))
    assert len(list((tmp_path / notices.FOLDER).iterdir())) == notices.MOST


@pytest.mark.timeout(300)
def test_administrators_see_that_a_user_id_changed_hands(own_host: Host) -> None:
    own_host.call(WANG, "access")
    (remembered,) = (own_host.deployment / ".service" / "logins").glob("*")
    remembered.write_text("somebody", encoding="utf-8")
    own_host.call(WANG, "access", code=5)
    assert "somebody" in own_host.call(ADMIN, "due").stderr
