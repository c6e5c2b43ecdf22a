"""The websocket of the terminal: who may open it, and what it passes on."""

import asyncio
import contextlib
import errno
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError

from sla_tracker.deployment.direct import DirectDeployment
from sla_tracker.serve.web import server
from sla_tracker.serve.web.terminals import handlers
from sla_tracker.serve.web.terminals.local_terminal import LocalTerminal
from sla_tracker.serve.web.terminals.page_terminal import Offered, PageTerminal
from tests.web.site import URL, Browser, RunningSite, give_passwords, running

SHELL = ["/bin/sh", "-c", 'stty -echo; while read -r line; do echo "$(stty size) $line"; done']


@pytest_asyncio.fixture
async def shown(dealer: DirectDeployment) -> AsyncIterator[RunningSite]:
    """Yield a site whose terminal says its size before what was typed."""

    async with running(dealer, begin_terminal=begin_shell) as site:
        yield site


def begin_shell(_person: str, _language: str, rows: int, columns: int) -> LocalTerminal:
    return LocalTerminal(SHELL, {"PATH": "/usr/bin:/bin"}, rows, columns)


async def key_of(browser: Browser) -> str:
    page = await browser.get("/terminal")
    found = re.search(r'data-key="([^"]+)"', page.text)
    assert found, page.words
    return found[1]


async def opened(browser: Browser, key: str, origin: str = URL) -> ClientWebSocketResponse:
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in browser.cookies.items())}
    headers["Accept-Language"] = "en"
    if origin:
        headers["Origin"] = origin
    socket = await browser.http.ws_connect(f"{browser.site.base}/terminal/socket", headers=headers)
    await socket.send_json({"key": key, "rows": 30, "columns": 90})
    return socket


async def until(socket: ClientWebSocketResponse, wanted: str) -> str:
    """Read until a text came."""
    seen = ""
    async with asyncio.timeout(20):
        async for message in socket:
            seen += message.data.decode() if message.type is WSMsgType.BINARY else str(message.data)
            if wanted in seen:
                return seen
    raise AssertionError(f"it was closed after {seen!r}")


async def terminals_of(site: RunningSite, number: int) -> list[PageTerminal]:
    """Return the terminals once there are so many."""
    assert site.server.terminals is not None
    async with asyncio.timeout(10):
        while len(site.server.terminals._shown) < number:
            await asyncio.sleep(0.01)
    return [one.terminal for one in site.server.terminals._shown.values()]


async def test_keys_and_sizes_reach_the_program_and_a_reloaded_page_finds_it_again(
    shown: RunningSite,
) -> None:
    browser = await shown.person("wang.fang")
    socket = await opened(browser, await key_of(browser))
    await socket.send_bytes("车辆\n".encode())
    await until(socket, "30 90 车辆")
    await socket.send_json({"rows": 40, "columns": 100_000})
    await socket.send_bytes(b"wide\n")
    await until(socket, "40 500 wide")
    other = await opened(browser, await key_of(browser))
    assert "another page" in await until(socket, "another page")
    await other.send_bytes(b"again\n")
    await until(other, "30 90 again")
    shown.server.sessions.end_all("wang.fang")
    await until(other, "logged out")


async def test_another_sites_page_opens_no_terminal(shown: RunningSite) -> None:
    browser = await shown.person("wang.fang")
    for origin in ("", "null", "https://evil.example", "http://localhost:8471"):
        with pytest.raises(WSServerHandshakeError, match="403"):
            await opened(browser, await key_of(browser), origin)


async def test_a_key_is_good_once_and_for_its_own_login(shown: RunningSite) -> None:
    browser, thief = await shown.person("wang.fang"), await shown.person("zhou.min")
    with pytest.raises(WSServerHandshakeError, match="403"):
        await opened(shown.browser(), await key_of(browser))
    for whose, key in ((thief, await key_of(browser)), (browser, "guessed"), (browser, "")):
        await until(await opened(whose, key), "too old")
    key = await key_of(browser)
    await opened(browser, key)
    await until(await opened(browser, key), "too old")
    assert (await shown.browser().get("/terminal")).url.startswith("/login")


async def test_a_terminal_ends_with_its_login_however_that_ends(shown: RunningSite) -> None:
    """By logging out, by idling, and when the password is taken away or set anew by somebody else."""
    access, sessions = shown.access, shown.server.sessions

    async def log_out(browser: Browser) -> None:
        await browser.send(await browser.get("/account"), "/logout")

    async def idle(_browser: Browser) -> None:
        shown.clock.now += 31 * 60
        sessions.drop_old()

    async def lose_password(_browser: Browser) -> None:
        access.remove_password("wang.fang")
        shown.server.end_lost()

    async def get_new_password(_browser: Browser) -> None:
        access.set_first_password("wang.fang")
        shown.server.end_lost()

    for ending in (log_out, idle, lose_password, get_new_password):
        give_passwords(shown.opened.folder, "wang.fang")
        browser, other = await shown.person("wang.fang"), await shown.person("zhou.min")
        socket, kept = await opened(browser, await key_of(browser)), await opened(other, await key_of(other))
        await socket.send_bytes(b"here\n")
        await until(socket, "30 90 here")
        await kept.send_bytes(b"too\n")
        await until(kept, "30 90 too")
        await ending(browser)
        await until(socket, "logged out")
        await socket.receive()
        assert socket.closed, ending.__name__
        with pytest.raises(WSServerHandshakeError, match="403"):
            await opened(browser, "any")
        if ending is not idle:
            await kept.send_bytes(b"still\n")
            await until(kept, "30 90 still")


async def test_who_watches_a_terminal_is_looked_at_again_and_again(
    dealer: DirectDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server, "WATCH_SECONDS", 0.05)
    async with running(dealer, begin_terminal=begin_shell) as site:
        browser = await site.person("wang.fang")
        socket = await opened(browser, await key_of(browser))
        site.access.remove_password("wang.fang")
        await until(socket, "logged out")


async def test_what_is_no_message_of_the_page_changes_nothing(
    shown: RunningSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await shown.person("wang.fang")
    socket = await opened(browser, await key_of(browser))
    for junk in (
        "",
        "[]",
        "{",
        '{"rows": "x"}',
        '{"rows": 1e999, "columns": 5}',
        "[" * 5000,
        '{"rows": null}',
        "5",
    ):
        await socket.send_str(junk)
    await socket.send_bytes(b"alive\n")
    await until(socket, "30 90 alive")
    await socket.send_bytes(b"x" * (300 << 10))  # more than one paste may hold
    with contextlib.suppress(ConnectionError):
        async with asyncio.timeout(5):
            while not (await socket.receive()).type.name.startswith("CLOS"):
                pass
    again = await opened(browser, await key_of(browser))
    await again.send_bytes(b"back\n")
    await until(again, "30 90 back")
    monkeypatch.setattr(handlers, "FIRST_SECONDS", 0.1)
    headers = {"Cookie": f"sla={browser.cookies['sla']}", "Origin": URL}
    for first in (None, "no json", '{"key": "x"}', '{"rows": "a", "columns": 1, "key": "x"}', "[]"):
        silent = await browser.http.ws_connect(f"{shown.base}/terminal/socket", headers=headers)
        if first is not None:
            await silent.send_str(first)
        message = await asyncio.wait_for(silent.receive(), 5)
        assert silent.closed, (first, message)
    assert "fault" not in str([file.name for file in shown.server.options.state_folder.iterdir()])


async def test_files_of_a_terminal_are_downloads_of_its_own_login_once(shown: RunningSite) -> None:
    browser, other = await shown.person("wang.fang"), await shown.person("zhou.min")
    await opened(browser, await key_of(browser))
    await opened(other, await key_of(other))
    terminal, _other = await terminals_of(shown, 2)
    for name in (
        "报表 2026-11.html",
        'a";b\r\nX-Evil: 1.csv',
        "../../etc/passwd",
        "\u202egpj.exe",
        "<script>.svg",
    ):
        terminal.offered["key"] = Offered(name=name, content=b"<script>1</script>")
        for stranger in (other, shown.browser()):
            seen = await stranger.get("/terminal/file/key")
            assert "<script>1" not in seen.text
        seen = await browser.get("/terminal/file/key")
        assert (seen.status, seen.text) == (200, "<script>1</script>")
        assert seen.headers["Content-Type"] == "application/octet-stream"
        assert seen.headers["X-Content-Type-Options"] == "nosniff"
        assert re.fullmatch(
            r"attachment; filename\*=UTF-8''[A-Za-z0-9._~%-]+", seen.headers["Content-Disposition"]
        )
        assert "X-Evil" not in seen.headers
        assert seen.headers["Cache-Control"] == "no-store"
        assert (await browser.get("/terminal/file/key")).status == 404, "once"


async def test_nobody_takes_the_terminals_of_others(
    shown: RunningSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(handlers, "MOST_TERMINALS", 5)
    browsers = [await shown.person("wang.fang") for _login in range(5)]
    for browser in browsers[:4]:
        await opened(browser, await key_of(browser))
    first, *_others = await terminals_of(shown, 4)
    refused = await until(await opened(browsers[4], await key_of(browsers[4])), "leave one of them first")
    assert "You have 4 terminals open" in refused
    other = await shown.person("zhou.min")
    socket = await opened(other, await key_of(other))
    await socket.send_bytes(b"here\n")
    await until(socket, "30 90 here")
    full = await shown.person("lin.tao")
    await until(await opened(full, await key_of(full)), "There are too many terminals open.")
    first._program_ended()  # as when the program is left
    again = await opened(browsers[4], await key_of(browsers[4]))
    await again.send_bytes(b"room\n")
    await until(again, "30 90 room")


async def test_an_unfetched_file_keeps_no_terminal_after_its_login_or_for_ever(
    shown: RunningSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    pages = shown.server.terminals
    assert pages is not None
    browser = await shown.person("wang.fang")
    socket = await opened(browser, await key_of(browser))
    (terminal,) = await terminals_of(shown, 1)
    terminal.offered["key"] = Offered(name="report.xlsx", content=b"x")
    terminal._program_ended()
    await until(socket, "was left")
    # It stays for its login, in the next terminal, too, and leaves nothing behind in the session.
    socket = await opened(browser, await key_of(browser))
    await until(socket, "/terminal/file/key")
    (session,) = shown.server.sessions.with_something_open()
    assert len(session.closing) == 1
    await socket.close()
    (terminal,) = await terminals_of(shown, 1)
    while terminal.is_shown:
        await asyncio.sleep(0.01)
    monkeypatch.setattr(handlers, "KEPT_SECONDS", 0.0)
    pages.drop_left()
    assert (len(pages._shown), session.closing) == (0, [])
    monkeypatch.undo()
    await opened(browser, await key_of(browser))
    (terminal,) = await terminals_of(shown, 1)
    terminal.offered["key"] = Offered(name="report.xlsx", content=b"x")
    shown.server.sessions.end_all("wang.fang")
    assert (len(pages._shown), terminal.is_over) == (0, True)


async def test_a_terminal_that_cannot_begin_says_so_and_is_no_fault_of_the_program(
    shown: RunningSite,
) -> None:
    def begin(*_given: object) -> LocalTerminal:
        raise OSError(errno.EMFILE, "Too many open files")

    assert shown.server.terminals is not None
    shown.server.terminals._begin = begin
    browser = await shown.person("wang.fang")
    await until(await opened(browser, await key_of(browser)), "try again in a moment")
    assert not (shown.server.options.state_folder / "faults").exists()
    shown.server.terminals._begin = begin_shell
    socket = await opened(browser, await key_of(browser))
    await socket.send_bytes(b"here\n")
    await until(socket, "30 90 here")


async def test_a_login_that_ends_while_the_page_connects_gets_no_terminal(shown: RunningSite) -> None:
    browser = await shown.person("wang.fang")
    key = await key_of(browser)
    headers = {"Cookie": f"sla={browser.cookies['sla']}", "Origin": URL, "Accept-Language": "en"}
    socket = await browser.http.ws_connect(f"{shown.base}/terminal/socket", headers=headers)
    shown.server.sessions.end_all("wang.fang")
    await socket.send_json({"key": key, "rows": 30, "columns": 90})
    await until(socket, "load it again")
    assert shown.server.terminals is not None
    assert not shown.server.terminals._shown


STUBBORN = """
import asyncio, sys
from sla_tracker.serve.web.terminals import local_terminal

async def main():
    local_terminal.END_SECONDS = 0.3
    shell = ["/bin/sh", "-c", "trap '' HUP; echo $$ > " + sys.argv[1] + "; while :; do sleep 0.05; done"]
    terminal = local_terminal.LocalTerminal(shell, {"PATH": "/usr/bin:/bin"}, 30, 90)
    while not await asyncio.to_thread(lambda: __import__("os").path.exists(sys.argv[1])):
        await asyncio.sleep(0.01)
    terminal.close()

asyncio.run(main())
"""


def test_no_program_outlives_the_pages_that_showed_it(tmp_path: Path) -> None:
    noted = tmp_path / "pid"
    subprocess.run([sys.executable, "-c", STUBBORN, str(noted)], check=True, timeout=30)
    pid = int(noted.read_text(encoding="ascii"))
    assert not Path(f"/proc/{pid}").exists(), "it listened to no end of its terminal, and was ended"


async def test_the_page_of_the_terminal_takes_scripts_from_here_only(shown: RunningSite) -> None:
    page = await (await shown.person("wang.fang")).get("/terminal")
    policy = page.headers["Content-Security-Policy"]
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'none'" in policy
    assert "connect-src 'self'" in policy
    scripts = re.findall(r'src="([^"]+)"', page.text)
    assert len(scripts) == 5
    for name in scripts:
        found = await shown.browser().get(name)
        assert found.status == 200
        assert found.headers["Content-Type"].startswith("text/javascript")
        assert "sourceMappingURL" not in found.text
