"""What strangers and other sites try: headers, addresses, bodies, planted cookies, replayed calls."""

import asyncio
import gzip
import json
import re
import sqlite3
import ssl
from pathlib import Path

import pytest

from sla_tracker import i18n
from sla_tracker.deployment.direct import DirectDeployment
from sla_tracker.deployment.web_access.certificates import tls_context
from sla_tracker.errors import SlaError
from sla_tracker.serve.web import connections, listening, responses
from sla_tracker.serve.web.programs.kept_answers import DROPPED_AT_ONCE, Fate, KeptAnswers, NotKept
from sla_tracker.services.web_access import tokens
from tests.web.certificates import write_pair
from tests.web.site import PASSWORD, RunningSite, running
from tests.web.test_api import EVENT, called, make_token

EVIL = "evil.example"


async def spoken(site: RunningSite, *parts: bytes, patience: float = 5.0) -> bytes:
    """Send bytes as they are, and return all that comes back until the other end closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(site.base.rpartition(":")[2]))
    try:
        for part in parts:
            writer.write(part)
            await writer.drain()
        async with asyncio.timeout(patience):
            return await reader.read()
    finally:
        writer.close()


def head(method: str, path: str, *lines: str) -> bytes:
    return "\r\n".join(
        (f"{method} {path} HTTP/1.1", "Host: localhost", "Accept-Language: en", *lines, "", "")
    ).encode("utf-8", "surrogateescape")


def some_path(pattern: str) -> str:
    """Return a path that a route takes."""
    return re.sub(r"\{[^}]+\}", "abcdef", pattern)


async def test_every_answer_of_every_address_carries_the_headers(dealer: DirectDeployment) -> None:
    async with running(dealer, begin_terminal=lambda *_given: None) as site:
        visitors = (site.browser(), await site.person("wang.fang"))
        # GET of the catch-all is every page; what it leads to is among these and in test_hostile_texts.
        tried = {
            (route.method, some_path(route.resource.canonical))
            for route in site.server.application.router.routes()
            if route.resource is not None
        }
        assert len(tried) > 15
        tried |= {
            ("PUT", "/"),
            ("GET", "/static/none"),
            ("GET", "/static/web.css"),
            ("TRACE", "/login"),
            ("POST", "/events/new"),
        }
        tried |= {("GET", "/" + "a" * 3000), ("GET", "/api/v1/openapi.json"), ("POST", "/api/v1/events")}
        seen_statuses = set()
        for visitor in visitors:
            for method, path in sorted(tried):
                seen = await visitor._sent("GET" if method == "*" else method, path, None, {})
                seen_statuses.add(seen.status)
                policy = dict(
                    part.strip().partition(" ")[::2]
                    for part in seen.headers["Content-Security-Policy"].split(";")
                )
                assert policy["default-src"] == policy["base-uri"] == policy["frame-ancestors"] == "'none'", (
                    path
                )
                assert policy["form-action"] == "'self'", path
                assert ("script-src" in policy) == (path == "/terminal" and seen.status == 200), path
                assert "unsafe-eval" not in str(policy)
                assert "http" not in str(policy)
                assert seen.headers["X-Frame-Options"] == "DENY", path
                assert seen.headers["X-Content-Type-Options"] == "nosniff", path
                assert seen.headers["Referrer-Policy"] == "same-origin", path
                assert seen.headers["Server"] == "sla", path
                assert "Access-Control-Allow-Origin" not in seen.headers, path
                kept = seen.headers["Cache-Control"]
                assert kept == ("public, max-age=86400" if path == "/static/web.css" else "no-store"), path
        assert {200, 303, 401, 403, 404, 405, 414} <= seen_statuses, seen_statuses


async def test_no_answer_follows_the_host_that_was_asked(site: RunningSite) -> None:
    forged = {
        "Host": EVIL,
        "X-Forwarded-Host": EVIL,
        "Forwarded": f"host={EVIL}",
        "X-Original-URL": f"https://{EVIL}/",
    }
    browser = site.browser()
    for path in ("/", "/login?next=/owed", "/no/page", "/healthz", "/api/v1/openapi.json"):
        seen = await browser._sent("GET", path, None, forged)
        assert EVIL not in seen.text + str(seen.headers), path
        assert seen.headers.get("Location", "/").startswith("/"), path
    # Nor does it prove that a form is ours.
    form = {"name": "wang.fang", "password": PASSWORD}
    assert (await browser._sent("POST", "/login", form, {**forged, "Origin": f"http://{EVIL}"})).status == 403
    known = await site.person("wang.fang")
    account = await known.get("/account")
    made = await known._sent(
        "POST", "/account/feed", {"csrf": account.value("csrf")}, {**forged, "Origin": known.origin}
    )
    assert made.status == 200
    assert EVIL not in made.text
    assert site.server.options.origin + "/calendar/" in made.text


async def test_a_planted_cookie_is_never_taken_over(site: RunningSite) -> None:
    thief = await site.person("zhou.min")
    planted = thief.cookies["sla"]
    for value in (planted, "0" * 43, "", "x; Path=/"):
        victim = site.browser(cookies={"sla": value})
        await victim.log_in("wang.fang")
        assert victim.cookies["sla"] not in {value, planted}
        assert "王芳" in (await victim.get("/")).words
    assert (await thief.get("/")).url.startswith("/login"), "the login that was planted has ended"
    # A token of a form from before the login is good for nothing after it.
    victim = await site.person("wang.fang")
    old = (await victim.get("/account")).value("csrf")
    await victim.log_in("wang.fang")
    assert (await victim.post("/account/feed", {"csrf": old})).status == 403


async def test_bodies_that_are_slow_endless_or_swell_are_refused(
    dealer: DirectDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(responses, "BODY_SECONDS", 0.2)
    monkeypatch.setattr(listening, "CLIENT_SECONDS", 0.3)
    monkeypatch.setattr(listening, "LINGER_SECONDS", 0.2)
    declared = (
        "Content-Type: application/x-www-form-urlencoded",
        "Origin: http://localhost:8470",
        "Connection: close",
    )
    bomb = gzip.compress(b"a=" + b"x" * (8 << 20))
    async with running(dealer) as site:
        before = site.opened.context.store.sequence()
        api = (
            "Content-Type: application/json",
            f"Authorization: Bearer {make_token(dealer)}",
            "Connection: close",
        )
        for path, lines in (("/login", declared), ("/api/v1/events", api), ("/logout", declared)):
            slow = await spoken(site, head("POST", path, *lines, "Content-Length: 100"), b"n", patience=15)
            assert slow.startswith(b"HTTP/1.1 408 "), path
            assert b"so nothing was done" in slow
            endless = (
                head("POST", path, *lines, "Transfer-Encoding: chunked")
                + b"ffff\r\n"
                + b"x" * 0xFFFF
                + b"\r\n"
            )
            tail = (b"ffff\r\n" + b"x" * 0xFFFF + b"\r\n") * 4 + b"0\r\n\r\n"
            assert (await spoken(site, endless, tail)).startswith(b"HTTP/1.1 413 "), path
            sent = head("POST", path, *lines, "Content-Encoding: gzip", f"Content-Length: {len(bomb)}") + bomb
            assert (await spoken(site, sent)).startswith(b"HTTP/1.1 413 "), path
        # Whoever connects and says nothing, or half a head, is cut off.
        assert await spoken(site) == b""
        assert await spoken(site, b"GET / HTTP/1.1\r\nHost: loc") == b""
        assert site.opened.context.store.sequence() == before


async def test_who_holds_many_connections_keeps_nobody_else_out(
    site: RunningSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "MOST_OF_ONE", 3)
    port = int(site.base.rpartition(":")[2])
    asked = head("GET", "/healthz", "Connection: close")

    async def answered(source: str) -> bool:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0))
        try:
            writer.write(asked)
            return (await reader.read()).startswith(b"HTTP/1.1 200")
        except ConnectionError:
            return False
        finally:
            writer.close()

    held = [await asyncio.open_connection("127.0.0.1", port) for _number in range(3)]
    assert not await answered("127.0.0.1")
    assert await answered("127.0.0.2")
    held.pop()[1].close()
    while not await answered("127.0.0.1"):
        await asyncio.sleep(0.01)
    monkeypatch.setattr(connections, "most_in_all", lambda: 2)
    assert not await answered("127.0.0.2")
    for _reader, writer in held:
        writer.close()


async def test_who_connects_by_tls_and_says_nothing_keeps_nobody_else_out(
    dealer: DirectDeployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "HANDSHAKE_SECONDS", 0.5)
    monkeypatch.setattr(connections, "most_in_all", lambda: 6)  # of which one address may have half
    certificate, key = write_pair(tmp_path)
    trusting = ssl.create_default_context(cafile=certificate)
    async with running(dealer, tls=tls_context(certificate, key)) as site:
        port = int(site.base.rpartition(":")[2])

        async def answered(source: str) -> bool:
            try:
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", port, local_addr=(source, 0), ssl=trusting, server_hostname="localhost"
                )
                writer.write(head("GET", "/healthz", "Connection: close"))
                found = await reader.read()
            except OSError:
                return False
            writer.close()
            return found.startswith(b"HTTP/1.1 200")

        silent = [await asyncio.open_connection("127.0.0.1", port) for _number in range(5)]
        assert not await answered("127.0.0.1")
        assert await answered("127.0.0.2")
        assert await asyncio.wait_for(silent[0][0].read(), 5) == b"", "a handshake has little time"
        assert await answered("127.0.0.1")
        for _reader, writer in silent:
            writer.close()


NO_HTTP = {
    "long line": b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"y" * 20_000 + b"\r\n\r\n",
    "many lines": b"GET / HTTP/1.1\r\nHost: a\r\n" + b"X: y\r\n" * 300 + b"\r\n",
    "two lengths": b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "length twice": b"POST /login HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nContent-Length: 30\r\n\r\nabc",
    "space before colon": b"GET / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
}


async def test_what_is_no_http_is_refused_and_not_written_down(
    site: RunningSite, capfd: pytest.CaptureFixture[str]
) -> None:
    for what, sent in NO_HTTP.items():
        answer = await spoken(site, sent)
        assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.0 400 ")), (what, answer[:200])
        assert b"Traceback" not in answer, what
        assert b"text/html" not in answer, what
        assert capfd.readouterr().err == "", what


HEADERS_READ = (
    "Origin", "Cookie", "Authorization", "Idempotency-Key", "Accept-Language", "Content-Type", "X-Forwarded-For",
    "X-Remote-User", "Host", "User-Agent",
)  # fmt: skip


async def test_bytes_that_are_no_text_are_refused_and_are_no_fault_of_the_program(site: RunningSite) -> None:
    known = f"sla={(await site.person('wang.fang')).cookies['sla']}"
    token = f"Bearer {make_token(site.opened)}"
    usual = {"Origin": site.server.options.origin, "Cookie": known, "Authorization": token}
    form, document = "application/x-www-form-urlencoded", "application/json"
    asked = [
        ("GET", path, {**usual, header: "\udcff"})
        for header in HEADERS_READ
        for path in ("/", "/login", "/api/v1/due", "/metrics", "/terminal/socket")
    ]
    asked += [
        ("POST", path, {**usual, "Content-Type": kind, header: "\udcff"})
        for header in HEADERS_READ
        for path, kind in (
            ("/login", form),
            ("/language", form),
            ("/open", form),
            ("/api/v1/events", document),
        )
    ]
    for path in ("/\udcff", "/?next=\udcff", "/login?next=/%ff\udcff&lang=\udcff", "/calendar/\udcff.ics"):
        asked += [("GET", path, usual), ("GET", path, {})]
    asked += [
        ("POST", "/api/v1/\udcff", {**usual, "Content-Type": document, "Idempotency-Key": "1"}),
        # In UTF-7 a text may hold half of a pair.
        *(
            ("POST", path, {**usual, "Content-Type": f"{form}; charset=utf-7"})
            for path in ("/login", "/open")
        ),
    ]
    body = b"name=wang.fang&password=+2AA-&secret=+2AA-"
    for method, path, headers in asked:
        site.server._rates._left.clear()
        site.server.logins._attempts._wrong.clear()
        lines = [*(f"{name}: {value}" for name, value in headers.items()), f"Content-Length: {len(body)}"]
        sent = head(method, path, *lines, "Connection: close")
        answer = await spoken(site, sent + body)
        status = int(answer.split(b" ", 2)[1])
        assert status < 500, (method, path, headers, answer)
    assert not (site.server.options.state_folder / "faults").exists()


OUTWARD = (
        "/static/../passwords", "/static/..%2fpasswords", "/static/%2e%2e/passwords", "/static/..%5cpasswords",
        "/static//etc/passwd", "//etc/passwd", "/static/web.css/../../passwords", "/static/web.css%00.js",
        "/terminal/file/../../passwords", "/calendar/../passwords.ics", "/../../etc/passwd", "/static/",
        "/api/v1/duties/..%2f..%2fpasswords", "/duty/..%2fpasswords", "http://evil.example/passwords", "*",
)  # fmt: skip


async def test_no_address_leads_out_of_what_is_served(site: RunningSite) -> None:
    cookies = (await site.person("wang.fang")).cookies
    cookie = f"Cookie: sla={cookies['sla']}"
    for path in OUTWARD:
        answer = await spoken(site, head("GET", path, cookie, "Connection: close"))
        assert int(answer.split(b" ", 2)[1]) in {303, 400, 401, 404}, (path, answer[:300])
        for secret in (b"argon2", b"root:", b'wang.fang"', b"Index of"):
            assert secret not in answer, path


async def test_a_file_is_refused_with_a_sentence_in_both_languages(site: RunningSite) -> None:
    browser = await site.person("wang.fang")
    before = site.opened.context.store.sequence()
    page = await browser.get("/account")
    place = (await browser.get("/")).link(r"/duty/[0-9a-f-]{36}")
    assert 'type="file"' not in (await browser.get(place)).text
    boundary = "sla"
    body = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n{page.value("csrf")}\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="f-list"; filename="../../invoice.pdf.exe"\r\n'
        f"Content-Type: application/pdf\r\n\r\nMZ\r\n--{boundary}--\r\n"
    ).encode()
    for language, said in (("en", "Files are not taken here"), ("zh-CN", "这里不收文件")):
        headers = {
            "Accept-Language": language,
            "Content-Type": f"multipart/form-data; boundary={boundary}",
            "Origin": browser.origin,
            "Cookie": f"sla={browser.cookies['sla']}",
        }
        async with browser.http.post(f"{site.base}{place}/deliver", data=body, headers=headers) as answer:
            assert answer.status == 415
            assert said in await answer.text(), language
    token = make_token(site.opened)
    status, document, _headers = await called(
        site,
        "POST",
        "/api/v1/events",
        token,
        body,
        **{"Content-Type": f"multipart/form-data; boundary={boundary}"},
    )
    assert status == 415
    assert document["detail"] == "The body has to be application/json."
    assert site.opened.context.store.sequence() == before


async def test_log_lines_are_one_a_request_whatever_it_says(
    site: RunningSite, capfd: pytest.CaptureFixture[str]
) -> None:
    browser = await site.person("wang.fang")
    capfd.readouterr()
    await browser.get('/%0a{"what":"login","person":"lin.tao"}%1b%5b2J%e2%80%ae')
    await browser.get("/owed", **{"X-Forwarded-For": "203.0.113.9", "User-Agent": "\x1b]0;x"[1:]})
    lines = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert [line["what"] for line in lines] == ["web", "web"]
    assert not {"\x1b", "\n", "\u202e"} & set(lines[0]["path"])
    assert lines[1]["address"] == "127.0.0.1", "an address in a header counts over the proxy's socket alone"


# --- replayed calls ---------------------------------------------------------------------------------------------------


async def test_calls_with_one_key_at_the_same_time_are_done_once(site: RunningSite) -> None:
    token, key = make_token(site.opened), {"Idempotency-Key": "at-once"}
    before = site.opened.context.store.sequence()
    found = await asyncio.gather(
        *(called(site, "POST", "/api/v1/events", token, EVENT, **key) for _call in range(4))
    )
    assert {status for status, _document, _headers in found} <= {201, 409}
    assert site.opened.context.store.sequence() == before + 1
    # Another path with the key is another call; a reading one takes no key.
    assert (await called(site, "POST", "/api/v1/requests", token, EVENT, **key))[0] == 422
    assert (await called(site, "GET", "/api/v1/due", token, **key))[0] == 200
    for wrong in ("", " ", "x" * 101, "a\tb"):
        status, document, _headers = await called(
            site, "POST", "/api/v1/events", token, EVENT, **{"Idempotency-Key": wrong}
        )
        assert (status, "1 to 100" in document["detail"]) == (400, True), repr(wrong)


def test_kept_answers_outlive_the_process_for_thirty_days(dealer: DirectDeployment) -> None:
    file, now = dealer.folder / "kept.sqlite3", [0.0]
    first = KeptAnswers(file, lambda: now[0])
    assert first.begin("t", "done", "b").fate is Fate.NEW
    first.finish("t", "done", 201, "application/json", "{}")
    assert first.begin("t", "running", "b").fate is Fate.NEW
    assert first.begin("t", "running", "b").fate is Fate.RUNNING
    first.close()
    assert file.stat().st_mode & 0o777 == 0o600
    second = KeptAnswers(file, lambda: now[0])
    assert second.begin("t", "done", "b").body == "{}"
    assert second.begin("t", "done", "other").fate is Fate.OTHER_BODY
    assert second.begin("t", "running", "b").fate is Fate.UNKNOWN
    assert second.begin("another", "done", "b").fate is Fate.NEW
    now[0] = 30 * 86400.0 + 1
    assert second.begin("t", "done", "other").fate is Fate.NEW
    second.close()


def test_a_damaged_file_of_answers_is_set_aside_and_told(tmp_path: Path) -> None:
    file, told = tmp_path / "kept.sqlite3", list[SlaError]()
    file.write_bytes(b"not a database at all" * 100)
    kept = KeptAnswers(file, tell=told.append)
    assert kept.begin("t", "k", "b").fate is Fate.NEW
    assert (tmp_path / "kept.sqlite3.damaged").read_bytes().startswith(b"not a database")
    with i18n.speaking("zh_CN"):
        assert "已损坏" in told[0].sentence()
    # The same while it is open: what was begun is refused, and the next call is good.
    store, kept._store = kept._store, Broken(sqlite3.SQLITE_CORRUPT)  # type: ignore[assignment]
    with pytest.raises(NotKept):
        kept.begin("t", "2", "b")
    assert kept.begin("t", "2", "b").fate is Fate.NEW
    assert len(told) == 2
    assert store is not None
    store.close()
    kept.close()


async def test_a_call_whose_key_cannot_be_kept_does_nothing(site: RunningSite) -> None:
    token, kept = make_token(site.opened), site.server.programs._kept
    before = site.opened.context.store.sequence()
    store, kept._store = kept._store, Broken(sqlite3.SQLITE_FULL)  # type: ignore[assignment]
    key = {"Idempotency-Key": "full"}
    status, document, _headers = await called(site, "POST", "/api/v1/events", token, EVENT, **key)
    assert (status, "so nothing was done" in document["detail"]) == (503, True)
    assert site.opened.context.store.sequence() == before
    assert (await called(site, "GET", "/api/v1/due", token))[0] == 200
    kept._store = store
    assert (await called(site, "POST", "/api/v1/events", token, EVENT, **key))[0] == 201
    assert not list(site.server.options.state_folder.glob("notices/*")), "it is as good as before"


def test_no_call_waits_for_all_old_answers(tmp_path: Path) -> None:
    now = [0.0]
    kept = KeptAnswers(tmp_path / "kept.sqlite3", lambda: now[0])
    for number in range(DROPPED_AT_ONCE + 2):
        kept.begin("t", str(number), "b")
    now[0] = 31 * 86400.0
    kept.begin("t", "new", "b")
    assert kept._do("SELECT count(*) FROM answers") == [(3,)]
    plan = kept._do("EXPLAIN QUERY PLAN SELECT rowid FROM answers WHERE at < ? LIMIT ?", (0.0, 100))
    assert "INDEX answers_at" in str(plan)
    kept.close()


class Broken:
    """A file that SQLite can no longer use, for one reason."""

    def __init__(self, code: int) -> None:
        self._error = sqlite3.DatabaseError("as told by the test")
        self._error.sqlite_errorcode = code

    def execute(self, *_given: object) -> None:
        raise self._error

    def close(self) -> None:
        pass


async def test_a_form_is_done_once_however_it_is_sent_again(site: RunningSite) -> None:
    """Twice at once, from the page before the login, and from another login with what it carried."""
    sales = await site.person("wang.fang")
    form = await sales.get("/events/new?kind=vehicle-delivered")
    told = {"csrf": form.value("csrf"), "once": form.value("once"), "kind": "vehicle-delivered"}
    told |= {"subject": "鄂F·99999", "f-cash": "no"}
    before = site.opened.context.store.sequence()
    seen = await asyncio.gather(*(sales.post("/events/new", told) for _time in range(3)))
    assert {one.status for one in seen} == {200}
    assert site.opened.context.store.sequence() == before + 1
    other = await site.person("zhou.min")
    assert (await other.post("/events/new", told)).status == 403
    await sales.send(await sales.get("/account"), "/logout")
    assert (await sales.post("/events/new", told)).url.startswith("/login")
    assert site.opened.context.store.sequence() == before + 1


async def test_the_address_of_a_feed_is_guessed_by_nobody_and_opens_nothing_else(
    site: RunningSite, dealer: DirectDeployment
) -> None:
    secret = tokens.make_feed(dealer.context, dealer.actor, dealer.web_access)
    assert len(secret) >= 22  # 128 bits
    assert secret not in (dealer.folder / "tokens").read_text(encoding="utf-8")
    for method in ("POST", "PUT", "DELETE"):
        assert (await called(site, method, f"/calendar/{secret}.ics"))[0] in {403, 404, 405}, method
    for guessed in (secret[:-1], secret.swapcase(), "%00", "sla_"):
        status, said, _headers = await called(site, "GET", f"/calendar/{guessed}.ics")
        assert status in {404, 405}, guessed
        assert "BEGIN" not in str(said)
    # An API token opens no calendar, and a feed no call.
    assert (await called(site, "GET", f"/calendar/{make_token(dealer)}.ics"))[0] == 404
    assert (await called(site, "GET", "/metrics", secret))[0] == 401


# --- what is no text, no time, no form --------------------------------------------------------------------------------


async def test_what_cannot_be_kept_is_refused_and_is_no_fault_of_the_program(site: RunningSite) -> None:
    token = make_token(site.opened)
    before = site.opened.context.store.sequence()
    kept = "cannot be kept"
    for change, status, said in (
        ('"subject": "a\\u0000"', 422, kept),
        ('"subject": "a\\ud800"', 422, kept),
        ('"fields": {"cash": "\\udc00"}', 422, kept),
        ('"fields": {"\\ud800": "no"}', 422, kept),
        ('"\\ud800": 1', 422, kept),
        ('"at": "0001-01-01T00:00:00+14:00"', 422, "years go from 1970"),
        ('"at": "9999-12-31T23:59:59-14:00"', 422, "years go from 1970"),
        ('"fields": {"cash": 1e400}', 422, "is not one of"),
        ('"fields": {"cash": [[["no"]]]}', 422, "“fields.cash” has to be a text"),
        ('"fields": {"cash": null}', 422, "“fields.cash” has to be a text"),
    ):
        good = ('"type": "vehicle-delivered"', '"subject": "鄂F·55555"', '"fields": {"cash": "no"}')
        key = change.partition(":")[0]
        members = [member for member in good if not member.startswith(key)]
        body = f"{{{', '.join([*members, change])}}}"
        got, document, headers = await called(site, "POST", "/api/v1/events", token, body.encode())
        assert (got, said in str(document)) == (status, True), (change, document)
        assert headers["Content-Type"].startswith("application/problem+json")
    browser = await site.person("wang.fang")
    place = (await browser.get("/")).link(r"/duty/[0-9a-f-]{36}")
    duty = await browser.get(place)
    assert (await browser.send(duty, f"{place}/note", text="a\0b")).status == 422
    form = {"csrf": duty.value("csrf"), "kind": "vehicle-delivered", "subject": "鄂F·55555\0", "f-cash": "no"}
    assert kept in (await browser.post("/events/new", form)).words
    headers = {"Origin": browser.origin, "Cookie": f"sla={browser.cookies['sla']}", "Accept-Language": "en"}
    for path in ("/login", "/events/new"):
        for encoding, sent in (("; charset=none", b"a=b"), ("", b"a=\xff"), ("; charset=rot13", b"a=b")):
            headers["Content-Type"] = "application/x-www-form-urlencoded" + encoding
            async with browser.http.post(site.base + path, data=sent, headers=headers) as answer:
                assert (answer.status, "no text in UTF-8" in await answer.text()) == (400, True), (
                    path,
                    encoding,
                )
    assert site.opened.context.store.sequence() == before
    assert not (site.server.options.state_folder / "faults").exists()


async def test_a_fault_is_a_problem_for_programs_and_a_page_for_people(
    site: RunningSite, capfd: pytest.CaptureFixture[str]
) -> None:
    class Broken:
        async def ask(self, _question: object) -> object:
            raise ZeroDivisionError("secret details")

    token, browser = make_token(site.opened), await site.person("wang.fang")
    site.server.answers = site.server.programs._answers = Broken()  # type: ignore[assignment]
    said = ""
    for path in ("/api/v1/due", "/metrics"):
        status, document, headers = await called(site, "GET", path, token)
        assert (status, headers["Content-Type"]) == (500, "application/problem+json; charset=utf-8")
        assert re.search(
            r"fault of the program \(ZeroDivisionError\).* \d{8}-[0-9a-f]{6}", document["detail"]
        )
        said += str(document)
    seen = await browser.get("/")
    assert (seen.status, "fault of the program" in seen.words) == (500, True)
    assert "secret details" not in seen.text + said + capfd.readouterr().err
