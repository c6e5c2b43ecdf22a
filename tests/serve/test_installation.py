"""Installing the service as docs/service.md says: units, check, client, socket from systemd, an older deployment."""

from __future__ import annotations

import re
import shutil
import socket
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from sla_tracker.cli.deployments import ServeRequest
from sla_tracker.errors import UsageError
from sla_tracker.serve import client, run, systemd
from sla_tracker.serve.installation import install
from tests.requirements import go_without
from tests.serve.host import (
    ADMIN,
    SERVICE,
    WANG,
    Host,
    a_host,
    as_login,
    environment,
    listens,
    must_have_logins,
)

pytestmark = pytest.mark.timeout(300)

# The exposure of the unit by `systemd-analyze security --offline`, in tenths of 10; lower is better.
MOST_EXPOSED = 30


def test_init_gives_the_administrator_the_login_that_is_named(quiet_host: Host) -> None:
    folder = quiet_host.root / "srv" / "named"
    quiet_host.directly("init", str(folder), "--config", "minimal", "--admin", ADMIN)
    settings = (folder / "sla_tracker.toml").read_text(encoding="utf-8")
    assert f'logins = ["{ADMIN}"]' in settings
    assert SERVICE not in settings


def test_check_says_whether_it_could_start(quiet_host: Host) -> None:
    words = quiet_host.serve_words()[3:]
    good = quiet_host.directly(*words, "--check")
    assert good.returncode == 0, good.stderr
    quiet_host.socket.parent.chmod(0o777)
    bad = quiet_host.directly(*words, "--check")
    quiet_host.socket.parent.chmod(0o755)
    assert bad.returncode == 6
    assert "not believed" in bad.stderr
    (quiet_host.deployment).chmod(0o777)
    assert quiet_host.directly(*words, "--check").returncode == 6
    quiet_host.deployment.chmod(0o755)


def test_check_passes_before_the_socket_has_made_its_folder(quiet_host: Host) -> None:
    folder, away = quiet_host.socket.parent, quiet_host.root / "away"
    folder.rename(away)
    try:
        good = quiet_host.directly(*quiet_host.serve_words()[3:], "--check")
    finally:
        away.rename(folder)
    assert good.returncode == 0, good.stderr
    assert f"{folder} is not there yet: sla.socket makes it" in good.stdout


def test_check_names_a_plugin_that_leaves_something_before_the_first_start(quiet_host: Host) -> None:
    plugin = quiet_host.deployment / "plugins" / "waits.py"
    plugin.write_text(
        "import threading, time\nthreading.Thread(target=time.sleep, args=[60], daemon=True).start()\n"
    )
    quiet_host.change_settings("python = []", 'python = ["waits.py"]')
    try:
        bad = quiet_host.directly(*quiet_host.serve_words()[3:], "--check")
    finally:
        quiet_host.change_settings('python = ["waits.py"]', "python = []")
        plugin.unlink()
    assert bad.returncode == 6
    assert "a thread" in bad.stderr


def test_a_host_without_the_file_of_root_is_told_what_to_write(quiet_host: Host) -> None:
    missing = quiet_host.root / "nowhere" / "service.toml"
    words = quiet_host.serve_words()[3:-1]
    refused = quiet_host.directly(*words, str(missing), "--check")
    assert refused.returncode == 6
    assert f"There is no {missing}; root writes it" in refused.stderr


def test_a_trial_is_not_served(quiet_host: Host) -> None:
    trial = quiet_host.root / "srv" / "trial"
    quiet_host.directly("init", "--trial", str(trial), "--config", "dealership")
    refused = quiet_host.directly(
        "--deployment", str(trial), "serve", "--service-file", str(quiet_host.service_file)
    )
    assert refused.returncode == 6
    assert "trial" in refused.stderr


def test_a_system_that_does_not_say_who_calls_has_no_service(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(socket, "SO_PEERCRED")
    with pytest.raises(UsageError, match="work directly"):
        run.run(tmp_path, ServeRequest(service_file=tmp_path / "service.toml"))


def units(host: Host) -> dict[str, str]:
    """Return the texts of the printed units, by file name."""
    printed = host.directly(*host.serve_words()[3:], "--print-systemd").stdout
    parts = re.split(r"^# --- (\S+)\n", printed, flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def analyze(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    if shutil.which("systemd-analyze") is None:
        go_without("systemd", "needs systemd-analyze")
    return subprocess.run(
        ["systemd-analyze", *words], capture_output=True, text=True, check=False, cwd=folder
    )


def test_the_units_are_what_systemd_takes(quiet_host: Host, tmp_path: Path) -> None:
    for name, text in units(quiet_host).items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    verified = analyze(tmp_path, "verify", "--man=no", "./sla.service", "./sla.socket")
    complaints = [
        line for line in verified.stderr.splitlines() if "sla." in line and "not executable" not in line
    ]
    assert complaints == []
    rated = analyze(tmp_path, "security", "--offline=yes", "--no-pager", "./sla.service")
    found = re.search(r"exposure level for \S+: (\d+)\.(\d)", rated.stdout)
    assert found is not None, rated
    assert int(found[1]) * 10 + int(found[2]) <= MOST_EXPOSED


def test_systemds_socket_is_taken_over_and_left_when_the_service_ends(quiet_host: Host) -> None:
    if shutil.which("systemd-socket-activate") is None:
        go_without("systemd", "needs systemd-socket-activate")
    names = [f"--setenv={name}={value}" for name, value in environment(HOME="/nonexistent").items()]
    activator = subprocess.Popen(
        [
            "systemd-socket-activate",
            f"--listen={quiet_host.socket}",
            *names,
            "setpriv",
            f"--reuid={SERVICE}",
            f"--regid={SERVICE}",
            "--clear-groups",
            *quiet_host.serve_words(),
        ],
        stderr=subprocess.DEVNULL,
        cwd="/",
    )
    try:
        quiet_host.wait_for(quiet_host.socket.exists, 20)
        quiet_host.socket.chmod(0o666)
        assert '"wang.fang"' in quiet_host.call(WANG, "access", "--json").stdout
    finally:
        activator.terminate()
        activator.wait(60)
    assert quiet_host.socket.exists()
    quiet_host.socket.unlink()


def test_systemd_is_told_when_it_is_ready_and_when_it_stops() -> None:
    must_have_logins()
    with (
        tempfile.TemporaryDirectory(dir="/tmp") as folder,
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as heard,
    ):
        Path(folder).chmod(0o755)
        place = Path(folder) / "notify"
        heard.bind(str(place))
        place.chmod(0o666)
        heard.settimeout(60)
        with a_host(running=False) as host:
            process = subprocess.Popen(
                [*as_login(SERVICE), *host.serve_words()],
                env=environment(HOME="/nonexistent", NOTIFY_SOCKET=str(place)),
                stderr=subprocess.DEVNULL,
                cwd="/",
            )
            try:
                assert heard.recv(4096).startswith(b"READY=1")
                assert listens(host.socket)
            finally:
                process.terminate()
            assert process.wait(60) == 0
            assert heard.recv(4096) == b"STOPPING=1"


def test_a_name_that_systemd_would_read_as_its_own_is_quoted() -> None:
    folder, file = Path('/srv/a "b" 50% $X'), Path("/etc/sla/service.toml")
    text = systemd.units("/opt/sla/bin/sla", folder, "/run/50%/s", "sla", file)
    assert 'ExecStart="/opt/sla/bin/sla" --deployment "/srv/a \\"b\\" 50%% $$X" serve\n' in text
    other = systemd.units("/opt/sla/bin/sla", folder, "/run/50%/s", "sla", Path("/etc/o x/s.toml"))
    assert ' serve --service-file "/etc/o x/s.toml"\n' in other
    assert "ListenStream=/run/50%%/s" in text


# --- the staff's program ----------------------------------------------------------------------------------------------


def test_the_client_is_one_file_on_the_standard_library(tmp_path: Path) -> None:
    text = install.client_text(Path("/etc/sla/service.toml"))
    file = tmp_path / "sla.py"
    file.write_text(text, encoding="utf-8")
    code = f"import sys; exec(open({str(file)!r}, encoding='utf-8').read(), {{'__name__': 'x'}}); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-I", "-S", "-E", "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "sla_tracker" not in loaded
    assert not {"json", "socket", "pathlib", "subprocess", "typing", "re"} & set(loaded)


def test_the_installed_client_speaks_chinese(tmp_path: Path) -> None:
    text = install.client_text(Path("/etc/sla/service.toml"))
    assert "服务在应答前已结束" in text
    file = tmp_path / "sla.py"
    file.write_text(text, encoding="utf-8")
    code = (
        f"name = {{'__name__': 'x'}}; exec(open({str(file)!r}, encoding='utf-8').read(), name); "
        "print(name['_']('{file} cannot be read: {reason}', file='/x', reason='Permission denied'))"
    )
    call = [sys.executable, "-I", "-S", "-E", "-X", "utf8", "-c", code]
    said = subprocess.run(
        call, capture_output=True, encoding="utf-8", env={"LANG": "zh_CN.UTF-8"}, check=True
    )
    assert said.stdout.strip() == "/x 无法读取：没有权限"


@pytest.mark.parametrize(
    ("words", "direct"),
    [
        ("due", False), ("--deployment /x due", True), ("due --deployment=/x", True), ("init /x", True),
        ("--lang en init --trial x", True), ("--lang init due", False), ("demo", True), ("serve", True), ("", False),
    ],
)  # fmt: skip
def test_what_does_not_go_through_the_service(
    words: str, direct: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SLA_DEPLOYMENT", raising=False)
    assert client.wants_direct(words.split()) == direct
    monkeypatch.setenv("SLA_DEPLOYMENT", "/x")
    assert client.wants_direct(words.split())
