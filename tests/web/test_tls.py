"""Certificates and sockets: what is refused with which sentence, and what is taken without a restart."""

import asyncio
import contextlib
import json
import os
import re
import socket
import ssl
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sla_tracker.config.deployment import SERVICE_FOLDER
from sla_tracker.deployment.direct import DirectDeployment
from sla_tracker.deployment.web_access.certificates import certificate_problems, load_pair, tls_context
from sla_tracker.deployment.web_access.web_files import UNITS_FOLDER, web_file_problems
from sla_tracker.errors import ConfigError, Refused
from sla_tracker.serve import notices, systemd
from sla_tracker.serve.processes import confinement
from sla_tracker.serve.web import __main__ as web_main
from sla_tracker.serve.web.listening import NOTICE, TlsFiles, socket_at
from tests.web.certificates import write_pair
from tests.web.site import options

NOW = datetime(2026, 11, 20, tzinfo=UTC)


@asynccontextmanager
async def served(context: ssl.SSLContext) -> AsyncIterator[int]:
    """Serve TLS with a context, and yield the port."""

    async def hang_up(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        await server.wait_closed()


async def subject_at(port: int, certificate: str) -> str:
    """Return whose certificate a browser gets that trusts one; raises SSLError for another."""
    trusting = ssl.create_default_context(cafile=certificate)
    _reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=trusting, server_hostname="localhost"
    )
    subject = writer.get_extra_info("peercert")["subject"][0][0][1]
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return str(subject)


async def test_renewed_files_are_taken_and_wrong_ones_leave_the_good_in_use(
    dealer: DirectDeployment, tmp_path: Path
) -> None:
    certificate, key = write_pair(tmp_path)
    shown = options(dealer, certificate=certificate, key=key)
    files = TlsFiles(shown)
    async with served(files.context) as port:
        assert await subject_at(port, certificate) == "number 1"
        write_pair(tmp_path, number=2)
        files.reload()
        assert await subject_at(port, certificate) == "number 2"
        kept = tmp_path / "kept"
        kept.write_bytes(Path(certificate).read_bytes())
        second_key = Path(key).read_bytes()
        write_pair(tmp_path, number=3)
        Path(key).write_bytes(second_key)  # half of a renewal
        files.reload()
        assert not list(notices.kept(shown.state_folder, notices.NEW))
        files.reload()
        told = [one.in_language("en") for one in notices.kept(shown.state_folder, notices.NEW)]
        assert len(told) == 1
        assert "cannot be used together" in told[0]
        assert await subject_at(port, str(kept)) == "number 2"
        write_pair(tmp_path, number=3)
        files.reload()
        assert await subject_at(port, certificate) == "number 3"
        assert not [one for one in notices.kept(shown.state_folder, notices.NEW) if NOTICE in one.file.name]


def test_files_that_cannot_serve_are_refused_with_a_sentence(tmp_path: Path) -> None:
    certificate, key = write_pair(tmp_path)
    context = tls_context(certificate, key)

    def refusal(certificate: str = certificate, key: str = key) -> str:
        with pytest.raises(ConfigError) as caught:
            load_pair(context, certificate, key)
        return caught.value.sentence()

    assert "/none cannot be read: No such file" in refusal(certificate=f"{tmp_path}/none")
    assert "/none cannot be read: No such file" in refusal(key=f"{tmp_path}/none")
    assert "cannot be read" in refusal(certificate=str(tmp_path))
    for mode in (0o604, 0o602, 0o620, 0o644):
        Path(key).chmod(mode)
        assert f"chmod g-w,o-rwx {key}" in refusal()
    Path(key).chmod(0o640)  # a group for keys, as Debian has one
    load_pair(context, certificate, key)
    write_pair(tmp_path, passphrase=b"secret")
    assert "passphrase" in refusal()
    write_pair(tmp_path)
    for wrong in (b"", b"no certificate", Path(key).read_bytes()):
        (tmp_path / "wrong").write_bytes(wrong)
        assert "cannot be used together" in refusal(certificate=str(tmp_path / "wrong"))


def test_a_certificate_that_browsers_would_not_take_is_named_before_they_do(tmp_path: Path) -> None:
    def problems(host: str = "sla.example.com") -> str:
        return " ".join(one.sentence() for one in certificate_problems(f"{tmp_path}/web.pem", host, NOW))

    write_pair(tmp_path, "sla.example.com", now=NOW)
    assert problems() == ""
    assert problems("SLA.example.com") == ""
    assert "is for sla.example.com and not for other.example.com" in problems("other.example.com")
    write_pair(tmp_path, "*.example.com", "192.0.2.1", now=NOW)
    assert problems() == problems("192.0.2.1") == ""
    assert "not for" in problems("a.b.example.com")
    assert "not for" in problems("example.com")
    write_pair(tmp_path, "sla.example.com", now=NOW, days=(-400, -0.5))
    assert "holds from 2025-10-16 to 2026-11-19, and not now" in problems()
    write_pair(tmp_path, "sla.example.com", now=NOW, days=(1, 9))
    assert "and not now" in problems()
    write_pair(tmp_path, "sla.example.com", now=NOW, days=(-9, 9))
    assert "ends on 2026-11-29; renew it" in problems()
    (tmp_path / "web.pem").write_text("no certificate")
    with pytest.raises(ConfigError, match="is no certificate"):
        problems()


def test_nothing_but_an_old_socket_gives_way_and_only_in_a_closed_folder(tmp_path: Path) -> None:
    place = tmp_path / "web"
    with socket.socket(socket.AF_UNIX) as left_behind:
        left_behind.bind(str(place))
    with socket_at(place) as made:
        assert place.stat().st_mode & 0o777 == 0o666
        made.close()
    assert not place.exists()
    place.write_text("mine")
    with pytest.raises(ConfigError, match="is no socket"), socket_at(place):
        pass
    assert place.read_text() == "mine"
    tmp_path.chmod(0o777)
    with pytest.raises(ConfigError, match="Others can write to"), socket_at(tmp_path / "other"):
        pass
    with pytest.raises(ConfigError, match="cannot be used"), socket_at(tmp_path / "none" / "web"):
        pass


def test_a_socket_at_which_another_process_serves_the_pages_is_left_to_it(tmp_path: Path) -> None:
    place = tmp_path / "web"
    with socket_at(place) as first, socket.socket(socket.AF_UNIX) as caller:
        with pytest.raises(Refused, match="the pages are not served there"), socket_at(place):
            pass
        caller.connect(str(place))
        first.close()


def test_the_check_up_names_what_the_pages_lack_on_this_host(
    dealer: DirectDeployment, tmp_path: Path
) -> None:
    config = dealer.deployment.config
    url = {"url": "https://sla.example.com"}

    def problems(web: dict[str, object], oidc: dict[str, object] | None = None) -> str:
        sections = {
            "web": type(config.web).model_validate({**url, **web}),
            "oidc": type(config.oidc).model_validate(oidc or {}),
        }
        found = web_file_problems(config.model_copy(update=sections), NOW)
        return " ".join(one.sentence() for one in found)

    assert problems({}) == ""
    certificate, key = write_pair(tmp_path, "sla.example.com", now=NOW)
    tls: dict[str, object] = {"certificate": certificate, "key": key}
    assert problems(tls) == ""
    Path(key).chmod(0o644)
    assert "Others can read or change the key" in problems(tls)
    secret = tmp_path / "secret"
    oidc: dict[str, object] = {"secret_from": f"file:{secret}"}
    assert "cannot be read" in problems({"login": ["oidc"]}, oidc)
    secret.write_text("x")
    secret.chmod(0o640)
    assert "readable by nobody else" in problems({"login": ["oidc"]}, oidc)
    secret.chmod(0o600)
    assert problems({"login": ["oidc"]}, oidc) == ""
    listening: dict[str, object] = {"listen": str(tmp_path / "web"), "proxy": "root"}
    assert problems(listening) == ""
    (tmp_path / "closed").mkdir(mode=0o555)
    if os.geteuid():  # root may write everywhere
        assert "cannot make a socket in" in problems({**listening, "listen": f"{tmp_path}/closed/web"})
    tmp_path.chmod(0o777)
    said = problems({**listening, "proxy": "nobody-of-that-name"})
    assert "no login nobody-of-that-name" in said.replace("“", "").replace("”", "")
    assert "Others can write to" in said


def test_a_web_process_that_cannot_start_tells_the_administrators(
    dealer: DirectDeployment, tmp_path: Path
) -> None:
    certificate, key = write_pair(tmp_path)
    Path(key).chmod(0o644)
    with (dealer.folder / "sla_tracker.toml").open("a", encoding="utf-8") as settings:
        settings.write(
            f'[web]\nurl = "https://localhost:8443"\ncertificate = "{certificate}"\nkey = "{key}"\n'
        )
    state = dealer.folder / SERVICE_FOLDER
    state.mkdir()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        done = subprocess.run(
            [sys.executable, "-m", "sla_tracker.serve.web", str(dealer.folder), str(theirs.fileno())],
            pass_fds=[theirs.fileno()],
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 6
    assert "Others can read or change the key" in json.loads(done.stderr)["problem"]
    told = [one.in_language("zh_CN") for one in notices.kept(state, notices.NEW)]
    assert told == [f"其他人可以读取或修改密钥 {key}。请收回该权限：chmod g-w,o-rwx {key}"]


def test_a_fault_of_the_web_process_is_kept_and_told_and_no_traceback(
    dealer: DirectDeployment, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def read(*_given: object) -> None:
        raise LookupError("as no test expects it")

    state = dealer.folder / SERVICE_FOLDER
    state.mkdir()
    monkeypatch.setattr(web_main, "read_options", read)
    monkeypatch.setattr(confinement, "close_to_others", lambda: None)
    ours, theirs = socket.socketpair()
    with ours:
        monkeypatch.setattr(sys, "argv", ["web", str(dealer.folder), str(theirs.detach())])
        assert web_main.main() == 1
    line = json.loads(capfd.readouterr().err)
    (kept,) = (state / "faults").iterdir()
    assert (line["what"], kept.stem) == ("fault", line["number"])
    (notice,) = notices.kept(state, notices.NEW)
    assert line["number"] in notice.in_language("zh_CN")
    assert "页面无法提供：程序故障" in notice.in_language("zh_CN")


def test_the_folder_in_the_docs_is_the_one_that_the_unit_makes() -> None:
    file = Path("/etc/sla/service.toml")
    text = systemd.units("/opt/sla", Path("/srv/x"), "/run/sla/socket", "sla", file)
    assert f"RuntimeDirectory={UNITS_FOLDER.name}\n" in text
    for page in ("web.md", "web.zh.md"):
        text = (Path(__file__).resolve().parent.parent.parent / "docs" / page).read_text(encoding="utf-8")
        assert set(re.findall(r"/run/sla[^\s\";`]*", text)) == {str(UNITS_FOLDER), f"{UNITS_FOLDER}/socket"}
