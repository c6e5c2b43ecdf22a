"""Pages and calls of programs behind two services that share a store on a server."""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Awaitable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from sla_tracker.storage.postgres import apply_setup, verify
from tests.serve.host import Host, host_folder
from tests.serve.pages import Pages
from tests.serve.test_postgres import ROBOT, Company
from tests.storage.postgres_server import running_server
from tests.web.site import Seen

pytestmark = [pytest.mark.postgres, pytest.mark.timeout(180)]
CONNECTIONS = 3
EVENT = {"type": "vehicle-delivered", "subject": "鄂F·55555", "fields": {"cash": "no"}}


@dataclass
class PagesCompany(Company):
    """Two hosts with pages."""

    pages: tuple[Pages, Pages]


@pytest.fixture(scope="module")
def company() -> Iterator[PagesCompany]:
    with ExitStack() as stack:
        server = stack.enter_context(running_server())
        database = server.new_database()
        apply_setup(server.dsn(database), [ROBOT])
        address = f"postgresql://{ROBOT}@/{database}?host={server.folder}&port={server.port}"
        first, second = hosts = [Host(stack.enter_context(host_folder())) for _ in range(2)]
        stack.callback(lambda: [host.stop() for host in hosts if host.service is not None])
        first.make()
        first.keep_on_server(address)
        second.make()
        shutil.copy(first.settings, second.settings)
        second.variables["SLA_DATABASE_URL"] = address
        made = PagesCompany(server, database, hosts, (Pages(first), Pages(second)))
        for pages in made.pages:
            pages.switch_on(f"connections = {CONNECTIONS}\n")
            pages.host.start()
            pages.host.wait_for(pages.listens)
        yield made


async def test_a_page_of_one_service_shows_what_was_done_by_the_other(company: PagesCompany) -> None:
    first, second = company.pages
    async with first.person("wang.fang") as sales, second.person("li.na") as finance:
        form = await sales.get("/events/new?kind=vehicle-delivered")
        done = await sales.send(form, "/events/new", **{"subject": "鄂F·12345", "f-cash": "no"})
        assert "Registered" in done.words
        place = done.link(r"/duty/[0-9a-f-]{36}")
        seen = await finance.get(place)
        assert "鄂F·12345" in seen.words, "the other service has it at once"
        duty = await sales.get(place)
        ticks = dict.fromkeys(re.findall(r'type="checkbox" id="[^"]+" name="(f-[^"]+)"', duty.text), "yes")
        ticks |= dict.fromkeys(re.findall(r'name="(f-[^"]+)" value="" type="text"', duty.text), "3")
        assert "Delivered:" in (await sales.send(duty, f"{place}/deliver", **ticks)).words
        accepted = await finance.send(await finance.get(place), f"{place}/accept")
        assert "Accepted" in accepted.words, accepted.words
        # What the first page still shows is older than the duty: nothing is done.
        old = await sales.send(duty, f"{place}/take")
        assert old.status == 409
        assert "/accept" not in (await sales.get(place)).text
    acts = company.execute(
        "SELECT what, via FROM sla.changes WHERE what IN ('delivered', 'accepted') ORDER BY 1"
    )
    assert acts == [("accepted", "web::li.na"), ("delivered", "web::wang.fang")]


async def called(
    pages: Pages, method: str, path: str, body: object = None, **headers: str
) -> tuple[int, str]:
    given = {"Authorization": f"Bearer {pages.token}", **headers}
    async with (
        ClientSession() as http,
        http.request(method, pages.base + path, json=body, headers=given) as answer,
    ):
        return answer.status, await answer.text()


async def test_pages_and_calls_keep_to_the_connections_of_their_service(company: PagesCompany) -> None:
    most = 0
    is_over = asyncio.Event()

    async def count() -> None:
        nonlocal most
        while not is_over.is_set():
            most = max(most, await asyncio.to_thread(company.sessions))

    async with (
        company.pages[0].person("wang.fang") as sales,
        company.pages[1].person("li.na") as finance,
    ):
        counting = asyncio.create_task(count())
        asked: list[Awaitable[Seen | tuple[int, str]]] = [
            browser.get(path)
            for browser in (sales, finance)
            for path in ("/ours", "/owed", "/events", "/requests")
        ]
        asked += [called(pages, "GET", "/api/v1/due") for pages in company.pages for _call in range(4)]
        answers = await asyncio.gather(*asked)
        is_over.set()
        await counting
    statuses = [one[0] if isinstance(one, tuple) else one.status for one in answers]
    assert set(statuses) == {200}, statuses
    assert 1 <= most <= 2 * CONNECTIONS
    company.hosts[0].wait_for(lambda: company.sessions() <= 2)  # the watchers'


async def test_a_call_is_done_once_by_its_service_and_doubted_by_the_other(company: PagesCompany) -> None:
    first, second = company.pages
    key = {"Idempotency-Key": "delivery-1"}
    found = [await called(first, "POST", "/api/v1/events", EVENT, **key) for _call in range(2)]
    assert found[0][0] == 201, found
    assert found[0] == found[1]
    status, said = await called(second, "POST", "/api/v1/events", EVENT, **key)
    assert (status, "needsconfirmation" in said) == (409, True)
    acts = company.execute("SELECT via FROM sla.changes WHERE what = 'registered_event' AND via LIKE '%api%'")
    assert acts == [("api:erp",)]


async def test_what_a_terminal_in_the_page_writes_is_a_download_of_its_login(company: PagesCompany) -> None:
    first, _second = company.pages
    async with first.person("wang.fang") as sales, first.person("lin.tao") as other:
        key = re.search(r'data-key="([^"]+)"', (await sales.get("/terminal")).text)
        assert key
        cookie = "; ".join(f"{name}={value}" for name, value in sales.cookies.items())
        headers = {"Cookie": cookie, "Origin": first.base, "Accept-Language": "en"}
        async with sales.http.ws_connect(f"{first.base}/terminal/socket", headers=headers) as socket:
            await socket.send_json({"key": key[1], "rows": 40, "columns": 120})
            shown = await until(socket, "12345")
            assert "Sales" in shown
            await socket.send_bytes(b"p")
            await until(socket, "rint")
            await socket.send_bytes(b"\r")
            told = await until(socket, '"download"')
            place, name = (re.findall(rf'"{key}": "([^"]+)"', told)[-1] for key in ("download", "name"))
            assert name.endswith(".txt")
            assert (await other.get(place)).status == 404, "another login gets nothing"
            seen = await sales.get(place)
            assert "12345" in seen.text
            assert seen.headers["Content-Disposition"].startswith("attachment; ")
            assert (await sales.get(place)).status == 404, "once"
            await sales.send(await sales.get("/account"), "/logout")
            await until(socket, "logged out")


async def until(socket: ClientWebSocketResponse, wanted: str) -> str:
    """Read until a text came, without what moves the cursor."""
    seen = ""
    async with asyncio.timeout(40):
        async for message in socket:
            seen += (
                message.data.decode(errors="replace")
                if message.type is WSMsgType.BINARY
                else str(message.data)
            )
            if wanted in re.sub(r"\x1b\[[0-9;?<>=]*[a-zA-Z]", "", seen):
                return seen
    raise AssertionError(f"it was closed after {seen[-2000:]!r}")


async def test_a_feed_and_a_login_end_with_their_person(company: PagesCompany) -> None:
    first, _second = company.pages
    async with first.person("li.na") as finance:
        made = await finance.send(await finance.get("/account"), "/account/feed")
        feed = re.search(r"/calendar/[A-Za-z0-9_-]{22}\.ics", made.text)
        assert feed, made.words
        status, text = await called(first, "GET", feed[0])
        assert (status, text.startswith("BEGIN:VCALENDAR")) == (200, True)
        first.host.change_settings('id = "li.na"\n', 'id = "li.na"\nleft_on = 2026-11-01\n')
        async with asyncio.timeout(30):
            while (await called(first, "GET", feed[0]))[0] != 404:
                await asyncio.sleep(0.1)
        seen = await finance.get("/owed")
        assert seen.status == 403 or seen.url.startswith("/login"), seen.words
        assert "Sales" not in seen.words
        assert (await finance.log_in("li.na")).status == 403
        first.host.change_settings("left_on = 2026-11-01\n", "")


async def test_what_is_asked_while_the_database_starts_anew_is_answered(company: PagesCompany) -> None:
    first, second = company.pages
    async with first.person("wang.fang") as sales:
        company.server.stop()
        page = asyncio.create_task(sales.get("/owed"))
        call = asyncio.create_task(called(second, "GET", "/api/v1/due"))
        await asyncio.sleep(0.3)
        assert not page.done()
        await asyncio.to_thread(company.server.start)
        assert (await page).status == 200
        assert (await call)[0] == 200
    assert verify(company.server.dsn(company.database, ROBOT)) == []
