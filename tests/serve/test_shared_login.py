"""A login of several people: `sla` asks who it is, and for the password that the pages take, too."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from sla_tracker.deployment.web_access import passwords as kept
from sla_tracker.deployment.web_access.passwords import Passwords
from sla_tracker.errors import Forbidden, Refused, UsageError
from sla_tracker.serve.caller import Caller, Present, Sharing, actor_of, person_named
from sla_tracker.serve.sessions import shared_login
from sla_tracker.serve.sessions.session import _asked_language
from sla_tracker.serve.sessions.shared_login import SharedLogin, must_have_same_password, must_not_idle
from sla_tracker.serve.web.login.attempts import Attempts
from sla_tracker.services.access import ReadingRule
from sla_tracker.testing.company import a_context
from tests.serve.host import ADMIN, LI, STRANGER, WANG, Host
from tests.serve.terminal import Terminal

TODAY = date(2026, 11, 20)
COUNTER = Caller(uid=1005, login="counter")
PEOPLE = a_context().people
EVERYBODY = Sharing()
WORD = "correct horse battery"


@dataclass
class Typist:
    """Answers from a list, and keeps what was said."""

    answers: list[str]
    said: list[str] = field(default_factory=list)

    def tell(self, sentence: str) -> None:
        self.said.append(sentence)

    def ask(self, _question: str) -> str:
        return self.answers.pop(0)

    ask_hidden = ask


class Counted(Attempts):
    """Attempts as the generation counts them."""

    def waits(self, person: str, login: str) -> tuple[float, float]:
        return self.seconds_for(person, login), self.wait_for(person, login)

    def note(self, person: str, login: str, *, is_right: bool) -> None:
        (self.note_right if is_right else self.note_wrong)(person, login)


@pytest.fixture
def passwords(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Passwords:
    """Return passwords whose hashes cost little."""
    argon2 = pytest.importorskip("argon2")
    monkeypatch.setattr(kept, "hasher", lambda: argon2.PasswordHasher(1, 8, 1))
    monkeypatch.setattr(time, "sleep", lambda _seconds: None)
    kept._dummy.cache_clear()
    return Passwords(tmp_path)


@pytest.fixture
def identify(passwords: Passwords, tmp_path: Path) -> Callable[..., Caller]:
    """Return what asks for a name and a password, with one count of wrong ones."""
    attempts = Counted()

    def asked(typist: Typist, sharing: Sharing = EVERYBODY) -> Caller:
        return SharedLogin(
            caller=COUNTER,
            sharing=sharing,
            people=PEOPLE,
            today=TODAY,
            passwords=passwords,
            attempts=attempts,
            state=tmp_path,
        ).identify(typist)

    return asked


def test_the_password_says_who_it_is(passwords: Passwords, identify: Callable[..., Caller]) -> None:
    passwords.change("wang.fang", WORD)
    caller = identify(Typist(["wang.fang", "wrong", "nobody", WORD, " wang.fang ", WORD]))
    assert (caller.person, caller.via) == ("wang.fang", "unix:1005:counter")
    present = Present(
        people=PEOPLE, strangers_read=False, reading=ReadingRule.ALL, shared={"counter": Sharing()}
    )
    assert actor_of(caller, present, TODAY).id == "wang.fang"
    with pytest.raises(Forbidden, match="nobody said who"):
        actor_of(COUNTER, present, TODAY)
    others_only = Sharing(people=frozenset({"li.na"}))
    for changed in ({}, {"counter": others_only}):  # no longer shared, or no longer by her
        with pytest.raises(Forbidden, match="any more"):
            actor_of(
                caller,
                Present(people=PEOPLE, strangers_read=True, reading=ReadingRule.ALL, shared=changed),
                TODAY,
            )
    with pytest.raises(Forbidden, match="recognised"):
        identify(Typist(["wang.fang", WORD] * 3), others_only)


def test_another_password_ends_what_began_with_the_old_one(
    passwords: Passwords, identify: Callable[..., Caller]
) -> None:
    passwords.change("wang.fang", WORD)
    caller = identify(Typist(["wang.fang", WORD]))
    must_have_same_password(caller, passwords)
    passwords.change("wang.fang", WORD + "s")
    with pytest.raises(Forbidden):
        must_have_same_password(caller, passwords)


def test_a_first_password_is_good_once_and_another_is_chosen(
    passwords: Passwords, identify: Callable[..., Caller]
) -> None:
    first = passwords.set_first("wang.fang")
    typist = Typist(["wang.fang", first, "short", "short", WORD, "another", WORD, WORD])
    caller = identify(typist)
    must_have_same_password(caller, passwords)
    assert any("12 to 200" in one for one in typist.said)
    with pytest.raises(Forbidden):
        identify(Typist(["wang.fang", first] * 3))
    assert identify(Typist(["wang.fang", WORD])).person == "wang.fang"


def test_mistyping_a_new_password_does_not_use_the_first_one_up(
    passwords: Passwords, identify: Callable[..., Caller]
) -> None:
    first = passwords.set_first("wang.fang")
    with pytest.raises(Forbidden, match="still good"):
        identify(Typist(["wang.fang", first] + [WORD, "another"] * 3))
    entry = passwords.entry("wang.fang")
    assert entry is not None
    passwords.set_first("wang.fang")
    assert not passwords.change("wang.fang", WORD, first=entry.mark), "another login was quicker"


def test_a_name_says_who_it_is_where_one_person_has_it(
    passwords: Passwords, identify: Callable[..., Caller]
) -> None:
    passwords.change("wang.fang", WORD)
    assert identify(Typist(["王芳", WORD])).person == "wang.fang"
    wang = PEOPLE["wang.fang"]
    two = {**PEOPLE, "wang.fang2": replace(wang, id="wang.fang2", logins=())}
    assert person_named("王芳", two, TODAY) is None
    assert person_named("wang.fang", two, TODAY) == wang
    with pytest.raises(UsageError, match=r"wang\.fang, wang\.fang2"):
        replace(a_context(), people=two).person("王芳")


def test_the_questions_are_asked_in_the_language_of_the_call() -> None:
    for words in (["--lang", "zh", "due"], ["due", "--lang=zh"]):
        assert _asked_language(words) == "zh"
    for words in ([], ["due"], ["--lang"]):
        assert _asked_language(words) is None
    assert _asked_language(["note", "f78f00", "--", "--lang", "zh"]) is None


def test_guessing_is_slowed_down_by_person_and_by_login(
    passwords: Passwords, identify: Callable[..., Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(time, "sleep", waited.append)
    passwords.change("wang.fang", WORD)
    for _call in range(3):
        with pytest.raises(Forbidden):
            identify(Typist(["wang.fang", "wrong"] * 3))
    assert waited[:3] == [0, 0, 0]
    assert waited[3:] == sorted(waited[3:])
    assert waited[3] > 0
    with pytest.raises(Refused, match=r"“wang\.fang” were typed here; try again in"):
        identify(Typist(["wang.fang", "wrong"] * 3))
    passwords.change("li.na", WORD)
    assert identify(Typist(["li.na", WORD])).person == "li.na", "others at the desk go on"


def test_who_went_away_has_to_say_again_who_it_is() -> None:
    limits = {"idle": timedelta(minutes=30), "most": timedelta(hours=12)}
    must_not_idle(2000.0, began_at=1000.0, typed_at=1500.0, **limits)
    must_not_idle(9000.0, began_at=1000.0, typed_at=None, **limits)  # a command, which waits for no key
    with pytest.raises(Forbidden, match="30 minutes"):
        must_not_idle(9000.0, began_at=1000.0, typed_at=7000.0, **limits)
    with pytest.raises(Forbidden, match="12 hours"):
        must_not_idle(50_000.0, began_at=1000.0, typed_at=49_999.0, **limits)


def test_the_kernel_tells_when_something_was_typed(monkeypatch: pytest.MonkeyPatch) -> None:
    master, slave = os.openpty()
    monkeypatch.setattr(shared_login, "KEYS", slave)
    os.utime(os.ttyname(slave), (1000, 1000))
    assert shared_login.last_key() == 1000
    os.write(master, b"x\n")
    os.read(slave, 2)
    assert shared_login.last_key() > 1000
    for end in (master, slave):
        os.close(end)


def test_a_shared_login_is_asked_at_a_terminal_and_nowhere_else(host: Host) -> None:
    pytest.importorskip("argon2")
    host.change_settings("[serve]", f"[serve]\n[serve.logins.{STRANGER}]\nshared = true\n")
    refused = host.call(STRANGER, "due", code=5)
    assert "shared by several people" in refused.stderr
    first = host.call(ADMIN, "web", "password", "wang.fang").stdout.strip()
    with Terminal(host, STRANGER, "access") as terminal:
        seen = _say(
            terminal, "not it", "is wrong", first, "(at least 12 characters): ", WORD, "Once more: ", WORD
        )
        terminal.wait_for("王芳")
        assert terminal.end() == 0
        assert first not in seen + terminal.text
        assert WORD not in seen + terminal.text
    opened = host.event(LI)["opened"][0]["reference"]
    with Terminal(host, STRANGER, "note", opened, "from the counter") as terminal:
        _say(terminal, WORD)
        assert terminal.end() == 0
    noted = host.acts()[-1]
    assert noted["by"] == "wang.fang"
    assert noted["via"].endswith(f":{STRANGER}")
    with Terminal(host, STRANGER) as terminal:
        _say(terminal, WORD)
        terminal.wait_for("王芳", 40)
        host.call(ADMIN, "web", "password", "wang.fang", "--remove")
        terminal.wait_for("was changed or taken away")
        terminal.end()
    log = host.log.read_text(encoding="utf-8")
    assert WORD not in log
    assert first not in log
    assert host.count("session", login=STRANGER, person="wang.fang", command="note") == 1
    host.call(WANG, "access")  # who has a login of one's own is asked nothing


def _say(terminal: Terminal, password: str, *more: str) -> str:
    """Say who it is, and what follows: what is waited for, and typed then; return what was on the screen."""
    seen = ""
    again = [] if not more or more[0] != "is wrong" else ["name or login: ", "wang.fang", "Password: "]
    words = ["name or login: ", "wang.fang", "Password: ", password, *again, *more[1 if again else 0 :]]
    for waits_for, typed in zip(words[::2], words[1::2], strict=True):
        terminal.wait_for(waits_for)
        before, _found, terminal.text = terminal.text.partition(waits_for)
        seen += before
        terminal.type(f"{typed}\r")
    return seen
