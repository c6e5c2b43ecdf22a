"""A day's work without a terminal: log in, see what is due, deliver, judge, register, ask."""

import asyncio
import re
from dataclasses import replace
from datetime import timedelta

import pytest
from aiohttp import ClientError

from sla_tracker.deployment.direct import DirectDeployment
from sla_tracker.domain.people import Role
from sla_tracker.errors import OutcomeUnknown
from sla_tracker.serve.web.exchange import Answer, AnswerLost, Answers, NoAnswer, Question
from sla_tracker.serve.web.views.sentences import ON_PAGES
from sla_tracker.services.queries.duties import owed_by
from sla_tracker.services.web_access import tokens
from sla_tracker.storage.tinydb import UNKNOWN
from sla_tracker.testing.clock import FakeClock
from tests.web.site import URL, RunningSite, Seen, running
from tools import messages

DUTY = r"/duty/[0-9a-f-]{36}"


def duty_named(page: Seen, title: str) -> str:
    """Return where the card of a duty leads."""
    found = re.search(rf'<a href="({DUTY})">\s*<span class="row"><strong>{title}', page.text)
    assert found, page.words
    return found[1]


async def test_a_delivery_is_made_by_one_side_and_returned_and_accepted_by_the_other(
    site: RunningSite,
) -> None:
    sales = await site.person("wang.fang")
    today = await sales.get("/")
    assert "Overdue" in today.words or "Tomorrow" in today.words
    place = duty_named(today, "Order and delivery forms, signed by the customer in person")
    duty = await sales.get(place)
    assert "Sales → Finance" in duty.words
    incomplete = await sales.send(duty, f"{place}/deliver")
    assert incomplete.status == 422
    assert "is missing" in incomplete.words
    ticks = dict.fromkeys(re.findall(r'type="checkbox" id="[^"]+" name="(f-[^"]+)"', duty.text), "yes")
    delivered = await sales.send(duty, f"{place}/deliver", note="all in the blue folder", **ticks)
    assert delivered.status == 200, delivered.words
    assert "Delivered:" in delivered.words
    assert "all in the blue folder" in delivered.words

    finance = await site.person("zhou.min")
    waiting = await finance.get("/")
    assert duty_named(waiting, "Order and delivery forms, signed by the customer in person") == place
    unclear = await finance.send(await finance.get(place), f"{place}/return", reason="")
    assert unclear.status in {409, 422}
    returned = await finance.send(unclear, f"{place}/return", reason="one page lacks the signature")
    assert "Returned" in returned.words

    again = await sales.get(place)
    assert "one page lacks the signature" in again.words
    await sales.send(again, f"{place}/deliver", **ticks)
    accepted = await finance.send(await finance.get(place), f"{place}/accept")
    assert "Accepted" in accepted.words
    assert "/accept" not in accepted.text


async def test_an_event_is_registered_and_a_doubt_is_asked_about(site: RunningSite) -> None:
    sales = await site.person("wang.fang")
    form = await sales.get("/events/new?kind=vehicle-delivered")
    told = {"subject": "鄂F·77777", "f-cash": "no"}
    done = await sales.send(form, "/events/new", **told)
    assert done.status == 200, done.words
    assert "Registered" in done.words
    assert "Order and delivery forms, signed by the customer in person" in done.words

    twice = await sales.send(await sales.get("/events/new?kind=vehicle-delivered"), "/events/new", **told)
    assert twice.status == 409
    assert "Register it all the same." in twice.words
    meant = await sales.send(twice, "/events/new", again="yes", **told)
    assert meant.status == 200
    assert sum("鄂F·77777" in line for line in (await sales.get("/events")).text.splitlines()) == 2


async def test_taking_back_what_is_late_then_takes_a_tick(
    site: RunningSite, dealer: DirectDeployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    context, sales = dealer.context, await site.person("wang.fang")
    told = {"subject": "鄂F·77777", "f-cash": "no"}
    await sales.send(await sales.get("/events/new?kind=vehicle-delivered"), "/events/new", **told)
    [duty] = [
        row
        for row in owed_by(context, "sales").rows
        if row.subject == "鄂F·77777" and row.title.en.startswith("Order and delivery forms")
    ]
    place = f"/duty/{duty.id}"
    shown = await sales.get(place)
    ticks = dict.fromkeys(re.findall(r'type="checkbox" id="[^"]+" name="(f-[^"]+)"', shown.text), "yes")
    in_time = await sales.send(shown, f"{place}/deliver", **ticks)
    assert "It becomes late by it" not in in_time.words
    later = replace(context, clock=FakeClock(duty.due_at + timedelta(hours=1)))
    monkeypatch.setattr(dealer, "_context", later)
    doubted = await sales.send(in_time, f"{place}/take-back")
    assert doubted.status == 409
    assert "is late: it was due at" in doubted.words
    assert "It becomes late by it. Take it back all the same." in doubted.words
    assert "Taken back" in (await sales.send(doubted, f"{place}/take-back", again="yes")).words


async def test_something_is_asked_for_answered_and_settled(site: RunningSite) -> None:
    finance = await site.person("zhou.min")
    form = await finance.get("/requests/new?what=other")
    asked = await finance.send(
        form, "/requests/new", to="sales", subject="鄂F·12340", text="the second key, please"
    )
    assert "the second key, please" in asked.words
    place = asked.url.partition("?")[0]
    sales = await site.person("wang.fang")
    assert (
        "the second key" in (await sales.get("/requests")).words
        or "鄂F·12340" in (await sales.get("/requests")).words
    )
    answered = await sales.send(await sales.get(place), f"{place}/answer", text="it lies with the porter")
    assert "it lies with the porter" in answered.words
    settled = await finance.send(await finance.get(place), f"{place}/settle")
    assert "Settled" in settled.words


async def test_a_page_that_is_older_than_the_duty_changes_nothing(site: RunningSite) -> None:
    sales = await site.person("wang.fang")
    place = duty_named(await sales.get("/"), "Order and delivery forms, signed by the customer in person")
    old = await sales.get(place)
    await sales.send(old, f"{place}/note", text="first")
    late = await sales.send(old, f"{place}/take")
    assert late.status == 409
    assert "has changed since the page was shown" in late.words
    assert "not taken yet" in (await sales.get(place)).words


async def test_what_was_typed_is_not_lost_when_somebody_else_acted(site: RunningSite) -> None:
    sales = await site.person("wang.fang")
    place = duty_named(await sales.get("/"), "Order and delivery forms, signed by the customer in person")
    old = await sales.get(place)
    await sales.send(await sales.get(place), f"{place}/note", text="first")
    noted = await sales.send(old, f"{place}/note", text="a note decides nothing")
    assert noted.status == 200
    assert "a note decides nothing" in noted.words

    held = {"waits_for": "the post", "reason": "it is on its way", "again": "yes"}
    late = await sales.send(old, f"{place}/hold", **held)
    assert late.status == 409
    opened = re.search(r"<h3>Hold</h3>.*?</form>", late.text, re.DOTALL)  # no form that one has to unfold
    assert opened
    assert 'value="the post"' in opened[0]
    assert 'value="it is on its way"' in opened[0]
    assert " checked" not in opened[0]
    empty = await sales.send(late, f"{place}/note", text=" ")
    assert empty.status == 422
    await sales.send(late, f"{place}/hold", **held)
    gone = await sales.send(old, f"{place}/hold", **held)  # the page has this form no more
    assert f'action="{place}/hold"' not in gone.text
    assert "it is on its way" in gone.text[gone.text.index("What you wrote") :]
    assert "What you wrote" not in (await sales.get(place)).words


async def test_a_refusal_says_what_to_press_and_no_command(site: RunningSite) -> None:
    sales = await site.person("wang.fang")
    place = duty_named(await sales.get("/"), "Order and delivery forms, signed by the customer in person")
    held = {"waits_for": "the post", "reason": "it is on its way", "again": "yes"}
    on_hold = await sales.send(await sales.get(place), f"{place}/hold", **held)
    ticks = dict.fromkeys(re.findall(r'type="checkbox" id="[^"]+" name="(f-[^"]+)"', on_hold.text), "yes")
    refused = await sales.send(on_hold, f"{place}/deliver", **ticks)
    assert refused.status == 409
    assert "press “Resume” on its page first" in refused.words
    assert "sla resume" not in refused.words


def test_what_pages_say_differently_is_what_use_cases_say() -> None:
    known = set(messages.in_code())
    for said, on_pages in ON_PAGES.items():
        assert {said, on_pages} <= known
        assert re.search(r"\bsla [a-z]", said)
        assert not re.search(r"\bsla [a-z]", on_pages)


async def test_an_answer_that_is_refused_keeps_its_text(site: RunningSite) -> None:
    finance, sales = await site.person("zhou.min"), await site.person("wang.fang")
    form = await finance.get("/requests/new?what=other")
    place = (await finance.send(form, "/requests/new", to="sales", text="the second key")).url.partition("?")[
        0
    ]
    open_page = await sales.get(place)
    await finance.send(await finance.get(place), f"{place}/settle")
    refused = await sales.send(open_page, f"{place}/answer", text="it lies with the porter")
    assert refused.status == 409
    assert "it lies with the porter" in refused.words


async def test_a_form_that_is_sent_twice_is_done_once(site: RunningSite) -> None:
    sales = await site.person("wang.fang")
    form = await sales.get("/events/new?kind=vehicle-delivered")
    told = {"subject": "鄂F·88888", "f-cash": "no"}
    first = await sales.send(form, "/events/new", **told)
    second = await sales.send(form, "/events/new", **told)
    assert first.url == second.url
    assert (await sales.get("/events")).text.count("鄂F·88888") == 1


class Losing:
    """The service; of a change comes something else than its answer."""

    def __init__(self, answers: Answers, instead: Answer | Exception, *, reaches: bool = True) -> None:
        self._answers, self._instead, self._reaches = answers, instead, reaches

    async def ask(self, question: Question) -> Answer:
        if not question.changes:
            return await self._answers.ask(question)
        if self._reaches:
            await self._answers.ask(question)
        if isinstance(self._instead, Exception):
            raise self._instead
        return self._instead


@pytest.mark.parametrize("instead", [AnswerLost(), Answer(status=500, body="a fault"), Answer(status=504)])
async def test_a_form_whose_answer_was_lost_is_not_done_again_and_nobody_is_told_to_try(
    site: RunningSite, instead: Answer | Exception
) -> None:
    sales = await site.person("wang.fang")
    form = await sales.get("/events/new?kind=vehicle-delivered")
    told = {"subject": "鄂F·88888", "f-cash": "no"}
    answers = site.server.answers
    site.server.answers = Losing(answers, instead)
    lost = await sales.send(form, "/events/new", **told)
    assert lost.status == (instead.status if isinstance(instead, Answer) else 504)
    site.server.answers = answers
    again = await sales.send(form, "/events/new", **told)
    for seen in [again] if isinstance(instead, Answer) else [lost, again]:
        assert (seen.status, "Retry-After" in seen.headers) == (504, False)
        assert "it is not known whether this was done. Look first" in seen.words
        assert "try again" not in seen.words
        assert seen.link("/events")
    assert (await sales.get("/events")).text.count("鄂F·88888") == 1, "done once, at the first time"
    another = await sales.get("/events/new?kind=vehicle-delivered")
    assert (await sales.send(another, "/events/new", **{**told, "subject": "鄂F·77777"})).status == 200
    await sales.post("/language", {"csrf": another.value("csrf"), "path": "/"})
    chinese = await sales.send(form, "/events/new", **told)
    assert "不知道这件事是否已经办成" in chinese.words


async def test_a_form_is_done_once_over_a_restart_too(dealer: DirectDeployment) -> None:
    """Also one that was on its way when the web process was told to end."""
    reached = asyncio.Event()

    class Slow(Losing):
        async def ask(self, question: Question) -> Answer:
            answer = await self._answers.ask(question)
            if question.changes:
                reached.set()
                await asyncio.Event().wait()
            return answer

    told = {"f-cash": "no"}
    async with running(dealer) as site:
        sales = await site.person("wang.fang")
        done, begun = [await sales.get("/events/new?kind=vehicle-delivered") for _form in range(2)]
        first = await sales.send(done, "/events/new", subject="鄂F·88881", **told)
        site.server.answers = Slow(site.server.answers, NoAnswer())
        sending = asyncio.create_task(sales.send(begun, "/events/new", subject="鄂F·88882", **told))
        await reached.wait()
        for task in asyncio.all_tasks():  # as aiohttp does when the time to end is over
            if "RequestHandler" in repr(task.get_coro()):
                task.cancel()
        with pytest.raises(ClientError):
            await sending
    async with running(dealer) as site:
        again = site.browser(cookies=sales.cookies)
        assert (await again.send(done, "/events/new", subject="鄂F·88881", **told)).url == first.url
        assert (await again.send(begun, "/events/new", subject="鄂F·88882", **told)).status == 504
        listed = (await again.get("/events")).text
        assert (listed.count("鄂F·88881"), listed.count("鄂F·88882")) == (1, 1)


async def test_a_form_of_which_nothing_was_done_is_sent_again(site: RunningSite) -> None:
    sales, answers = await site.person("wang.fang"), site.server.answers
    form = await sales.get("/events/new?kind=vehicle-delivered")
    for instead in (NoAnswer(), Answer(status=503, body="another process has the store")):
        site.server.answers = Losing(answers, instead, reaches=False)
        assert (await sales.send(form, "/events/new", subject="鄂F·88888", **{"f-cash": "no"})).status == 503
    site.server.answers = answers
    assert (await sales.send(form, "/events/new", subject="鄂F·88888", **{"f-cash": "no"})).status == 200


async def test_the_outcome_that_a_store_does_not_know_is_not_called_nothing(
    site: RunningSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    def commit(*_given: object, **_more: object) -> None:
        raise OutcomeUnknown(UNKNOWN, detail="x")

    sales = await site.person("wang.fang")
    account = await sales.get("/account")
    monkeypatch.setattr(tokens, "make_feed", commit)
    seen = await sales.send(account, "/account/feed")
    assert seen.status == 504
    assert "Perhaps this was done." in seen.words
    assert "Nothing was done" not in seen.words
    assert "look before doing it again" in seen.words
    assert "sla log" not in seen.words


async def test_pages_speak_both_languages_and_texts_of_people_are_only_text(site: RunningSite) -> None:
    sales = await site.person("wang.fang")
    place = duty_named(await sales.get("/"), "Order and delivery forms, signed by the customer in person")
    hostile = "<script>alert(1)</script>\x1b]52;c;AA\x07 \u202eevil"
    noted = await sales.send(await sales.get(place), f"{place}/note", text=hostile)
    assert "<script>" not in noted.text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in noted.text
    assert not {"\x1b", "\x07", "\u202e"} & set(noted.text)
    chinese = await sales.post("/language", {"csrf": noted.value("csrf"), "path": place})
    assert 'lang="zh-CN"' in chinese.text
    assert "财务部" in chinese.words
    assert "客户本人签字的订车单、交车单" in chinese.words
    assert not re.search(r"Deliver|Accept|Note|Due", chinese.words.replace("sla", ""))


async def test_why_nothing_was_opened_is_said_once(site: RunningSite) -> None:
    sales = await site.person("wang.fang")
    form = await sales.get("/events/new?kind=vehicle-delivered")
    told = {"subject": "鄂F·77770", "at": "2020-01-02 9:00", "f-cash": "no"}
    done = await sales.send(form, "/events/new", **told)
    reasons = re.findall(r"“([^”]+)” would be due on", done.words)
    assert reasons
    assert len(reasons) == len(set(reasons))


async def test_who_only_reads_sees_what_waits_and_no_form_that_is_refused(site: RunningSite) -> None:
    head = await site.person("zhou.min")
    form = await head.get("/requests/new?what=other")
    asked = await head.send(form, "/requests/new", to="sales", subject="", text="the second key, please")
    request = asked.url.partition("?")[0]
    sales = await site.person("wang.fang")
    place = duty_named(await sales.get("/"), "Order and delivery forms, signed by the customer in person")
    duty = await sales.get(place)
    ticks = dict.fromkeys(re.findall(r'type="checkbox" id="[^"]+" name="(f-[^"]+)"', duty.text), "yes")
    await sales.send(duty, f"{place}/deliver", **ticks)
    people = site.opened.context.people
    for id in ("zhou.min", "wang.fang"):
        people[id] = replace(people[id], role=Role.READER)  # type: ignore[index]
    assert place in (await head.get("/owed")).text
    assert "/accept" not in (await head.get(place)).text
    for browser in (head, sales):
        assert "<form" not in (await browser.get(request)).text.partition("<main")[2].partition("</main")[0]
        assert "/requests/new" not in (await browser.get("/requests")).text
        for refused in ("/requests/new", "/events/new"):
            assert (await browser.get(refused)).status == 403


async def test_a_page_keeps_its_form_in_the_other_language(site: RunningSite) -> None:
    sales = await site.person("wang.fang")
    form = await sales.get("/events/new?kind=vehicle-delivered")
    other = await sales.send(form, "/language")
    assert 'name="f-cash"' in other.text
    assert "登记" in other.words


async def test_a_form_sent_after_the_login_ended_leads_back_to_its_page(site: RunningSite) -> None:
    sales = await site.person("wang.fang")
    form = await sales.get("/events/new?kind=vehicle-delivered")
    sales.cookies.clear()
    for referer, onward in (
        (f"{URL}/events/new?kind=vehicle-delivered", "/events/new?kind=vehicle-delivered"),
        ("https://elsewhere.example.com/events", "/"),
        (f"{URL}.example.com/events", "/"),
        ("", "/"),
    ):
        seen = (
            await sales.send(form, "/events/new", subject="鄂F·7")
            if not referer
            else await sales.post("/events/new", {"subject": "鄂F·7", "csrf": "x"}, Referer=referer)
        )
        assert seen.value("next") == onward, referer
