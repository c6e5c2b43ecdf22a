"""Logging in by what a proxy says: believed from the one login over the socket, and from nobody else."""

import asyncio
import getpass
from pathlib import Path
from typing import Any

import pytest

from sla_tracker.config.sections.web import LoginWay, OidcSection, WebSection, web_problems
from sla_tracker.deployment.direct import DirectDeployment
from tests.web.site import RunningSite, Seen, running

HEADER = "X-Remote-User"
WE = getpass.getuser()


def settings(folder: Path, **changes: Any) -> dict[str, Any]:
    return {"listen": str(folder / "web"), "proxy": WE, "login": [LoginWay.PROXY], **changes}


async def asked(site: RunningSite, headers: list[tuple[str, str]], path: str = "/") -> Seen:
    """Send headers as they are, also the same one twice, which no client library does."""
    if site.socket is not None:
        reader, writer = await asyncio.open_unix_connection(site.socket)
    else:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(site.base.rpartition(":")[2]))
    lines = [f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close", "Accept-Language: en"]
    lines += [f"{name}: {value}" for name, value in headers]
    writer.write("\r\n".join([*lines, "", ""]).encode())
    head, _blank, body = (await reader.read()).decode().partition("\r\n\r\n")
    writer.close()
    first, *fields = head.split("\r\n")
    return Seen(int(first.split()[1]), body, dict(one.split(": ", 1) for one in fields), path)


class Heard(list[str]):
    """The addresses of which the limits were asked; none is too fast."""

    def __call__(self, address: str) -> bool:
        self.append(address)
        return False


async def test_whom_the_proxy_names_is_logged_in_and_another_name_ends_that(
    dealer: DirectDeployment, tmp_path: Path
) -> None:
    async with running(dealer, **settings(tmp_path)) as site:
        browser = site.browser()
        entry = await browser._sent("GET", "/events", None, {HEADER: "wang.fang"})
        login = await browser._sent("GET", entry.headers["Location"], None, {HEADER: "wang.fang"})
        assert (login.status, login.headers["Location"]) == (303, "/events")
        seen = await browser.get("/events", **{HEADER: "wang.fang"})
        assert "王芳" in seen.words
        assert "王芳" in (await browser.get("/events")).words  # not with each request
        csrf = (await browser.get("/account")).value("csrf")
        assert (await browser.post("/account/feed", {"csrf": "x"}, **{HEADER: "wang.fang"})).status == 403
        stolen = site.browser(cookies=dict(browser.cookies))
        other = await stolen._sent("GET", "/events", None, {HEADER: "zhou.min"})
        assert other.headers["Location"].startswith("/login")
        assert "王芳" not in (await browser.get("/login/left")).words
        assert (await browser.get("/events")).url.startswith("/login")  # it was ended, not handed over
        assert csrf

        again = site.browser()
        await again._sent("GET", "/login", None, {HEADER: "wang.fang"})
        left = await again.send(await again.get("/account"), "/logout")
        assert left.url == "/login/left"
        assert "The proxy of the company says who you are" in left.words
        assert (await again.log_in("wang.fang")).status == 403


async def test_a_header_of_anybody_else_or_twice_is_refused(dealer: DirectDeployment, tmp_path: Path) -> None:
    forged = [
        [(HEADER, "wang.fang"), (HEADER, "lin.tao")],
        [(HEADER, "wang.fang"), (HEADER.lower(), "wang.fang")],
        [(HEADER, "wang.fang, lin.tao")],
        [(HEADER, "wang\tfang")],
        [(HEADER, "x" * 201)],
    ]
    async with running(dealer, **settings(tmp_path)) as site:
        for headers in forged:
            for path in ("/", "/login", "/api/v1/due", "/healthz"):
                seen = await asked(site, headers, path)
                assert (seen.status, "Only the proxy may say" in seen.text) == (403, True), headers
        for name in ("nobody.here", "(null)", "uid:0", "王芳"):
            seen = await asked(site, [(HEADER, name)], "/login")
            assert (seen.status, "nobody here is called that" in seen.words) == (403, True), name
        assert "says who you are" in (await asked(site, [], "/login")).words
        assert not len(site.server.sessions)


@pytest.mark.skipif(WE != "root", reason="only root is let in beside the proxy")
async def test_root_looks_after_the_socket_and_says_of_nobody_who_it_is(
    dealer: DirectDeployment, tmp_path: Path
) -> None:
    async with running(dealer, **settings(tmp_path, proxy="www-data")) as site:
        assert (await asked(site, [], "/healthz")).status == 200
        assert (await asked(site, [(HEADER, "wang.fang")], "/login")).status == 403


async def test_without_the_setting_no_header_says_who_somebody_is(site: RunningSite) -> None:
    headers = [(HEADER, "wang.fang"), ("X-Forwarded-User", "wang.fang"), ("Remote-User", "wang.fang")]
    seen = await asked(site, headers)
    assert (seen.status, seen.headers["Location"]) == (303, "/login?next=/")
    assert not len(site.server.sessions)


async def test_an_address_behind_the_proxy_is_the_last_that_is_not_ours_and_has_its_own_limits(
    dealer: DirectDeployment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shown = settings(tmp_path, login=[LoginWay.PASSWORD], proxy_addresses=["10.0.0.0/24", "::1"])
    async with running(dealer, **shown) as site:
        heard = Heard()
        with monkeypatch.context() as patched:
            patched.setattr(site.server._rates, "is_too_fast", heard)
            forwarded = {
                "198.51.100.7": "198.51.100.7",
                "127.0.0.1, 192.0.2.1": "192.0.2.1",
                "192.0.2.1, 10.0.0.9, ::1": "192.0.2.1",
                "192.0.2.1, x": "unix",
                "2001:DB8::1": "2001:db8::1",
                "10.0.0.1": "unix",
            }
            for given in forwarded:
                await asked(site, [("X-Forwarded-For", given)], "/healthz")
            assert heard == list(forwarded.values())
        monkeypatch.setattr(
            site.server._rates, "_clock", lambda: 0.0
        )  # a busy machine is too slow for the limit
        site.server._rates._left.clear()
        near, far = [("X-Forwarded-For", "192.0.2.1")], [("X-Forwarded-For", "192.0.2.2")]
        fast = [(await asked(site, near, "/static/none")).status for _request in range(100)]
        assert {404, 429} == set(fast)
        assert (await asked(site, far, "/static/none")).status == 404


async def test_over_an_address_what_a_visitor_says_of_addresses_counts_nothing(
    site: RunningSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard = Heard()
    monkeypatch.setattr(site.server._rates, "is_too_fast", heard)
    await asked(site, [("X-Forwarded-For", "192.0.2.1")], "/healthz")
    assert heard == ["127.0.0.1"]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"login": []}, "login"),
        ({"login": ["proxy", "password"]}, "login"),
        ({"listen": "127.0.0.1:8470", "proxy": ""}, "listen"),
        ({"proxy_header": "Cookie"}, "proxy_header"),
        ({"proxy_header": "X_Remote_User"}, "proxy_header"),
        ({"proxy": ""}, "proxy"),
    ],
)
def test_settings_that_would_believe_anybody_are_refused(changes: dict[str, Any], place: str) -> None:
    good = {
        "url": "https://sla.example.com",
        "listen": "/run/sla-web/socket",
        "proxy": "www-data",
        "login": ["proxy"],
    }
    assert not list(web_problems(WebSection.model_validate(good), OidcSection()))
    found = list(web_problems(WebSection.model_validate({**good, **changes}), OidcSection()))
    assert [("web", place)] == [where for where, _problem in found]


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"issuer": "http://login.example.com"}, "issuer"),
        ({"issuer": "https://somebody@login.example.com"}, "issuer"),
        ({"client": " "}, "client"),
        ({"secret_from": "env:SECRET"}, "secret_from"),
        ({"secret_from": "the secret itself"}, "secret_from"),
        ({"scopes": ["profile"]}, "scopes"),
    ],
)
def test_settings_of_a_provider_that_would_not_be_safe_are_refused(
    changes: dict[str, Any], place: str
) -> None:
    web = WebSection.model_validate({"url": "https://sla.example.com", "login": ["oidc", "password"]})
    good = {"issuer": "https://login.example.com", "client": "sla", "secret_from": "file:/etc/sla/oidc"}
    assert not list(web_problems(web, OidcSection(**good)))  # type: ignore[arg-type]
    found = list(web_problems(web, OidcSection.model_validate({**good, **changes})))
    assert [("oidc", place)] == [where for where, _problem in found]
    assert not list(web_problems(web.model_copy(update={"login": [LoginWay.PASSWORD]}), OidcSection()))
