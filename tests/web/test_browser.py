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
from sla_tracker.serve.web.terminals.page_terminal import Offered
from tests.web.chromium import Page, a_tab
from tests.web.site import PASSWORD, RunningSite, free_port, running

PHONE = (390, 844)
# A frame of another origin cannot be looked into; one that was refused shows the browser's own error.
FRAMED = "document.getElementById('f').contentDocument === null ? 'kept out' : 'shown'"


SMALL = """[...document.querySelectorAll('button, select, input:not([type=hidden], [type=checkbox]), nav a, .tabs a')]
.filter(one => one.offsetHeight > 0 && one.getBoundingClientRect().height < 43).map(one => one.outerHTML)"""
# Contrast by WCAG 2.2, 1.4.3: at least 4.5 for texts of this size, against the nearest background that is painted.
FAINT = """(() => {
  const parts = (color) => (color.match(/[0-9.]+/g) || []).map(Number);
  const light = (color) => parts(color).slice(0, 3).map(one => one / 255)
    .map(one => one <= 0.04045 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
    .reduce((sum, one, place) => sum + one * [0.2126, 0.7152, 0.0722][place], 0);
  const behind = (one) => {
    for (; one; one = one.parentElement) {
      const color = getComputedStyle(one).backgroundColor;
      if (parts(color)[3] !== 0) return color;
    }
    return 'rgb(255, 255, 255)';
  };
  const found = [];
  for (const one of document.querySelectorAll('body *')) {
    const text = [...one.childNodes].some(node => node.nodeType === 3 && node.textContent.trim());
    if (!text || !one.offsetHeight || one.closest('.skip')) continue;
    const [first, second] = [light(getComputedStyle(one).color), light(behind(one))];
    const ratio = (Math.max(first, second) + 0.05) / (Math.min(first, second) + 0.05);
    if (ratio < 4.5) found.push(`${one.tagName} ${one.textContent.trim().slice(0, 30)} ${ratio.toFixed(2)}`);
  }
  return found;
})()"""


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
async def desktop(dealer: DirectDeployment, browser: int) -> AsyncIterator[Desktop]:
    port = free_port()
    async with running(dealer, port=port) as site, a_tab(browser) as page:
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
        text = f"<!doctype html>{pages.get(request.path, '')}"  # browsers ask for /favicon.ico, too
        return web.Response(text=text, content_type="text/html")

    application = web.Application()
    application.router.add_get("/{name}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    return runner, f"http://127.0.0.1:{runner.addresses[0][1]}"


async def test_somebody_with_a_phone_and_without_scripts_delivers_and_finance_accepts(
    desktop: Desktop,
) -> None:
    page = desktop.page
    await page.call("Emulation.setScriptExecutionDisabled", value=True)
    await page.size(*PHONE, phone=True)
    await desktop.log_in("wang.fang")
    place = await page.run(
        "[...document.querySelectorAll('.cards a')].find(one => one.textContent.includes('Order and delivery forms'))"
        ".getAttribute('href')"
    )
    await page.open(desktop.base + place)
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
    assert (
        await page.run(
            "performance.getEntriesByType('resource').filter(one => one.name.includes('.js')).length"
        )
        == 0
    )
    assert all(address.startswith(desktop.base) for address in page.asked()), page.asked()

    desktop.site.clock.now += 31 * 60
    await page.open(f"{desktop.base}/")
    assert await page.run("location.pathname") == "/login"


@pytest.mark.parametrize("language", ["zh", "en"])
async def test_pages_fit_and_can_be_read_on_phones_and_desks_by_day_and_by_night(
    desktop: Desktop, language: str
) -> None:
    """Nothing stands out, what is pressed is large enough, and texts stand out from what is behind them (WCAG 2.2)."""
    page = desktop.page
    await page.open(f"{desktop.base}/login?lang={language}")
    await desktop.log_in("wang.fang")
    if not str(await page.run("document.documentElement.lang")).startswith(language):
        await page.submit("footer form[action='/language'] button")
    place = await page.run("document.querySelector('.cards a').getAttribute('href')")
    paths = [
        "/",
        "/owed",
        "/events",
        "/events/new?kind=vehicle-delivered",
        "/requests/new?what=other",
        "/account",
    ]
    for path in [*paths, "/password", place]:
        await page.open(desktop.base + path)
        await page.run("document.querySelectorAll('details').forEach(one => one.open = true)")
        for width, phone in ((390, True), (1200, False)):
            await page.size(width, 844, phone=phone)
            assert await overflowing(page) == "", (path, width)
            small = await page.run(SMALL)
            assert small == [], (path, width)
        for scheme in ("light", "dark"):
            await page.shown_as("screen", scheme)
            assert await page.run(FAINT) == [], (path, scheme)
        await page.shown_as("print", "dark")
        assert (
            await page.run("getComputedStyle(document.documentElement).getPropertyValue('--ink').trim()")
            == "#1c2430"
        )
        assert (
            await page.run(
                "[...document.querySelectorAll('nav, form')].filter(one => one.offsetHeight).length"
            )
            == 0
        )
        await page.shown_as("", "light")


async def test_another_site_can_do_nothing_to_who_is_logged_in(desktop: Desktop) -> None:
    page = desktop.page
    await desktop.log_in("zhou.min")
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


SCREEN = """(() => { const b = slaTerminal.buffer.active; return [...Array(slaTerminal.rows).keys()]
.map(row => b.getLine(row).translateToString(true)).join('\\n') })()"""
# What is typed before is lost: the page connects, and takes the keys, after it is loaded.
CONNECTED = """document.getElementById('said').textContent === '' &&
document.activeElement === slaTerminal.textarea"""
# What a text on the screen might try with the page: its title, the clipboard, a link, an answer that is typed.
TRICKS = r"\x1b]0;evil\x07\x1b]2;evil\x07\x1b]52;c;ZXZpbA==\x07\x1b]8;;https://evil.example\x1b\\link\x1b]8;;\x1b\\"


async def test_the_terminal_runs_in_the_page(dealer: DirectDeployment, browser: int) -> None:
    def begin(person: str, language: str, rows: int, columns: int) -> LocalTerminal:
        words = [sys.executable, "-m", "sla_tracker", "--deployment", str(dealer.folder), "--as", person]
        environment = {"PATH": "/usr/bin:/bin", "TERM": "xterm-256color", "LC_ALL": "C.UTF-8"}
        environment |= {"SLA_LANG": language, "HOME": str(dealer.folder)}
        return LocalTerminal(words, environment, rows, columns)

    port = free_port()
    async with running(dealer, port=port, begin_terminal=begin) as site, a_tab(browser) as page:
        desktop = Desktop(page=page, site=site, base=f"http://localhost:{port}")
        await page.size(1280, 800)
        await desktop.log_in("wang.fang")
        await page.open(f"{desktop.base}/terminal")
        await page.until(f"{SCREEN}.includes('12340')")
        assert "Overdue" in await page.run(SCREEN)
        assert await overflowing(page) == ""
        await page.call("Input.insertText", text="?")
        await page.until(
            f"!{SCREEN}.includes('12340') || {SCREEN}.includes('Help') || {SCREEN}.includes('Keys')"
        )
        first = await page.run(SCREEN)
        await page.open(f"{desktop.base}/terminal")
        await page.until(f"{SCREEN}.trim().length > 100")
        again = await page.run(SCREEN)
        assert _words(again) & _words(first), "a page that is loaded again finds the same terminal"
        site.server.sessions.end_all("wang.fang")
        await page.until("document.getElementById('said').textContent !== ''")
        assert "logged out" in await page.run("document.getElementById('said').textContent")
        addresses = {address.replace("ws:", "http:") for address in page.asked()}
        assert all(address.startswith(desktop.base) for address in addresses), addresses


async def test_the_page_of_the_terminal_copies_pastes_and_heeds_no_tricks(
    dealer: DirectDeployment, browser: int
) -> None:
    def begin(_person: str, _language: str, rows: int, columns: int) -> LocalTerminal:
        return LocalTerminal(["/bin/cat"], {"PATH": "/usr/bin:/bin"}, rows, columns)

    port = free_port()
    async with running(dealer, port=port, begin_terminal=begin) as site, a_tab(browser) as page:
        desktop = Desktop(page=page, site=site, base=f"http://localhost:{port}")
        await desktop.log_in("wang.fang")
        await page.open(f"{desktop.base}/terminal")
        await page.until(CONNECTED)
        title = await page.run("document.title")
        # Chinese from an input method: nothing is sent before it is chosen.
        await page.call("Input.imeSetComposition", text="che", selectionStart=3, selectionEnd=3)
        await page.call("Input.insertText", text="车辆")
        await page.until(f"{SCREEN}.includes('车辆')")
        assert "che" not in await page.run(SCREEN)
        await page.run("navigator.clipboard.writeText('before')")
        await page.run(f"new Promise(done => slaTerminal.write('{TRICKS}', done))")
        assert await page.run("document.title") == title
        assert await page.run("navigator.clipboard.readText()") == "before"
        await page.run("slaTerminal.select(0, 0, 4)")
        await page.until("slaTerminal.getSelection() === '车辆'")
        await page.press("c", control=True, command="copy")
        await page.until("!slaTerminal.hasSelection()")
        await page.until("navigator.clipboard.readText().then(text => text === '车辆')")
        await page.run("navigator.clipboard.writeText('pasted')")
        await page.press("v", control=True, command="paste")
        await page.until(f"{SCREEN}.includes('pasted')")
        await page.run("slaTerminal.paste('x'.repeat(100001))")
        assert "Nothing was pasted" in await page.run("document.getElementById('said').textContent")
        assert "xxx" not in await page.run(SCREEN)
        terminals = site.server.terminals
        assert terminals is not None
        (terminal,) = (one.terminal for one in terminals._shown.values())
        terminal.offered["key"] = Offered(name="报表 <b>.csv", content=b"a,b")
        await page.open(f"{desktop.base}/terminal")
        await page.until("document.querySelector('#files a') !== null")
        assert await page.run("document.querySelector('#files').innerHTML") == (
            '<a href="/terminal/file/key">报表 &lt;b&gt;.csv</a>'
        )
        await page.until(CONNECTED)
        # What is echoed a second time comes from cat: a signal before it runs would be lost.
        await page.run("slaTerminal.paste('there\\r')")
        await page.until(f"{SCREEN}.split('there').length === 3")
        # Without selected text Ctrl+C is the program's: cat ends, and the page says so.
        await page.press("c", control=True)
        await page.until("document.getElementById('said').textContent.includes('left')")


def _words(screen: str) -> set[str]:
    return set(re.findall(r"[A-Za-z]{4,}", screen))


pytestmark = pytest.mark.timeout(120)
