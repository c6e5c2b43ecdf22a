"""The pages of a service that runs, called by processes of other logins: TLS, tokens, the provider, the proxy."""

from __future__ import annotations

import asyncio
import json
import pwd
import re
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import urlencode

import pytest

from tests.serve.host import (
    ADMIN,
    LI,
    SERVICE,
    STRANGER,
    WANG,
    Host,
    a_host,
    as_login,
    descendants,
    environment,
)
from tests.serve.web_calls import Visitor, of_service, serve_pages
from tests.web.certificates import write_pair
from tests.web.provider import CLIENT, SECRET, a_provider
from tests.web.site import free_port

pytestmark = pytest.mark.timeout(300)
PASSWORD = "correct horse battery staple"
HEADER = "X-Remote-User"
MAIL_PASSWORD = "the password of the mail server"


@pytest.fixture(scope="module")
def quiet() -> Iterator[Host]:
    """Yield a host with a certificate, whose service does not run yet."""
    with a_host(running=False) as made:
        made.variables["SLA_MAIL_PASSWORD"] = MAIL_PASSWORD
        write_pair(made.root / "etc")
        yield made


@pytest.fixture(scope="module")
def url(quiet: Host) -> str:
    return f"https://localhost:{free_port()}"


@pytest.fixture(scope="module")
def tls(quiet: Host, url: str) -> list[str]:
    """Return the settings of pages with TLS."""
    for name, mode in (("web.pem", 0o644), ("web.key", 0o600)):
        of_service(quiet.root / "etc" / name, mode)
    place = url.removeprefix("https://").replace("localhost", "127.0.0.1")
    files = [f'certificate = "{quiet.root}/etc/web.pem"', f'key = "{quiet.root}/etc/web.key"']
    return ["[web]", f'url = "{url}"', f'listen = "{place}"', *files]


@pytest.fixture
def host(quiet: Host, tls: list[str]) -> Host:
    """Return the host with its service running, and its pages served over TLS."""
    serve_pages(quiet, tls)
    if quiet.service is None:
        quiet.start()
        quiet.wait_for(lambda: quiet.count("web listens"))
    return quiet


def visitor(host: Host, url: str, login: str = STRANGER) -> Visitor:
    return Visitor(login, url, trusted=str(host.root / "etc" / "web.pem"))


def logged_in(host: Host, url: str, login: str) -> Visitor:
    """Log a person in with a first password, from a process of somebody else's login, and choose another."""
    first = host.call(login, "web", "password").stdout.strip()
    name = next(person for person, own in (("wang.fang", WANG), ("li.na", LI)) if own == login)
    browser = visitor(host, url)
    seen = browser.post("/login", {"name": name, "password": first})
    form = browser.follow(seen)
    new = {"csrf": form.value("csrf"), "new": PASSWORD, "again": PASSWORD}
    assert browser.post("/password", new).header("Location") == "/"
    return browser


def test_check_names_a_key_that_others_can_read_and_what_is_missing(quiet: Host, tls: list[str]) -> None:
    serve_pages(quiet, tls)
    words = quiet.serve_words()[3:]
    key = quiet.root / "etc" / "web.key"
    good = quiet.directly(*words, "--check")
    assert good.returncode == 0, good.stderr
    key.chmod(0o644)
    bad = quiet.directly(*words, "--check")
    assert (bad.returncode, "chmod g-w,o-rwx" in bad.stderr) == (6, True)
    key.chmod(0o600)
    key.rename(key.with_suffix(".away"))
    missing = quiet.directly("--deployment", str(quiet.deployment), "doctor")
    key.with_suffix(".away").rename(key)
    assert "web.key cannot be read: No such file or directory" in missing.stdout
    lines = [*tls[:2], f'listen = "{quiet.root}/etc/web"', f'proxy = "{LI}"']
    serve_pages(quiet, ["[web]", *lines[1:]])
    foreign = quiet.directly(*words, "--check")
    assert (foreign.returncode, "cannot make a socket in" in foreign.stderr) == (6, True)


def test_a_person_logs_in_over_tls_and_is_out_when_the_company_is_left(host: Host, url: str) -> None:
    key = host.root / "etc" / "web.key"
    old = (host.root / "etc" / "web.pem").read_text()
    browser = logged_in(host, url, WANG)
    assert set(browser.cookies) == {"__Host-sla"}
    seen = browser.get("/account")
    assert (seen.status, "王芳" in seen.words) == (200, True)
    assert "max-age" in seen.header("Strict-Transport-Security")
    write_pair(key.parent, number=2)
    for name, mode in (("web.pem", 0o644), ("web.key", 0o600)):
        of_service(key.parent / name, mode)
    event = {"kind": "vehicle-delivered", "subject": "鄂F·77777", "f-cash": "no"}
    form = browser_form(host, browser, old)
    assert browser.post("/events/new", {**event, "csrf": form}).status in {200, 303}
    host.wait_for(lambda: host.count("web", tls="loaded"))
    browser.trusted = str(key.parent / "web.pem")
    assert browser.get("/account").status == 200  # the new certificate, and still logged in
    assert any(change["via"].startswith("web::wang.fang") for change in host.acts())
    host.change_settings('id = "wang.fang"\n', 'id = "wang.fang"\nleft_on = 2026-01-01\n')
    host.wait_for(lambda: browser.get("/account").status != 200, 10)
    host.change_settings("left_on = 2026-01-01\n", "")
    assert (visitor(host, url).get("/")).header("Location") == "/login?next=/"


def browser_form(host: Host, browser: Visitor, old: str) -> str:
    """Return the token of a form, as somebody gets it who still trusts the certificate of before."""
    both = host.root / "both.pem"
    both.write_text(old + (host.root / "etc" / "web.pem").read_text())
    browser.trusted = str(both)
    return browser.get("/events/new").value("csrf")


def test_a_token_does_what_it_may_and_nothing_else(host: Host, url: str) -> None:
    browser = visitor(host, url)
    until = str(datetime.now(UTC).date() + timedelta(days=30))
    token = host.call(
        ADMIN,
        "web",
        "token",
        "add",
        "erp",
        "--department",
        "sales",
        "--event",
        "vehicle-delivered",
        "--until",
        until,
    ).stdout.strip()
    before = len(host.acts())
    event = {"type": "vehicle-delivered", "subject": "鄂F·54321", "fields": {"cash": "no"}}
    assert browser.api("GET", "/api/v1/due", token).status == 403
    other = {"type": "employee-insured", "subject": "somebody"}
    assert browser.api("POST", "/api/v1/events", token, **other).status == 403
    assert browser.api("POST", "/api/v1/requests", token, obligation="x").status == 403
    assert browser.api("GET", "/api/v1/due", token + "x").status == 401
    assert browser.get(f"/api/v1/due?token={token}").status == 401
    assert browser.get("/", ("Authorization", f"Bearer {token}")).header("Location") == "/login?next=/"
    assert browser.get("/metrics").status == 401
    assert len(host.acts()) == before
    made = browser.api("POST", "/api/v1/events", token, **event)
    assert made.status == 201, made.body
    assert {change["via"] for change in host.acts()[before:]} == {"api:erp"}
    host.call(ADMIN, "web", "token", "end", "erp")
    assert browser.api("POST", "/api/v1/events", token, **event).status == 401


def test_a_feed_opens_nothing_but_the_calendar_and_no_log_holds_it(host: Host, url: str) -> None:
    address = host.call(LI, "web", "feed").stdout.strip()
    secret = address.rpartition("/")[2].removesuffix(".ics")
    browser = visitor(host, url)
    assert browser.get(f"/calendar/{secret}.ics").body.startswith("BEGIN:VCALENDAR")
    assert browser.api("GET", "/api/v1/due", secret).status == 401
    assert browser.api("GET", "/api/v1/due", f"sla_{secret}").status == 401
    browser.cookies["__Host-sla"] = secret
    assert browser.get("/").header("Location") == "/login?next=/"
    assert secret not in host.log.read_text(encoding="utf-8")


def test_the_web_process_has_no_store_no_secret_and_lets_nobody_look_into_it(host: Host) -> None:
    assert host.service is not None
    found = [
        pid
        for pid in descendants(host.service.pid)
        if b"sla_tracker.serve.web" in Path(f"/proc/{pid}/cmdline").read_bytes()
    ]
    assert len(found) == 1
    process = Path(f"/proc/{found[0]}")
    status = process.joinpath("status").read_text()
    assert re.search(rf"^Uid:\s{pwd.getpwnam(SERVICE).pw_uid}\s", status, re.MULTILINE)
    assert "NoNewPrivs:\t1" in status
    assert MAIL_PASSWORD.encode() not in process.joinpath("environ").read_bytes()
    opened = {str(one.readlink()) for one in process.joinpath("fd").iterdir() if one.is_symlink()}
    assert not [place for place in opened if place.startswith(str(host.deployment / "store"))]
    assert [place for place in opened if place.startswith("/")]  # the test would see one
    for login in (STRANGER, WANG, SERVICE):
        for name in ("environ", "mem", "fd"):
            looked = subprocess.run(
                [*as_login(login), "sh", "-c", f"cat {process}/{name} || ls {process}/{name}/0"],
                env=environment(),
                capture_output=True,
                check=False,
            )
            assert looked.returncode != 0, (login, name)
    killed = subprocess.run([*as_login(STRANGER), "kill", str(found[0])], capture_output=True, check=False)
    assert killed.returncode != 0


async def test_the_provider_logs_people_in_and_is_down_in_a_sentence(
    host: Host, url: str, tls: list[str]
) -> None:
    file = host.root / "etc" / "secret"
    file.write_text(SECRET)
    of_service(file, 0o600)
    async with a_provider() as provider:
        more = [
            'login = ["oidc"]',
            "[oidc]",
            f'issuer = "{provider.issuer}"',
            f'client = "{CLIENT}"',
            f'secret_from = "file:{file}"',
        ]
        await asyncio.to_thread(serve_pages, host, [*tls, *more])
        browser = visitor(host, url)
        begun = await asyncio.to_thread(browser.get, "/login/oidc?next=/account")
        provider.now = time.time()
        given = provider.code(begun.header("Location"))
        back = await asyncio.to_thread(browser.get, f"/login/oidc/back?{urlencode(given)}")
        assert (back.status, back.header("Location")) == (303, "/account"), back.words
        assert "王芳" in (await asyncio.to_thread(browser.get, "/account")).words
        again = await asyncio.to_thread(browser.get, f"/login/oidc/back?{urlencode(given)}")
        assert again.status == 403
        shown = await asyncio.to_thread(host.call, ADMIN, "doctor", code=None)
        assert SECRET not in shown.stdout + host.log.read_text(encoding="utf-8")
        refused = await asyncio.to_thread(host.call, WANG, "web", "password", code=4)
        assert "Nobody logs in with a password here" in refused.stderr
        forgotten = await asyncio.to_thread(host.call, LI, "web", "forget", "wang.fang", code=5)
        assert forgotten.returncode == 5
        await asyncio.to_thread(host.call, ADMIN, "web", "forget", "wang.fang")
        said = {"act": "account forgotten", "whose": "wang.fang", "login": ADMIN}
        await asyncio.to_thread(host.wait_for, lambda: host.count("session", **said))
        gone = await asyncio.to_thread(browser.get, "/account")
        assert gone.header("Location") == "/login?next=/account"
        begun = await asyncio.to_thread(browser.get, "/login/oidc")
        given = provider.code(begun.header("Location"))
    down = browser.get(f"/login/oidc/back?{urlencode(given)}")
    assert (down.status, "does not answer as it should" in down.words) == (503, True), down.words


def open_sessions(host: Host) -> list[str]:
    return sorted(json.loads((host.deployment / ".service" / "web_sessions.json").read_text()))


def test_the_proxy_alone_says_who_somebody_is(quiet: Host, url: str) -> None:
    place = quiet.root / "run" / "web"
    proxy = LI  # whose login stands for the proxy's here
    host = quiet
    lines = [f'url = "{url}"', f'listen = "{place}"', f'proxy = "{proxy}"', 'login = ["proxy"]']
    serve_pages(host, ["[web]", *lines])
    if host.service is None:
        host.start()
        host.wait_for(lambda: host.count("web listens"))
    assert place.stat().st_mode & 0o777 == 0o666
    assert place.owner() == SERVICE
    by_proxy = Visitor(proxy, url, socket=str(place))
    named = (HEADER, "wang.fang")
    entry = by_proxy.get("/account", named)
    assert by_proxy.follow(by_proxy.follow(entry, named), named).status == 200
    assert "王芳" in by_proxy.get("/account", named).words
    sessions = open_sessions(host)
    for login in (STRANGER, WANG, ADMIN, SERVICE):
        forged = Visitor(login, url, socket=str(place), cookies=dict(by_proxy.cookies))
        for path in ("/login", "/account", "/healthz"):
            seen = forged.get(path, named)
            assert (seen.status, seen.body) == (403, "only the proxy may use this socket\n"), login
    root = Visitor("root", url, socket=str(place))
    assert root.get("/healthz").status == 200
    assert "Only the proxy may say" in root.get("/login", named).body
    twice = by_proxy.get("/login", named, (HEADER, "lin.tao"))
    assert twice.status == 403
    assert open_sessions(host) == sessions
    assert host.count("forged") == 2
    for address in ("192.0.2.1", "192.0.2.2"):
        by_proxy.get("/healthz", ("X-Forwarded-For", f"203.0.113.9, {address}"))
        assert host.count("web", path="/healthz", address=address) == 1
    near, far = ("X-Forwarded-For", "192.0.2.3"), ("X-Forwarded-For", "192.0.2.4")
    assert by_proxy.get("/static/none", near).status == 404

    def is_too_fast() -> bool:
        """Ask over several connections, as one of a slow machine may stay below the limit."""
        repeat = lambda _connection: by_proxy.repeat(100, "GET", "/static/none", "", near)
        with ThreadPoolExecutor(4) as callers:
            return any(one.status == 429 for many in callers.map(repeat, range(4)) for one in many)

    host.wait_for(is_too_fast)  # each visitor has limits of its own
    assert by_proxy.get("/static/none", far).status == 404
