"""A real Chromium: a day's work on a phone, other sites' tricks, idling, and the terminal in the page."""

import asyncio
import re
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest
import pytest_asyncio
from aiohttp import web

from sla_tracker.deployment.direct import DirectDeployment
from sla_tracker.serve.web.terminals.local_terminal import LocalTerminal
from tests.web.chromium import Page, chromium
from tests.web.site import PASSWORD, RunningSite, free_port, running

PHONE = (390, 844)
# A frame of another origin cannot be looked into; one that was refused shows the browser's own error.
FRAMED = "document.getElementById('f').contentDocument === null ? 'kept out' : 'shown'"


@dataclass
class Desktop:
    page: Page
    site: RunningSite
    base: str

    async def log_in(self, person: str) -> None:
        await self.page.open(f"{self.base}/login")
        await self.page.fill("[name=name]", person)
        await self.page.fill("[name=password]", PASSWORD)
        await self.page.submit("main button")


async def overflowing(page: Page) -> str:
    """Return what stands out of the window to the right."""
    return str(
        await page.run(
            "[...document.querySelectorAll('body *')].filter(one => one.getBoundingClientRect().right > innerWidth + 1"
            " && !one.closest('.skip')).map(one => one.tagName + ' ' + one.textContent.slice(0, 40)).join('; ')"
        )
    )


@pytest_asyncio.fixture
async def desktop(dealer: DirectDeployment) -> AsyncIterator[Desktop]:
    port = free_port()
    async with running(dealer, port=port) as site, chromium() as page:
        yield Desktop(page=page, site=site, base=f"http://localhost:{port}")


async def evil_site(target: str) -> tuple[web.AppRunner, str]:
    """Serve another site, which frames the pages and sends a form to them."""
    frame = f'<iframe id="f" src="{target}/"></iframe>'
    form = (
        f'<form id="f" method="post" action="{target}/events/new"><input name="kind" value="vehicle-delivered">'
        '<input name="subject" value="evil"><input name="f-cash" value="no"></form>'
        '<script>document.getElementById("f").submit()</script>'
    )
    socket = (
        f'<script>const s = new WebSocket("{target.replace("http", "ws")}/terminal/socket");'
        'window.state = "waiting"; s.onopen = () => state = "open"; s.onerror = () => state = "refused"</script>'
    )
    pages = {
        "/frame": frame,
        "/form": form,
        "/socket": socket,
        "/link": f'<a id="l" href="{target}/owed">see</a>',
    }

    async def answer(request: web.Request) -> web.Response:
        return web.Response(text=f"<!doctype html>{pages[request.path]}", content_type="text/html")

    application = web.Application()
    application.router.add_get("/{name}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


async def test_somebody_with_a_phone_delivers_and_finance_accepts(desktop: Desktop) -> None:
    page = desktop.page
    await page.size(*PHONE, phone=True)
    await desktop.log_in("wang.fang")
    place = await page.run(
        "[...document.querySelectorAll('.cards a')].find(one => one.textContent.includes('Order and delivery forms'))"
        ".getAttribute('href')"
    )
    for path in (
        "/",
        "/owed",
        "/events",
        "/events/new?kind=vehicle-delivered",
        "/requests/new",
        "/account",
        place,
    ):
        await page.open(desktop.base + path)
        assert await overflowing(page) == "", path
        heights = await page.run(
            "[...document.querySelectorAll('button, select, input:not([type=hidden], [type=checkbox])')]"
            ".map(one => one.getBoundingClientRect().height).filter(one => one > 0 && one < 43)"
        )
        assert heights == [], path
    for number in await page.run(
        "[...document.querySelectorAll('[type=checkbox][name^=f-]')].map(one => one.id)"
    ):
        await page.click(f"[id='{number}']")
    await page.submit("form[action$='/deliver'] button.strong")
    assert "Delivered:" in await page.text()
    await page.submit("footer form[action='/logout'] button")
    await desktop.log_in("zhou.min")
    await page.open(desktop.base + place)
    await page.submit("form[action$='/accept'] button")
    assert "Accepted" in await page.text()

    # What another site can do to somebody who is logged in here.
    runner, evil = await evil_site(desktop.base)
    before = desktop.site.opened.context.store.sequence()
    await page.open(f"{evil}/frame")
    await asyncio.sleep(0.3)
    assert await page.run("document.getElementById('f').contentWindow.length") == 0
    assert (
        any("frame-ancestors" in str(event) for event in page.events) or await page.run(FRAMED) == "kept out"
    )
    await page.open(f"{evil}/form")
    await page.until("location.port !== '' && document.body.innerText.includes('not sent from a page')")
    await page.open(f"{evil}/socket")
    await page.until("window.state !== 'waiting'")
    assert await page.run("window.state") == "refused"
    assert desktop.site.opened.context.store.sequence() == before
    await page.open(f"{evil}/link")
    await page.submit("#l")
    assert await page.run("location.pathname") == "/owed"
    await runner.cleanup()

    desktop.site.clock.now += 31 * 60
    await page.open(f"{desktop.base}/")
    assert await page.run("location.pathname") == "/login"


async def test_the_terminal_runs_in_the_page(dealer: DirectDeployment) -> None:
    def begin(person: str, language: str, rows: int, columns: int) -> LocalTerminal:
        words = [sys.executable, "-m", "sla_tracker", "--deployment", str(dealer.folder), "--as", person]
        environment = {"PATH": "/usr/bin:/bin", "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        environment |= {"SLA_LANG": language, "HOME": str(dealer.folder)}
        return LocalTerminal(words, environment, rows, columns)

    port = free_port()
    async with running(dealer, port=port, begin_terminal=begin) as site, chromium() as page:
        desktop = Desktop(page=page, site=site, base=f"http://localhost:{port}")
        await page.size(1280, 800)
        await desktop.log_in("wang.fang")
        await page.open(f"{desktop.base}/terminal")
        screen = (
            "(() => { const b = slaTerminal.buffer.active; return [...Array(slaTerminal.rows).keys()]"
            ".map(row => b.getLine(row).translateToString(true)).join('\\n') })()"
        )
        await page.until(f"{screen}.includes('12340')")
        assert "Overdue" in await page.run(screen)
        await page.call("Input.insertText", text="?")
        await page.until(
            f"!{screen}.includes('12340') || {screen}.includes('Help') || {screen}.includes('Keys')"
        )
        first = await page.run(screen)
        await page.open(f"{desktop.base}/terminal")
        await page.until(f"{screen}.trim().length > 100")
        again = await page.run(screen)
        assert _words(again) & _words(first), "a page that is loaded again finds the same terminal"
        site.server.sessions.end_all("wang.fang")
        await page.until("document.getElementById('said').textContent !== ''")
        assert "logged out" in await page.run("document.getElementById('said').textContent")


def _words(screen: str) -> set[str]:
    return set(re.findall(r"[A-Za-z]{4,}", screen))


pytestmark = pytest.mark.timeout(120)
