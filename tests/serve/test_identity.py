"""Who calls is what the kernel says, whatever the caller says; tried by other logins of this machine."""

from __future__ import annotations

import os
import pwd
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from sla_tracker.deployment.checks.people import _of_one_login
from sla_tracker.domain.people import Person, Role
from sla_tracker.errors import Forbidden
from sla_tracker.serve.caller import (
    Caller,
    Present,
    PresentSettings,
    Sharing,
    actor_of,
    login_of,
    nobodies,
    person_of,
    sharing_of,
)
from sla_tracker.services.access import ReadingRule
from tests.serve.host import ADMIN, LI, SERVICE, STRANGER, WANG, Host, as_login, environment, send_raw

pytestmark = pytest.mark.timeout(300)


def test_everybody_is_who_the_system_says(host: Host) -> None:
    assert host.json(WANG, "access")["person"] == "wang.fang"
    assert host.json(LI, "access")["person"] == "li.na"
    assert host.json(ADMIN, "access")["role"] == "admin"


def test_what_the_caller_says_of_himself_counts_nothing(host: Host) -> None:
    claims = {"USER": ADMIN, "LOGNAME": ADMIN, "SUDO_USER": ADMIN, "HOME": f"/home/{ADMIN}"}
    said = host.call(WANG, "access", "--json", variables=claims).stdout
    assert '"wang.fang"' in said
    assert "--as" in host.call(WANG, "--as", "chen.gang", "due", code=5).stderr


def test_an_act_is_recorded_under_the_person_of_the_login(host: Host) -> None:
    host.event(LI, "鄂F·00001")
    assert host.acts()[-1]["by"] == "li.na"


def test_a_login_that_belongs_to_nobody_is_refused(host: Host) -> None:
    before = len(host.acts())
    for login in (STRANGER, "root"):
        refused = host.call(login, "due", code=5)
        assert login in refused.stderr
        assert refused.stdout == ""
    assert len(host.acts()) == before


def test_the_services_own_login_is_nobody(host: Host) -> None:
    (host.root / "home" / SERVICE).mkdir(exist_ok=True)
    assert "belongs to nobody" in host.call(SERVICE, "due", code=5).stderr


def test_staff_reach_neither_settings_nor_store(host: Host) -> None:
    for place in (host.settings, host.deployment / "store", host.deployment / ".service" / "service.lock"):
        refused = host.directly("--deployment", str(host.deployment), "due", login=WANG)
        assert refused.returncode != 0
        assert "ermission denied" in refused.stderr
        with pytest.raises(AssertionError):
            _open_as(WANG, place)


def _open_as(login: str, place: Path) -> None:
    import subprocess

    done = subprocess.run(
        [*as_login(login), "ls", str(place)], env=environment(), capture_output=True, check=False
    )
    assert done.returncode == 0


def test_another_deployment_cannot_be_named_to_the_service(host: Host) -> None:
    code = REQUEST.format(arguments=["--deployment", "/tmp", "access"], protocol=1)
    answer = send_raw(host, WANG, code)
    assert "leave --deployment out" in answer.stdout
    assert answer.stdout.startswith("E2 ")


def test_a_client_of_another_protocol_is_told_which(host: Host) -> None:
    answer = send_raw(host, WANG, REQUEST.format(arguments=["access"], protocol=99))
    assert answer.stdout.startswith("E2 ")
    assert "version 7.7" in answer.stdout


def test_a_recycled_user_id_is_refused(own_host: Host) -> None:
    own_host.call(WANG, "due")
    memory = own_host.deployment / ".service" / "logins" / str(uid_of(WANG))
    assert memory.read_text(encoding="utf-8") == WANG
    memory.write_text("somebody", encoding="utf-8")
    refused = own_host.call(WANG, "due", code=5)
    assert "somebody" in refused.stderr
    memory.unlink()
    own_host.call(WANG, "due")


def test_strangers_read_where_the_settings_let_them_and_no_more(own_host: Host) -> None:
    own_host.event()
    own_host.change_settings("[serve]", '[serve]\nunknown = "read"')
    own_host.wait_for(lambda: own_host.call(STRANGER, "due", code=None).returncode == 0)
    before = len(own_host.acts())
    duty = own_host.json(WANG, "due")["duties"][0]["reference"]
    assert own_host.json(STRANGER, "access")["role"] == "reader"
    own_host.call(STRANGER, "note", duty, "mine", code=5)
    own_host.call("root", "due", code=5)
    assert len(own_host.acts()) == before


def test_a_login_called_like_a_persons_id_is_not_that_person() -> None:
    people = {"chen.gang": Person(id="chen.gang", name="陈刚", department="sales", role=Role.HEAD)}
    caller = Caller(uid=os.geteuid() + 5000, login="chen.gang")
    present = Present(people=people, strangers_read=True, reading=ReadingRule.ALL)
    actor = actor_of(caller, present, date(2026, 11, 20))
    assert actor.role is Role.READER
    assert actor.id not in people


def test_an_id_that_can_be_anybody_is_nobody() -> None:
    """Such as that of every caller from a user namespace, or of a container."""
    for uid in nobodies() | {65534, 4_000_000_000}:
        with pytest.raises(Forbidden, match=str(uid)):
            login_of(uid)


def test_a_person_may_be_named_by_the_number_of_a_login() -> None:
    people = {"li.na": Person(id="li.na", name="李娜", department="finance", logins=("uid:5001",))}
    today = date(2026, 11, 20)
    assert person_of(Caller(uid=5001, login="whatever"), people, today) is people["li.na"]
    assert person_of(Caller(uid=5002, login="uid:5001x"), people, today) is None


def test_a_login_given_to_one_by_name_and_to_another_by_number_is_nobodys() -> None:
    by_number = Person(id="li.na", name="李娜", department="finance", logins=("uid:5001",))
    by_name = Person(id="wang.fang", name="王芳", department="sales", logins=("fang",))
    caller, today = Caller(uid=5001, login="fang"), date(2026, 11, 20)
    for order in ((by_number, by_name), (by_name, by_number)):
        people = {person.id: person for person in order}
        assert person_of(caller, people, today) is None
        present = Present(people=people, strangers_read=True, reading=ReadingRule.ALL)
        with pytest.raises(Forbidden, match="leaves it to one"):
            actor_of(caller, present, today)
    left = {one.id: one for one in (replace(by_number, left_on=date(2026, 11, 1)), by_name)}
    assert person_of(caller, left, today) is by_name


def test_a_login_shared_by_name_and_by_number_is_refused() -> None:
    sharing = {"desk": Sharing(people=frozenset({"li.na"})), "uid:5001": Sharing()}
    present = Present(people={}, strangers_read=True, reading=ReadingRule.ALL, shared=sharing)
    with pytest.raises(Forbidden, match="twice"):
        actor_of(Caller(uid=5001, login="desk"), present, date(2026, 11, 20))
    assert sharing_of(Caller(uid=5002, login="desk"), present) is sharing["desk"]


def test_doctor_names_a_login_that_two_have() -> None:
    own = pwd.getpwuid(os.getuid())
    by_number, by_name, other = (
        Person(id=id, name=id, department="sales", logins=logins)
        for id, logins in (
            ("li", (f"uid:{own.pw_uid}", "uid:x", "uid:99999999999")),
            ("wang", (own.pw_name,)),
            ("chen", ("chen",)),
        )
    )
    (found,) = _of_one_login([by_number, by_name, other])
    assert not found.well
    assert own.pw_name in found.sentence
    assert not list(_of_one_login([by_number, other]))


def test_an_act_waits_for_rights_that_another_thread_is_reading(tmp_path: Path) -> None:
    """Else it would count those of before, for as long as a busy machine takes to read the settings."""
    reads, read = threading.Event(), threading.Event()
    old, new = (
        Present(people={}, strangers_read=strangers, reading=ReadingRule.ALL) for strangers in (True, False)
    )

    def slowly() -> Present:
        reads.set()
        assert read.wait(20)
        return new

    settings = PresentSettings(tmp_path / "changed.toml", (1, 1, 1), old, slowly)
    with ThreadPoolExecutor() as threads:
        listener = threads.submit(settings.now)
        assert reads.wait(20)
        act = threads.submit(settings.now)
        time.sleep(0.05)
        read.set()
        assert (listener.result(), act.result()) == (new, new)


def uid_of(login: str) -> int:
    return pwd.getpwnam(login).pw_uid


REQUEST = """
import os, socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
fields = [str({protocol}), "7.7", "utf-8", "000", "", "", str(len({arguments})), *{arguments}, "SLA_LANG=en"]
content = b"\\0".join(field.encode() for field in fields)
message = b"R" + len(content).to_bytes(4, "big") + content
socket.send_fds(connection, [message], [0, 1, 2])
answer = b""
while chunk := connection.recv(4096):
    answer += chunk
answer = answer[5:]  # what comes first is the welcome
print(answer[:1].decode() + answer[5:].decode(errors="replace").replace(chr(0), " "))
"""
