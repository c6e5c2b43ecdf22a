"""Who is logged in, and who cannot be: passwords, cookies, idling, other sites' forms."""

import asyncio
import json
import re
import time
from dataclasses import replace
from types import SimpleNamespace

import pytest

from sla_tracker.deployment.direct import DirectDeployment
from sla_tracker.deployment.web_access.passwords import Passwords
from sla_tracker.serve.web.exchange import Answer, Question
from sla_tracker.serve.web.login import logins
from sla_tracker.serve.web.login.attempts import MOST_KEPT, UNNAMED, Attempts, Rates
from sla_tracker.serve.web.login.logins import safe_onward
from sla_tracker.services.web_access.tokens import FIRST_PASSWORD_DAYS
from tests.web.site import PASSWORD, RunningSite, running
from tests.web.test_api import called, make_token

DUTY = r"/duty/[0-9a-f-]{36}"
ACTS = ("/events/new", "/account/feed", "/logout", "/password", "/language", "/duty/abcdef/deliver")


def acts_of(site: RunningSite) -> int:
    return site.opened.context.store.sequence()


async def test_nobody_sees_anything_without_a_login(site: RunningSite) -> None:
    stranger = site.browser()
    for path in ("/", "/ours", "/owed", "/events", "/requests", "/account", "/duty/abcdef", "/no/such/page"):
        seen = await stranger.get(path)
        assert seen.url.startswith("/login?next="), path
        assert "Log in" in seen.words
        assert "Finance" not in seen.words


async def test_a_link_of_a_message_leads_on_after_the_login(site: RunningSite) -> None:
    known = await site.person("wang.fang")
    place = (await known.get("/")).link(DUTY)
    browser = site.browser()
    form = await browser.get(place, Referer="https://mail.example.com/")
    assert form.value("next") == place
    seen = await browser.log_in("wang.fang", onward=form.value("next"))
    assert seen.url == place


@pytest.mark.parametrize(
    "path", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "/a b", ""]
)
def test_a_login_never_leads_to_another_site(path: str) -> None:
    assert safe_onward(path) == "/"


async def test_a_wrong_name_and_a_wrong_password_are_told_alike(site: RunningSite) -> None:
    browser = site.browser()
    wrong = await browser.log_in("wang.fang", "not the password")
    unknown = await browser.log_in("nobody.here", "not the password")
    assert wrong.status == unknown.status == 403
    assert re.sub("wang.fang|nobody.here", "", wrong.text) == re.sub(
        "wang.fang|nobody.here", "", unknown.text
    )
    assert not browser.cookies


async def test_a_person_without_a_password_and_one_who_left_cannot_log_in(
    site: RunningSite, dealer: DirectDeployment
) -> None:
    assert (await site.browser().log_in("li.na")).status == 403


async def test_the_cookie_is_kept_from_scripts_and_other_sites(dealer: DirectDeployment) -> None:
    async with running(dealer) as site:
        browser = site.browser()
        answer = await browser._sent(
            "POST", "/login", {"name": "wang.fang", "password": PASSWORD}, {"Origin": browser.origin}
        )
        cookie = answer.headers["Set-Cookie"]
        assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie


async def test_pages_cannot_be_framed_kept_or_scripted(site: RunningSite) -> None:
    seen = await (await site.person("wang.fang")).get("/")
    policy = seen.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "script-src" not in policy
    assert "<script" not in seen.text
    assert "style=" not in seen.text
    assert seen.headers["Cache-Control"] == "no-store"
    assert seen.headers["X-Content-Type-Options"] == "nosniff"
    assert seen.headers["Server"] == "sla"
    assert not re.search(r'(?:src|href|action)="(?![/#])', seen.text)


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://localhost:8471", "", "http://LOCALHOST:8470.evil"]
)
async def test_a_form_of_another_site_does_nothing(site: RunningSite, origin: str) -> None:
    browser = await site.person("wang.fang")
    csrf = (await browser.get("/account")).value("csrf")
    before = acts_of(site)
    browser.origin = origin
    for path in ACTS:
        seen = await browser.post(
            path, {"csrf": csrf, "kind": "vehicle-delivered", "subject": "x1", "f-cash": "no"}
        )
        assert seen.status == 403, path
    assert (await browser.post("/login", {"name": "zhou.min", "password": PASSWORD})).status == 403
    assert acts_of(site) == before
    assert not site.access.tokens()


async def test_a_form_without_the_sessions_own_token_does_nothing(site: RunningSite) -> None:
    browser, other = await site.person("wang.fang"), await site.person("zhou.min")
    stolen = (await other.get("/account")).value("csrf")
    for csrf in ("", "x", stolen):
        for path in ACTS:
            assert (await browser.post(path, {"csrf": csrf, "kind": "vehicle-delivered"})).status == 403, path
    assert "Log out" in (await browser.get("/")).words


async def test_looking_changes_nothing(site: RunningSite) -> None:
    browser = await site.person("wang.fang")
    place = (await browser.get("/")).link(DUTY)
    before = acts_of(site)
    for path in (f"{place}/take", f"{place}/deliver", "/account/feed", "/logout?csrf=x", "/language?path=/"):
        seen = await browser.get(path)
        assert seen.status == 404, path
    assert acts_of(site) == before
    assert "Log out" in (await browser.get("/")).words


async def test_who_idles_or_stays_too_long_is_logged_out(site: RunningSite) -> None:
    browser = await site.person("wang.fang")
    site.clock.now += 29 * 60
    assert "Log out" in (await browser.get("/")).words
    site.clock.now += 31 * 60
    assert (await browser.get("/")).url.startswith("/login")
    browser = await site.person("wang.fang")
    for _quarter in range(12 * 4 - 1):
        site.clock.now += 15 * 60
        assert "Log out" in (await browser.get("/account")).words
    site.clock.now += 16 * 60
    assert (await browser.get("/")).url.startswith("/login")


async def test_a_login_is_kept_over_a_restart_and_its_cookie_nowhere(dealer: DirectDeployment) -> None:
    async with running(dealer) as site:
        browser = await site.person("wang.fang")
        await browser.get("/")
    async with running(dealer) as site:
        again = site.browser(cookies=browser.cookies)
        assert "Log out" in (await again.get("/")).words
        file = dealer.folder / ".web" / "web_sessions.json"
        assert browser.cookies["sla"] not in file.read_text()
    kept = json.loads(file.read_text())
    for one in kept.values():
        del one["way"], one["named"]  # as an older version wrote it
    file.write_text(json.dumps(kept))
    async with running(dealer) as site:
        assert "Log out" in (await site.browser(cookies=browser.cookies).get("/")).words


async def test_a_first_password_is_good_until_another_one_is_chosen(site: RunningSite) -> None:
    first = site.access.set_first_password("li.na")
    browser = site.browser()
    seen = await browser.log_in("li.na", first)
    assert seen.url == "/password"
    for path in ("/", "/account", "/terminal", "/due"):
        assert (await browser.get(path)).url == "/password"
    browser, left = site.browser(), browser  # the first one is closed before a password was chosen
    assert (await browser.log_in("li.na", first)).url == "/password"
    form = await browser.get("/password")
    for new, again, said in (
        ("short", "short", "characters"),
        ("long enough a password", "another long password", "typed alike"),
        (first, first, "has to be another one"),
    ):
        seen = await browser.send(form, "/password", new=new, again=again)
        assert seen.status == 422
        assert said in seen.words
    old_id = browser.cookies["sla"]
    done = await browser.send(form, "/password", new="long enough a password", again="long enough a password")
    assert done.url == "/"
    assert browser.cookies["sla"] != old_id
    assert (await site.browser(cookies={"sla": old_id}).get("/")).url.startswith("/login")
    assert (await site.browser().log_in("li.na", first)).status == 403
    assert (await left.get("/password")).url.startswith("/login")
    assert (await site.browser().log_in("li.na", "long enough a password")).status == 200


async def test_another_password_ends_the_other_logins(site: RunningSite) -> None:
    here, elsewhere = await site.person("wang.fang"), await site.person("wang.fang")
    new = "quite another password"
    form = await here.get("/password")
    wrong = await here.send(form, "/password", old="guessed", new=new, again=new)
    assert "present password is wrong" in wrong.words
    assert (await here.send(form, "/password", old=PASSWORD, new=new, again=new)).url == "/"
    assert (await elsewhere.get("/")).url.startswith("/login")
    site.access.remove_password("wang.fang")
    assert (await here.get("/")).url.startswith("/login")


async def test_a_session_whose_person_may_do_something_else_gets_another_id(site: RunningSite) -> None:
    browser = await site.person("wang.fang")
    await browser.get("/")
    id = browser.cookies["sla"]
    session = next(iter(site.server.sessions._sessions.values()))
    session.rights = "what it was before"
    await browser.get("/")
    assert browser.cookies["sla"] != id
    assert "Log out" in (await browser.get("/")).words


async def test_guessing_is_slowed_down_and_locks_nobody_out(site: RunningSite) -> None:
    class Moment:
        now = 0.0

        def __call__(self) -> float:
            return self.now

    clock = Moment()
    attempts = Attempts(clock)
    for _try in range(40):
        attempts.note_wrong("boss", "192.0.2.1")
    assert attempts.wait_for("boss", "192.0.2.1") == 60
    assert attempts.wait_for("boss", "198.51.100.7") == attempts.wait_for("somebody", "192.0.2.1") == 0
    assert attempts.seconds_for("boss", "198.51.100.7") == attempts.seconds_for("somebody", "192.0.2.1") == 4
    assert attempts.seconds_for("somebody", "198.51.100.7") == 0
    clock.now = 61.0
    assert attempts.wait_for("boss", "192.0.2.1") == 0
    attempts.note_right("boss", "192.0.2.1")
    assert attempts.seconds_for("boss", "198.51.100.7") == 0
    for number in range(2 * MOST_KEPT):  # nobody empties the counts by naming many
        attempts.note_wrong(f"name {number % 6000}", "192.0.2.1")
    assert attempts.seconds_for("somebody", "192.0.2.1") == 4
    assert len(attempts._wrong) <= MOST_KEPT
    rates = Rates(10, 20, clock)
    assert [rates.is_too_fast("192.0.2.1") for _request in range(21)] == [False] * 20 + [True]
    assert not rates.is_too_fast("198.51.100.7")


async def test_who_guesses_from_an_address_makes_only_the_named_person_wait_there(
    site: RunningSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    held_back: list[float] = []

    async def sleep(seconds: float) -> None:
        held_back.append(seconds)

    monkeypatch.setattr(logins, "asyncio", SimpleNamespace(**{**vars(asyncio), "sleep": sleep}))
    for name in ("zhou.min", "周敏", "guessed") * 10:
        await site.browser().log_in(name, "wrong")
    refused = await site.browser().log_in("zhou.min")
    assert refused.status == 429
    assert "Too many wrong passwords for this name from here" in refused.words
    assert int(refused.headers["Retry-After"]) > 0
    assert (await site.person("wang.fang")).cookies, "the office behind the same address logs in"
    assert held_back[-1] == 4, "slowly"


async def test_what_is_wrong_with_other_ways_in_keeps_no_password_and_no_good_token_out(
    site: RunningSite,
) -> None:
    for _time in range(14):
        assert (await site.browser().get("/calendar/ended-feed.ics")).status == 404
        await called(site, "GET", "/api/v1/due", "sla_ended")
    status, document, _headers = await called(site, "GET", "/api/v1/due", "sla_ended")
    assert (status, document["detail"]) == (429, "Too many wrong tokens from here.")
    assert (await called(site, "GET", "/api/v1/due", make_token(site.opened)))[0] == 200
    assert (await site.person("wang.fang")).cookies


def test_an_address_that_the_proxy_does_not_say_makes_nobody_wait() -> None:
    attempts = Attempts(lambda: 0.0)
    for _try in range(40):
        attempts.note_wrong("boss", UNNAMED)
    assert attempts.wait_for("boss", UNNAMED) == 0
    assert attempts.seconds_for("boss", UNNAMED) == 4


class Ended:
    """Answers as the service does about somebody who left."""

    async def ask(self, _question: Question) -> Answer:
        return Answer(status=403, ended="You have left.")


async def test_a_cookie_that_has_ended_is_taken_back_as_browsers_believe_it(dealer: DirectDeployment) -> None:
    url = "https://sla.example.com"
    async with running(dealer, url=url) as site:
        for way in ("left", "logged out"):
            browser = site.browser(origin=url)
            await browser.log_in("zhou.min")
            csrf = (await browser.get("/account")).value("csrf")
            if way == "logged out":
                seen = await browser._sent("POST", "/logout", {"csrf": csrf}, {"Origin": url})
            else:
                answers, site.server.answers = site.server.answers, Ended()
                seen = await browser._sent("GET", "/", None, {})
                site.server.answers = answers
                assert seen.status == 403
            said = seen.headers["Set-Cookie"]
            assert said.startswith('__Host-sla="";'), way
            assert {"Secure", "Path=/", "Max-Age=0"} <= {part.strip() for part in said.split(";")}, (
                way,
                said,
            )


async def test_what_is_too_large_or_no_form_is_refused(site: RunningSite) -> None:
    browser = await site.person("wang.fang")
    csrf = (await browser.get("/account")).value("csrf")
    assert (await browser.post("/events/new", {"csrf": csrf, "subject": "x" * (300 << 10)})).status == 413
    sent = await browser.post("/events/new", {"csrf": csrf}, **{"Content-Type": "text/plain"})
    assert sent.status == 415
    assert (await browser.get("/" + "a" * 3000)).status == 414
    assert (await browser.get("/static/..%2f..%2fpyproject.toml")).status == 404


def test_passwords_are_kept_as_hashes_of_their_real_cost(tmp_path: pytest.TempPathFactory) -> None:
    passwords = Passwords(tmp_path)  # type: ignore[arg-type]
    first = passwords.set_first("wang.fang")
    file = tmp_path / "passwords"  # type: ignore[operator]
    assert file.stat().st_mode & 0o777 == 0o600
    assert first not in file.read_text()
    entry = passwords.entry("wang.fang")
    assert entry is not None
    assert entry.hash.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.is_right(entry, first)
    assert not passwords.is_right(None, first)
    assert entry.ends_at == pytest.approx(time.time() + FIRST_PASSWORD_DAYS * 86400, abs=60)
    assert not passwords.is_right(replace(entry, ends_at=time.time() - 1), first)
