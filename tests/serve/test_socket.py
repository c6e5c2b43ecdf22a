"""The socket: what is believed of it, what it refuses, and what a hostile caller cannot do to others."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.serve.host import (
    LI,
    SERVICE,
    STRANGER,
    WANG,
    Host,
    as_login,
    descendants,
    environment,
    listens,
    send_raw,
)

pytestmark = pytest.mark.timeout(300)


def test_without_a_service_a_sentence_says_how_to_start_it(quiet_host: Host) -> None:
    refused = quiet_host.call(WANG, "due", code=7)
    assert "systemctl start sla" in refused.stderr
    chinese = quiet_host.call(WANG, "due", code=7, variables={"SLA_LANG": "zh_CN"})
    assert "systemctl start sla" in chinese.stderr
    assert "The service" not in chinese.stderr


@contextmanager
def impostor(host: Host, login: str) -> Iterator[subprocess.Popen[str]]:
    """Listen on the service's socket as another login, and write down what arrives."""
    code = (
        "import socket, sys, os\n"
        "s = socket.socket(socket.AF_UNIX); s.bind(sys.argv[1]); os.chmod(sys.argv[1], 0o777); s.listen()\n"
        "print('up', flush=True); c, _ = s.accept(); print(len(c.recv(4096)), flush=True)\n"
    )
    process = subprocess.Popen(
        [*as_login(login), "/usr/bin/python3", "-c", code, str(host.socket)],
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "up\n"
    try:
        yield process
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
        host.socket.unlink(missing_ok=True)


def test_nothing_is_sent_to_a_socket_of_somebody_else(quiet_host: Host) -> None:
    shutil.chown(quiet_host.socket.parent, STRANGER)
    try:
        with impostor(quiet_host, STRANGER):
            assert "not believed" in quiet_host.call(WANG, "due", code=7).stderr
            shutil.chown(quiet_host.socket.parent, SERVICE)
            assert "somebody else" in quiet_host.call(WANG, "due", code=7).stderr
    finally:
        shutil.chown(quiet_host.socket.parent, SERVICE)


def test_a_folder_that_others_can_write_to_is_not_believed(quiet_host: Host) -> None:
    quiet_host.socket.parent.chmod(0o777)
    try:
        assert "not believed" in quiet_host.call(WANG, "due", code=7).stderr
    finally:
        quiet_host.socket.parent.chmod(0o755)


def test_a_file_that_is_not_roots_is_not_believed(quiet_host: Host) -> None:
    file, content = quiet_host.service_file, quiet_host.service_file.read_text(encoding="utf-8")
    try:
        shutil.chown(file, WANG)
        assert "not believed" in quiet_host.call(WANG, "due", code=7).stderr
        shutil.chown(file, "root")
        file.chmod(0o666)
        assert "not believed" in quiet_host.call(WANG, "due", code=7).stderr
        file.unlink()
        own = quiet_host.root / "home" / WANG / "mine.toml"
        own.write_text(content, encoding="utf-8")
        file.symlink_to(own)
        assert quiet_host.call(WANG, "due", code=7).stdout == ""
    finally:
        file.unlink()
        file.write_text(content, encoding="utf-8")


def test_the_environment_does_not_name_another_service(host: Host) -> None:
    elsewhere = {"SLA_SERVICE": "/tmp/x", "SLA_SOCKET": "/tmp/x", "XDG_RUNTIME_DIR": "/tmp"}
    assert '"wang.fang"' in host.call(WANG, "access", "--json", variables=elsewhere).stdout


GARBAGE = """
import os, socket, sys, time
for content in (b"", b"x", b"R\\xff\\xff\\xff\\xff" + b"x" * 100000, b"R\\x00\\x00\\x00\\x05abc", os.urandom(70000)):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(sys.argv[1])
    try:
        socket.send_fds(connection, [content or b"R"], [0] * 9)
        connection.sendall(b"y" * 200000)
    except OSError:
        pass
    connection.close()
print("done")
"""


def test_garbage_is_forgotten_and_everybody_else_is_served(host: Host) -> None:
    assert send_raw(host, STRANGER, GARBAGE).stdout == "done\n"
    assert host.json(WANG, "access")["person"] == "wang.fang"
    assert not host.faults()


BAD_REQUESTS = {
    "too large": ("b'R' + (70000).to_bytes(4, 'big') + b'x' * 70000", 3),
    "half": ("b'R' + (500).to_bytes(4, 'big') + b'x' * 100", 3),
    "garbage": ("os.urandom(300)", 3),
    "no descriptors": ("b'R' + (5).to_bytes(4, 'big') + b'1\\x00a\\x00b'", 0),
    "too many descriptors": ("b'R' + (5).to_bytes(4, 'big') + b'1\\x00a\\x00b'", 9),
}
SENDING = """
import os, socket, sys
connection = socket.socket(socket.AF_UNIX)
connection.connect(sys.argv[1])
try:
    socket.send_fds(connection, [{content}], [0] * {count})
    connection.shutdown(socket.SHUT_WR)
    print(connection.recv(4096))
except OSError:
    print(b"")
"""


@pytest.mark.parametrize("kind", BAD_REQUESTS)
def test_a_bad_request_is_bounded_logged_and_forgotten(host: Host, kind: str) -> None:
    assert host.service is not None
    content, count = BAD_REQUESTS[kind]
    before = sum("problem" in line and line.get("what") == "session" for line in host.lines())
    answer = send_raw(host, STRANGER, SENDING.format(content=content, count=count)).stdout
    assert "Traceback" not in answer
    host.wait_for(
        lambda: sum("problem" in line and line.get("what") == "session" for line in host.lines()) > before, 15
    )
    host.wait_for(lambda: len(descendants(host.service.pid)) == 1, 20)
    assert not host.faults()
    assert host.json(WANG, "access")["person"] == "wang.fang"


STRANGE = """
import os, socket, sys, time
def call(words, streams, encoding="utf-8"):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(sys.argv[1])
    fields = ["1", "7.7", encoding, "000", "", "", str(len(words)), *words, "SLA_LANG=en"]
    content = b"\\0".join(field.encode() for field in fields)
    socket.send_fds(connection, [b"R" + len(content).to_bytes(4, "big") + content], streams)
    connection.settimeout(20)
    while connection.recv(65536):
        pass
    time.sleep(0.1)
null = os.open("/dev/null", os.O_RDWR)
for encoding in ("idna", "undefined", "utf-16", "unicode_escape", "rot13"):
    call(["access"], [null] * 3, encoding)
full, closed = os.pipe(), os.pipe()
os.set_blocking(full[1], False)
try:
    while True:
        os.write(full[1], b"x" * 4096)
except BlockingIOError:
    pass
os.close(closed[0])
for stream in (
    os.open("/", os.O_RDONLY), os.open("/etc/passwd", os.O_PATH), os.open("/proc/self/mem", os.O_RDWR), full[1],
    closed[1], os.open("/dev/full", os.O_RDWR), socket.socket().fileno(), os.memfd_create("x"),
):
    call(["due"], [stream] * 3)
call(["verify", "--anchors", "-"], [os.open("/dev/zero", os.O_RDONLY), null, null])
print("done")
"""


def test_strange_streams_and_encodings_end_in_good_order(host: Host) -> None:
    assert send_raw(host, WANG, STRANGE).stdout == "done\n"
    assert not host.faults()
    assert host.json(WANG, "access")["person"] == "wang.fang"


UNREAD = """
import fcntl, os, subprocess, sys
reading, writing = os.pipe()
fcntl.fcntl(writing, fcntl.F_SETPIPE_SZ, 4096)
subprocess.run(sys.argv[2:], stdout=writing, timeout=50)
"""


def test_who_reads_nothing_keeps_nobody_waiting(host: Host) -> None:
    """What is written to a full pipe was read from the store before, so that no lock waits for who reads."""
    opened = host.event(LI)["opened"][0]["reference"]
    command, environ, cwd = host.call_words(WANG, "due", "--all", "--until", "2027-12-31", "--json")
    words = [*as_login(WANG), "/usr/bin/python3", "-c", UNREAD, "", *command[command.index(str(host.sla)) :]]
    with subprocess.Popen(words, env=environ, cwd=cwd, stderr=subprocess.PIPE) as stuck:
        time.sleep(1.0)  # by now the pipe is full
        assert stuck.poll() is None
        began = time.monotonic()
        host.call(LI, "note", opened, "nobody waits")
        assert time.monotonic() - began < 10
        for pid in descendants(stuck.pid):
            os.kill(pid, signal.SIGKILL)
    host.wait_for(lambda: host.count("session", login=WANG, command="due"))
    assert not host.faults()


def test_the_log_holds_neither_arguments_nor_texts_of_people(host: Host) -> None:
    opened = host.event(LI, "鄂F·10G99")["opened"][0]["reference"]
    host.call(LI, "note", opened, "told in confidence")
    host.call(LI, "note", opened, "told in confidence", "--no-such-option", code=2)
    host.call(STRANGER, "note", opened, "told in confidence", code=5)
    for login, code in ((LI, 0), (LI, 2), (STRANGER, 5)):
        host.wait_for(lambda: host.count("session", login=login, command="note", code=code))  # noqa: B023
    text = host.log.read_text(encoding="utf-8")
    for said in ("confidence", "10G99", opened, "no-such-option"):
        assert said not in text


SILENT = """
import socket, sys, time
kept = []
for _ in range(12):
    connection = socket.socket(socket.AF_UNIX)
    connection.connect(sys.argv[1])
    kept.append(connection)
    time.sleep(0.06)
time.sleep(1)
answers = 0
for connection in kept:
    connection.setblocking(False)
    try:
        answers += connection.recv(100).endswith(b"full")
    except BlockingIOError:
        pass
print(answers)
time.sleep(8)
"""


def test_who_stays_silent_fills_only_his_own_places(host: Host) -> None:
    silent = subprocess.Popen(
        [*as_login(STRANGER), "/usr/bin/python3", "-c", SILENT, str(host.socket)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert silent.stdout is not None
    with silent, silent.stdout:
        assert silent.stdout.readline() == "4\n"
        assert host.json(WANG, "access")["person"] == "wang.fang"
        host.wait_for(
            lambda: host.count("session", uid=5, problem="the request was not complete in time") >= 8, 15
        )


def test_too_many_calls_in_a_second_are_refused(host: Host) -> None:
    code = (
        "import socket, sys\n"
        "answers = []\n"
        "for _ in range(40):\n"
        "    c = socket.socket(socket.AF_UNIX); c.connect(sys.argv[1]); answers.append(c)\n"
        "print(sum(c.recv(100).endswith(b'too-fast') for c in answers[25:]))\n"
    )
    assert int(send_raw(host, STRANGER, code).stdout) == 15
    time.sleep(1.1)
    assert host.json(LI, "access")["person"] == "li.na"


def test_a_second_service_on_one_store_is_refused_and_the_first_is_named(host: Host) -> None:
    assert host.service is not None
    second = host.directly(*host.serve_words()[3:])
    assert second.returncode == 4
    first = (host.deployment / ".service" / "service.lock").read_text(encoding="utf-8").split()
    assert first[0] in second.stderr
    assert listens(host.socket)


def test_nobody_else_can_run_the_service(host: Host) -> None:
    refused = host.directly(*host.serve_words()[3:], login=WANG)
    assert refused.returncode in {4, 6}


def test_no_process_of_the_service_can_be_looked_into(host: Host) -> None:
    """Not even by another process of the same login, such as another person's session."""
    assert host.service is not None
    session = subprocess.Popen(
        [*host.call_words(WANG, "verify", "--anchors", "-")[0]],
        env=host.call_words(WANG)[1],
        stdin=subprocess.PIPE,
    )
    try:
        host.wait_for(lambda: len(descendants(host.service.pid)) >= 2)
        for pid in (host.service.pid, *descendants(host.service.pid)):
            for name in ("mem", "environ"):
                done = subprocess.run(
                    [*as_login(SERVICE), "head", "-c1", f"/proc/{pid}/{name}"],
                    capture_output=True,
                    check=False,
                )
                assert done.returncode != 0, (pid, name)
    finally:
        session.kill()
        session.wait()
        assert session.stdin is not None
        session.stdin.close()


def test_the_service_stops_and_the_socket_goes(own_host: Host) -> None:
    assert own_host.stop() == 0
    assert not Path(own_host.socket).exists()
    own_host.call(WANG, "due", code=7)


def test_a_service_that_was_killed_is_started_again_over_its_own_leavings(own_host: Host) -> None:
    own_host.event()
    assert own_host.service is not None
    children = descendants(own_host.service.pid)
    own_host.stop(signal.SIGKILL)
    own_host.wait_for(lambda: not any(Path(f"/proc/{pid}").exists() for pid in children), 20)
    own_host.call(WANG, "due", code=7)
    own_host.start()
    assert len(own_host.json(WANG, "due")["duties"]) >= 2
