"""The websocket of the terminal: who may open it, and what it passes on."""

import asyncio
import re
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError

from sla_tracker.deployment.direct import DirectDeployment
from sla_tracker.serve.web.terminals.local_terminal import LocalTerminal
from tests.web.site import URL, Browser, RunningSite, running

SHELL = ["/bin/sh", "-c", 'stty -echo; while read -r line; do echo "$(stty size) $line"; done']


@pytest_asyncio.fixture
async def shown(dealer: DirectDeployment) -> AsyncIterator[RunningSite]:
    """Yield a site whose terminal says its size before what was typed."""

    def begin(person: str, _language: str, rows: int, columns: int) -> LocalTerminal:
        return LocalTerminal(SHELL, {"PATH": "/usr/bin:/bin"}, rows, columns)

    async with running(dealer, begin_terminal=begin) as site:
        yield site


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


@pytest.mark.parametrize("origin", ["", "null", "https://evil.example", "http://localhost:8471"])
async def test_another_sites_page_opens_no_terminal(shown: RunningSite, origin: str) -> None:
    browser = await shown.person("wang.fang")
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
