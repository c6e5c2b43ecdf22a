"""What somebody typed while the login ended is there again after the login, for that person only."""

import re

import pytest

from sla_tracker.deployment.direct import DirectDeployment
from sla_tracker.serve.web.login import typed_forms, web_sessions
from sla_tracker.serve.web.login.typed_forms import (
    KEPT_SECONDS,
    LARGEST_FORM,
    MOST_FORMS,
    MOST_OF_PERSON,
    TypedForms,
    page_of_form,
)
from tests.web.site import PASSWORD, Browser, Clock, RunningSite, Seen, running
from tests.web.test_days_work import duty_named

FORM = "/events/new?kind=vehicle-delivered"
LONG = 13 * 3600.0  # seconds after which every login has ended


async def left_form(site: RunningSite) -> tuple[Browser, Seen]:
    """Return a browser that sent a filled-in form after its login had ended, and what it was shown."""
    sales = await site.person("wang.fang")
    form = await sales.get(FORM)
    site.clock.now += LONG
    return sales, await sales.send(form, "/events/new", subject="鄂F·77777", at="yesterday 16:40")


async def log_in_from(browser: Browser, page: Seen, person: str) -> Seen:
    return await browser.log_in(person, PASSWORD, page.value("next"))


async def test_a_form_is_filled_in_again_after_its_persons_login(site: RunningSite) -> None:
    before = site.opened.context.store.sequence()
    sales, login = await left_form(site)
    assert login.url.startswith("/login?next=/events/new")
    assert "What you wrote is kept for an hour" in login.words
    again = await log_in_from(sales, login, "wang.fang")
    assert again.url == FORM
    assert (again.value("subject"), again.value("at")) == ("鄂F·77777", "yesterday 16:40")
    assert "filled in again; it has not been sent" in again.words
    assert site.opened.context.store.sequence() == before
    registered = await sales.send(again, "/events/new", subject="鄂F·77777", at="yesterday 16:40")
    assert "Registered" in registered.words
    fresh = await sales.get(FORM)
    assert "鄂F·77777" not in fresh.text
    assert "filled in again" not in fresh.words


async def test_a_form_is_filled_in_again_when_the_session_was_cleared_away_before(site: RunningSite) -> None:
    sales = await site.person("wang.fang")
    place = duty_named(await sales.get("/"), "Order and delivery forms, signed by the customer in person")
    duty = await sales.get(place)
    ticks = dict.fromkeys(re.findall(r'type="checkbox" id="[^"]+" name="(f-[^"]+)"', duty.text), "yes")
    site.clock.now += LONG
    site.server.sessions.drop_old()
    login = await sales.send(duty, f"{place}/deliver", note="in the <b>blue</b> folder", **ticks)
    again = await log_in_from(sales, login, "wang.fang")
    assert again.url == place
    assert "in the &lt;b&gt;blue&lt;/b&gt; folder" in again.text
    assert again.text.count(" checked") == len(ticks)
    delivered = await sales.send(again, f"{place}/deliver", note="in the blue folder", **ticks)
    assert "Delivered:" in delivered.words


async def test_nobody_else_gets_what_a_person_typed(site: RunningSite) -> None:
    sales, login = await left_form(site)
    other = await log_in_from(sales, login, "lin.tao")  # at the same desk, in the same browser
    assert other.url == FORM
    assert "鄂F·77777" not in other.text
    own = await site.person("wang.fang")
    assert (await own.get(FORM)).value("subject") == "鄂F·77777"


async def test_a_form_of_no_ended_session_is_not_kept(site: RunningSite) -> None:
    typed = site.server.typed_forms
    sales = await site.person("wang.fang")
    form = await sales.get(FORM)
    site.clock.now += LONG
    forged = {"kind": "vehicle-delivered", "subject": "鄂F·77777", "csrf": "x" * 43}
    await sales.post("/events/new", forged)
    assert len(typed) == 0, "without the token of the session"
    stranger = site.browser()
    await stranger.post("/events/new", {**forged, "csrf": form.value("csrf")})
    assert len(typed) == 0, "without its cookie"
    sales.origin = "https://evil.example"
    assert (await sales.send(form, "/events/new", subject="鄂F·77777")).status == 403
    assert len(typed) == 0, "from another site"


async def test_a_form_of_somebody_who_logged_out_or_lost_the_login_is_not_kept(site: RunningSite) -> None:
    sales = await site.person("wang.fang")
    form = await sales.get(FORM)
    cookies = dict(sales.cookies)
    await sales.send(form, "/logout")
    sales.cookies = cookies
    await sales.send(form, "/events/new", subject="鄂F·77777")
    assert len(site.server.typed_forms) == 0


async def test_passwords_are_not_kept_and_nothing_stands_in_files(dealer: DirectDeployment) -> None:
    async with running(dealer) as site:
        sales = await site.person("wang.fang")
        form = await sales.get("/password")
        site.clock.now += LONG
        await sales.send(form, "/password", old=PASSWORD, new="another secret", again="another secret")
        assert len(site.server.typed_forms) == 0
        await left_form(site)
        assert len(site.server.typed_forms) == 1
        site.server.sessions.save()
        for file in dealer.folder.rglob("*"):
            if file.is_file():
                assert "鄂F·77777".encode() not in file.read_bytes(), file


def test_forms_are_kept_in_bounds_of_number_size_and_time() -> None:
    clock = Clock()
    typed = TypedForms(clock)
    for number in range(MOST_OF_PERSON + 1):
        typed.keep("wang.fang", f"/duty/{number}/note", {"text": "a", "csrf": "secret", "once": "1"})
    assert typed.find("wang.fang", "/duty/0") is None
    kept = typed.find("wang.fang", "/duty/1")
    assert kept is not None
    assert kept.values == {"text": "a"}
    assert typed.find("li.na", "/duty/1") is None
    assert typed.keep("wang.fang", "/duty/9/note", {"text": "a" * LARGEST_FORM}) is None
    for number in range(MOST_FORMS + 5):
        typed.keep(f"person-{number}", "/duty/1/note", {"text": "a"})
    assert len(typed) == MOST_FORMS
    clock.now += KEPT_SECONDS + 1
    assert typed.find("person-200", "/duty/1") is None
    assert len(typed) == 0


@pytest.mark.parametrize(
    ("path", "form", "page"),
    [
        ("/events/new", {"kind": "vehicle-delivered"}, FORM),
        ("/requests/new", {"what": "other"}, "/requests/new?what=other"),
        ("/requests/new", {}, "/requests/new"),
        ("/duty/abcdef/return", {"reason": "no"}, "/duty/abcdef"),
        ("/account/feed", {}, "/account"),
    ],
)
def test_a_form_leads_back_to_the_page_that_has_it(path: str, form: dict[str, str], page: str) -> None:
    assert page_of_form(path, form) == page


def test_who_had_a_session_is_known_for_a_bounded_time_and_number(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(web_sessions, "MOST_LEFT", 2)
    clock = Clock()
    file = tmp_path_factory.mktemp("state") / "sessions.json"
    sessions = web_sessions.WebSessions(file, idle_seconds=60, seconds=600, clock=clock)
    ids = [sessions.open(person=id, name=id, language="en")[0] for id in ("a", "b", "c")]
    clock.now += 61
    sessions.drop_old()
    assert [sessions.left(id) is not None for id in ids] == [False, True, True]
    clock.now += web_sessions.LEFT_SECONDS + 1
    assert sessions.left(ids[2]) is None
    assert typed_forms.KEPT_SECONDS <= web_sessions.LEFT_SECONDS
