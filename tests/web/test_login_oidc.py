"""Logging in with the company's identity provider, and everything that must not log anybody in."""

import base64
import hmac
import json
import re
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest
import pytest_asyncio
from aiohttp import web
from joserfc import jwt

from sla_tracker.config.sections.web import LoginWay, OidcSection
from sla_tracker.deployment.direct import DirectDeployment
from sla_tracker.domain.people import Person
from sla_tracker.serve import notices
from sla_tracker.serve.web.exchange import Kind, Question
from sla_tracker.serve.web.identity import id_tokens
from sla_tracker.serve.web.identity.id_tokens import Expected, UnknownKey, WrongToken, claims_of
from sla_tracker.serve.web.login.attempts import Rates
from sla_tracker.serve.web.views.replies import claimed
from tests.web.chromium import a_tab
from tests.web.provider import CLIENT, SECRET, Provider, a_provider, key, signed
from tests.web.site import URL, Browser, RunningSite, Seen, free_port, running

NOT_PROVED = "does not prove who you are"
NOT_BEGUN = "Begin again"
NOW = 1_700_000_000.0
EXPECTED = Expected(issuer="https://id.example.com", client=CLIENT, nonce="n", now=NOW)
CLAIMS = {"iss": EXPECTED.issuer, "aud": CLIENT, "sub": "7", "nonce": "n", "iat": NOW, "exp": NOW + 300}
KEYS = {"keys": [key("first").as_dict(private=False)]}


@pytest_asyncio.fixture
async def provider() -> AsyncIterator[Provider]:
    async with a_provider() as made:
        yield made


def section(provider: Provider, folder: Path, **changes: Any) -> OidcSection:
    file = folder / "client-secret"
    file.write_text(SECRET + "\n")
    file.chmod(0o600)
    return OidcSection(issuer=provider.issuer, client=CLIENT, secret_from=f"file:{file}", **changes)


@pytest_asyncio.fixture
async def site(dealer: DirectDeployment, provider: Provider) -> AsyncIterator[RunningSite]:
    async with running(dealer, login=[LoginWay.OIDC], oidc=section(provider, dealer.folder)) as made:
        yield made


async def begun(browser: Browser, onward: str = "/") -> str:
    """Press the button, and return where the browser is led."""
    page = await browser.get(f"/login?next={onward}")
    seen = await browser._sent("GET", page.link(r"/login/oidc\?[^\"]*"), None, {})
    assert seen.status == 303, seen.words
    return seen.headers["Location"]


async def came_back(browser: Browser, **given: str) -> Seen:
    return await browser.get(f"/login/oidc/back?{urlencode(given)}")


async def logged_in(browser: Browser, provider: Provider, **claims: Any) -> Seen:
    return await came_back(browser, **provider.code(await begun(browser), **claims))


async def test_somebody_logs_in_and_goes_on_to_the_page_of_the_link(
    site: RunningSite, provider: Provider
) -> None:
    browser = site.browser()
    location = await begun(browser, "/events")
    asked = parse_qs(urlsplit(location).query)
    assert asked["tenant"] == ["1"]
    assert asked["redirect_uri"] == [f"{URL}/login/oidc/back"]
    assert asked["scope"] == ["openid profile email"]
    seen = await came_back(browser, **provider.code(location))
    assert seen.url == "/events"
    assert "王芳" in seen.words
    assert set(browser.cookies) == {"sla", "sla-login"}
    account = await browser.get("/account")
    assert "Set another password" not in account.words
    assert (await browser.get("/password")).status == 404
    assert (await browser.send(account, "/logout")).url == "/login"
    assert (await browser.get("/")).url.startswith("/login")


async def test_a_real_browser_comes_back_from_the_other_site_with_its_cookie(
    dealer: DirectDeployment, provider: Provider, browser: int, tmp_path: Path
) -> None:
    port = free_port()
    oidc = section(provider, tmp_path)
    async with running(dealer, port=port, login=[LoginWay.OIDC], oidc=oidc) as site, a_tab(browser) as page:
        await page.open(f"http://localhost:{port}/events")
        await page.submit("a.button")
        assert await page.run("location.pathname") == "/events"
        assert "王芳" in await page.text()
        assert len(site.server.sessions) == 1


async def test_the_answer_counts_once_in_time_and_in_the_browser_that_began(
    site: RunningSite, provider: Provider
) -> None:
    browser, other = site.browser(), site.browser()
    given = provider.code(await begun(browser))
    await begun(other)
    for given_by in (given, {**given, "state": "x"}, {"code": given["code"]}):
        assert NOT_BEGUN in (await came_back(other, **given_by)).words  # somebody else's login is not mine
        await begun(other)
    assert NOT_BEGUN in (await came_back(site.browser(), **given)).words
    twice = await browser.get(f"/login/oidc/back?{urlencode(given)}&state=x")
    assert NOT_BEGUN in twice.words
    assert provider.heard.count("token") == 0

    given = provider.code(await begun(browser))
    kept = dict(browser.cookies)
    assert (await came_back(browser, **given)).status == 200
    again = site.browser(cookies={"sla-login": kept["sla-login"]})
    seen = await came_back(again, **given)
    assert (seen.status, NOT_BEGUN in seen.words) == (403, True)
    # The used code in a login of one's own: the provider refuses it.
    location = await begun(again)
    state = parse_qs(urlsplit(location).query)["state"][0]
    seen = await came_back(again, state=state, code=given["code"])
    assert (seen.status, NOT_PROVED in seen.words) == (403, True)
    given = provider.code(await begun(again))
    site.clock.now += 601
    assert NOT_BEGUN in (await came_back(again, **given)).words
    assert set(again.cookies) <= {"sla-login"}


async def test_another_providers_answer_and_a_refusal_log_nobody_in(
    site: RunningSite, provider: Provider
) -> None:
    browser = site.browser()
    given = provider.code(await begun(browser))
    assert NOT_PROVED in (await came_back(browser, **given, iss="https://evil.example")).words
    state = provider.code(await begun(browser))["state"]
    seen = await came_back(browser, state=state, error="access_denied", error_description="<b>x</b>")
    assert "did not log you in (access_denied)" in seen.words
    assert "<b>x" not in seen.text
    state = provider.code(await begun(browser))["state"]
    assert "(error)" in (await came_back(browser, state=state, error="<script>")).words
    assert provider.heard.count("token") == 0
    assert "sla" not in browser.cookies


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"preferred_username": "nobody.here"}, "You are “nobody.here” elsewhere"),
        ({"preferred_username": "<b>x</b>"}, "You are “<b>x</b>” elsewhere"),
        ({"preferred_username": "uid:0"}, "You are “uid:0” elsewhere"),
        ({"preferred_username": ""}, "the claim “preferred_username” is missing"),
        ({"preferred_username": ["wang.fang"]}, "is missing"),
        ({"preferred_username": "wang.fang\n"}, "is missing"),
        ({"nonce": "of another login"}, NOT_PROVED),
        ({"aud": "other"}, NOT_PROVED),
        ({"exp": 1_699_999_000}, NOT_PROVED),
    ],
)
async def test_who_is_not_proved_or_not_known_is_not_logged_in(
    site: RunningSite, provider: Provider, changes: dict[str, Any], said: str
) -> None:
    browser = site.browser()
    seen = await logged_in(browser, provider, **changes)
    assert seen.status == 403
    assert said in seen.words
    assert "<b>x" not in seen.text
    assert "sla" not in browser.cookies
    assert not len(site.server.sessions)


async def test_a_claim_that_only_the_page_about_the_person_has_counts_and_that_of_another_person_not(
    site: RunningSite, provider: Provider
) -> None:
    provider.about = {"sub": "8", "preferred_username": "lin.tao"}
    assert NOT_PROVED in (await logged_in(site.browser(), provider, preferred_username=None)).words
    provider.about = {"sub": "7", "preferred_username": "wang.fang", "iss": "x", "nonce": "x"}
    seen = await logged_in(site.browser(), provider, preferred_username=None)
    assert "王芳" in seen.words
    assert provider.heard.count("userinfo") == 2
    # What is signed comes first.
    provider.about = {"sub": "9", "preferred_username": "lin.tao"}
    assert "王芳" in (await logged_in(site.browser(), provider)).words
    provider.changes = {"userinfo_endpoint": "http://evil.example/userinfo"}
    site.server.others._oidc.provider._offered = None  # type: ignore[union-attr]
    assert "is missing" in (await logged_in(site.browser(), provider, preferred_username=None)).words


async def test_mail_counts_when_it_is_verified_and_one_persons(
    dealer: DirectDeployment, provider: Provider
) -> None:
    people = dealer.context.people
    assert isinstance(people, dict)
    mail = {"mail": "Wang.Fang@example.com"}
    people["wang.fang"] = replace(people["wang.fang"], addresses=mail)
    yesterday = dealer.context.now().date() - timedelta(days=1)
    people["chen.gang"] = replace(people["chen.gang"], left_on=yesterday)
    oidc = section(provider, dealer.folder, claim="email")
    async with running(dealer, login=[LoginWay.OIDC, LoginWay.PASSWORD], oidc=oidc) as site:
        browser = site.browser()
        seen = await logged_in(browser, provider, email="wang.fang@EXAMPLE.com")
        assert "has not verified the mail address" in seen.words
        seen = await logged_in(browser, provider, email="chen.gang", email_verified=True)
        assert "You are “chen.gang” elsewhere" in seen.words  # who left
        seen = await logged_in(browser, provider, email="wang.fang@EXAMPLE.com", email_verified=True)
        assert "王芳" in seen.words
        people["zhou.min"] = replace(people["zhou.min"], addresses=mail)
        again = await logged_in(site.browser(), provider, email="wang.fang@example.com", email_verified=True)
        assert "elsewhere" in again.words  # whose is it?
        assert "With a password" in again.words


async def test_a_name_that_looks_like_a_mail_address_is_none_unless_it_is_verified(
    site: RunningSite, provider: Provider
) -> None:
    people = site.opened.context.people
    assert isinstance(people, dict)
    boss = replace(
        people["lin.tao"], addresses={"mail": "lin.tao@example.com"}, logins=("lin.tao@corp.example",)
    )
    people["lin.tao"] = boss
    # At some providers people write their preferred_username themselves.
    seen = await logged_in(site.browser(), provider, preferred_username="lin.tao@example.com")
    assert (seen.status, "elsewhere" in seen.words) == (403, True)
    assert not (site.opened.folder / "identities").exists(), "no account was bound"
    seen = await logged_in(site.browser(), provider, preferred_username="lin.tao@corp.example")
    assert "林涛" in seen.words, "a login in the settings counts, whatever it looks like"


@pytest.mark.parametrize(
    ("named", "is_boss"),
    [("Lin.Kai@Example.com", True), ("lin.\N{KELVIN SIGN}ai@example.com", False), ("lin.kai", False)],
)
def test_a_mail_address_is_alike_by_its_ascii_letters_alone(named: str, is_boss: bool) -> None:
    boss = Person(id="boss", name="Boss", department="a", addresses={"mail": "lin.kai@example.com"})
    asked = Question(kind=Kind.CLAIMED, person=named, by_mail=True)
    assert (claimed({"boss": boss}, asked, date(2026, 11, 30)).person == "boss") is is_boss


async def test_a_name_that_was_given_to_another_account_opens_nothing_until_an_administrator_says_so(
    site: RunningSite, provider: Provider
) -> None:
    first, second = site.browser(), site.browser()
    assert (await logged_in(first, provider)).status == 200
    seen = await logged_in(second, provider, sub="8")
    assert seen.status == 403
    assert "is another account of the identity provider" in seen.words
    assert notices.recent(site.server.options.state_folder)
    seen = await logged_in(second, provider, preferred_username="zhou.min")
    assert seen.status == 403  # the account is Wang Fang's, whatever it is called today
    assert site.access.forget_identity("wang.fang")
    assert (await first.get("/")).url.startswith("/login")
    assert (await logged_in(second, provider, sub="8")).status == 200
    file = site.opened.folder / "identities"
    assert file.stat().st_mode & 0o777 == 0o600


async def test_new_keys_count_at_once_withdrawn_ones_no_longer_and_nobody_makes_us_ask_in_a_loop(
    site: RunningSite, provider: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = site.server.others._oidc.provider  # type: ignore[union-attr]
    at = [0.0]
    monkeypatch.setattr(client, "_clock", lambda: at[0])
    assert (await logged_in(site.browser(), provider)).status == 200
    provider.published, provider.by = ["second"], "second"
    at[0] = 31.0
    assert (await logged_in(site.browser(), provider)).status == 200
    provider.by = "third"
    for _try in range(3):
        assert (await logged_in(site.browser(), provider)).status == 403
    assert provider.heard.count("keys") == 2
    provider.by = "first"
    at[0] = 3700.0
    assert (await logged_in(site.browser(), provider)).status == 403


@pytest.mark.parametrize(
    ("broken", "changes", "said"),
    [
        (web.Response(status=502, text="<b>Bad</b> Gateway"), {}, "HTTP 502"),
        (web.Response(status=302, headers={"Location": "https://evil.example"}), {}, "HTTP 302"),
        (web.Response(body=b"x" * (600 << 10)), {}, "HTTP 200"),
        (web.Response(body=b"[" * 200_000), {}, "no JSON"),
        (None, {"issuer": "https://evil.example"}, "issuer https://evil.example"),
        (None, {"token_endpoint": "http://evil.example/token"}, "address http://evil.example/token"),
        (None, {"jwks_uri": None}, "address None"),
    ],
)
async def test_a_provider_that_does_not_answer_as_it_should_is_said_in_a_sentence(
    site: RunningSite, provider: Provider, broken: web.Response | None, changes: dict[str, Any], said: str
) -> None:
    provider.broken, provider.changes = broken, changes
    seen = await site.browser().get("/login/oidc?next=/events")
    assert seen.status == 503
    assert "does not answer as it should" in seen.words
    assert said in seen.words
    assert "Log in with the company's account" in seen.words


async def test_a_provider_that_is_gone_is_said_too_and_its_secret_is_never_shown(
    dealer: DirectDeployment, capfd: pytest.CaptureFixture[str]
) -> None:
    async with a_provider() as gone:
        oidc = section(gone, dealer.folder)
    async with running(dealer, login=[LoginWay.OIDC], oidc=oidc) as site:
        seen = await site.browser().get("/login/oidc")
        client = site.server.others._oidc.provider  # type: ignore[union-attr]
        assert client._failure is not None
        began = time.monotonic()
        for _other in range(5):
            assert (await site.browser().get("/login/oidc")).words == seen.words
        assert client._failure[0] < began  # not asked again for each of them
    assert seen.status == 503
    assert gone.issuer in seen.words
    async with a_provider() as open_to_all:
        oidc = section(open_to_all, dealer.folder)
        (dealer.folder / "client-secret").chmod(0o644)
        async with running(dealer, login=[LoginWay.OIDC], oidc=oidc) as site:
            seen = await logged_in(site.browser(), open_to_all)
    assert seen.status == 503
    assert "must be yours and readable by nobody else" in seen.words
    out, err = capfd.readouterr()
    assert SECRET not in seen.text + out + err


@pytest.mark.parametrize("onward", ["https://evil.example", "//evil.example", "/\\evil.example"])
async def test_a_login_by_the_provider_never_leads_to_another_site(
    site: RunningSite, provider: Provider, onward: str
) -> None:
    browser = site.browser()
    begin = await browser._sent("GET", f"/login/oidc?{urlencode({'next': onward})}", None, {})
    seen = await came_back(browser, **provider.code(begin.headers["Location"]))
    assert (seen.status, seen.url) == (200, "/")


async def test_a_password_opens_nothing_where_the_provider_alone_counts(
    dealer: DirectDeployment, provider: Provider
) -> None:
    async with running(dealer) as site:
        browser = await site.person("wang.fang")
    async with running(dealer, login=[LoginWay.OIDC], oidc=section(provider, dealer.folder)) as site:
        known = site.browser(cookies=browser.cookies)
        assert (await known.get("/")).url.startswith("/login")
        seen = await site.browser().log_in("wang.fang")
        assert (seen.status, "Nobody logs in with a password here." in seen.words) == (403, True)
        assert 'type="password"' not in (await known.get("/login")).text


async def test_failed_logins_from_one_address_are_slowed_down(site: RunningSite, provider: Provider) -> None:
    site.server._rates = Rates(1000, 1000)
    browser = site.browser()
    for _try in range(14):
        await came_back(browser, state="x", code="y")
        assert "elsewhere" in (await logged_in(browser, provider, preferred_username="new.here")).words
    assert (await logged_in(site.browser(), provider)).status == 200, "nobody failed to prove anything"
    for _try in range(10):
        seen = await came_back(browser, **{**provider.code(await begun(browser)), "code": "guessed"})
        assert NOT_PROVED in seen.words
    seen = await came_back(browser, **provider.code(await begun(browser)))
    assert seen.status == 429
    assert re.search(r"wait \d+ seconds", seen.words)


# --- the token itself ---------------------------------------------------------------------------------------------


def _unsigned(claims: dict[str, Any], header: dict[str, Any]) -> str:
    return f"{_coded(json.dumps(header).encode())}.{_coded(json.dumps(claims).encode())}."


def _coded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")


def test_a_good_token_is_good_within_the_skew_of_clocks() -> None:
    assert claims_of(signed(CLAIMS), KEYS, EXPECTED)["sub"] == "7"
    assert claims_of(signed({**CLAIMS, "aud": [CLIENT], "azp": CLIENT}), KEYS, EXPECTED)
    for late in (59.0, -59.0):
        skewed = {**CLAIMS, "iat": NOW + late, "exp": NOW + late, "nbf": NOW + late}
        assert claims_of(signed(skewed), KEYS, replace(EXPECTED, now=NOW))


@pytest.mark.parametrize(
    "changes",
    [
        {"iss": "https://id.example.com/"},
        {"iss": None},
        {"aud": "other"},
        {"aud": [CLIENT, "other"]},
        {"aud": []},
        {"azp": "other"},
        {"nonce": "of another login"},
        {"nonce": None},
        {"nonce": ["n"]},
        {"sub": None},
        {"sub": ""},
        {"exp": NOW - 61},
        {"exp": None},
        {"exp": "tomorrow"},
        {"iat": NOW + 61},
        {"iat": NOW - 901},
        {"iat": None},
        {"nbf": NOW + 61},
    ],
)
def test_a_token_for_others_or_another_time_proves_nothing(changes: dict[str, Any]) -> None:
    claims = {name: value for name, value in {**CLAIMS, **changes}.items() if value is not None}
    with pytest.raises(WrongToken):
        claims_of(signed(claims), KEYS, EXPECTED)


def test_a_token_that_the_provider_did_not_sign_proves_nothing() -> None:
    public = key("first").as_pem(private=False)
    by_public = _unsigned(CLAIMS, {"alg": "HS256", "kid": "first"}).rstrip(".")
    forged = [
        _unsigned(CLAIMS, {"alg": "none"}),
        _unsigned(CLAIMS, {"alg": "none", "kid": "first"}),
        _unsigned(CLAIMS, {"alg": "RS256", "kid": "first"}),
        f"{by_public}.{_coded(hmac.digest(public, by_public.encode(), 'sha256'))}",
        jwt.encode({"alg": "RS256", "kid": "first"}, dict(CLAIMS), key("second")),
        signed(CLAIMS)[:-8] + "AAAAAAAA",
        signed(CLAIMS).replace(".", "", 1),
        "",
        "x" * 100_000,
    ]
    for token in forged:
        with pytest.raises(WrongToken):
            claims_of(token, KEYS, EXPECTED)
    own = dict(key("second").as_dict(private=False))
    for header in ({"jwk": own}, {"jku": "https://evil.example"}):
        token = jwt.encode({"alg": "RS256", "kid": "second", **header}, dict(CLAIMS), key("second"))
        with pytest.raises(UnknownKey):
            claims_of(token, KEYS, EXPECTED)


def test_weak_and_foreign_keys_of_a_provider_are_left_out() -> None:
    weak = {"kty": "RSA", "n": "q" * 171, "e": "AQAB", "kid": "weak"}  # 1024 bits
    secret = {"kty": "oct", "k": "c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0", "kid": "shared"}
    for_secrecy = {**key("second").as_dict(private=False), "use": "enc"}
    keys = {"keys": [weak, secret, for_secrecy, "x", {"kty": "EC", "crv": "P-0"}]}
    assert not list(id_tokens._signing(keys))
    for wrong in (keys, {"keys": None}, {}):
        with pytest.raises(UnknownKey):
            claims_of(signed(CLAIMS), wrong, EXPECTED)
