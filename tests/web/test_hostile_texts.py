"""Marked texts in every field of the store and of the settings: each is shown somewhere, and nowhere as markup."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import AsyncIterator
from datetime import date
from html.parser import HTMLParser
from pathlib import Path

import pytest_asyncio
from icalendar import Calendar

from sla_tracker.deployment.direct import DirectDeployment, open_deployment
from sla_tracker.deployment.service import DeploymentService
from sla_tracker.domain.duties.duty import Duty
from sla_tracker.domain.people import Actor
from sla_tracker.services import events, requests
from sla_tracker.services.duties import holds, operations
from sla_tracker.services.web_access import tokens
from tests.web.site import Browser, RunningSite, give_passwords, running
from tests.web.test_api import called, make_token

TEMPLATES = Path(__file__).resolve().parents[2] / "sla_tracker" / "serve" / "web" / "templates"
MARK = re.compile(r"m-([a-z-]+)-m(.{0,5})", re.DOTALL)
CONTROLS = "\x1b]52;c;AA\x07\u202e\u200b"


def mark(name: str) -> str:
    """Return a hostile text that can be found again; it leaves a tag, an attribute, a script or a style if it can."""
    return f"""m-{name}-m"><img src=x onerror=alert(1)>'<script>1</script></title></textarea>{{{{7*7}}}}&lt;b&gt;"""


CHECKLIST = """
version = "1"

[[department]]
id = "yard"
name = '''{yard}'''

[[department]]
id = "gate"
name = '''{gate}'''

[[event_type]]
id = "arrived"
title = '''{kind}'''
subject = '''{about}'''

  [[event_type.fields]]
  id = "cash"
  kind = "choice"
  label = '''{label}'''
  choices = [{{ id = "yes", label = '''{choice}''' }}, {{ id = "no", label = "no" }}]

  [[event_type.fields]]
  id = "detail"
  kind = "text"
  label = "Detail"
  required = false

[[obligation]]
id = "parked"
title = '''{title}'''
provider = "yard"
consumer = "gate"
on_event = {{ type = "arrived", due = {{ workdays = 1 }} }}
on_request = {{ due = {{ workdays = 2 }}, answer = {{ working_hours = 4 }} }}
evidence = [
  {{ id = "place", kind = "text", label = '''{evidence}''' }},
  {{ id = "way", kind = "choice", label = "way", choices = [{{ id = "a", label = '''{evidence-choice}''' }}] }},
]
guide = '''{guide}'''
"""
DECLARED = (
    "yard",
    "gate",
    "kind",
    "about",
    "label",
    "choice",
    "title",
    "evidence",
    "evidence-choice",
    "guide",
)
TYPED = (
    "subject", "event-field", "draft", "delivered", "remark", "reason", "note", "waits", "hold", "request", "answer",
    "free", "free-answer",
)  # fmt: skip
NAMED = ("company", "ann", "bob")


def quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def a_hostile_company(folder: Path) -> DirectDeployment:
    """Make a company whose every text is hostile, and do in it what people do."""
    DeploymentService().init(folder, config="minimal", trial=True, in_force_from=date(2026, 10, 1))
    settings = folder / "sla_tracker.toml"
    text = settings.read_text(encoding="utf-8")
    text = re.sub(r"(?m)^name = .*$", lambda _found: f"name = {quoted(mark('company'))}", text, count=1)
    text = re.sub(r"(?ms)^\[\[people\]\].*?(?=^\[(?!\[people)|\Z)", "", text)
    text = text.replace('default_person = "admin"', 'default_person = "ann"')
    for id, department in (("ann", "yard"), ("bob", "gate")):
        role = "head" if id == "ann" else "staff"
        text += f'\n[[people]]\nid = "{id}"\nname = {quoted(mark(id))}\ndepartment = "{department}"\nrole = "{role}"\n'
    settings.write_text(text, encoding="utf-8")
    marks = {name: mark(name) for name in DECLARED}
    (folder / "plugins").mkdir(exist_ok=True)
    (folder / "plugins" / "hostile.toml").write_text(CHECKLIST.format(**marks), encoding="utf-8")
    return open_deployment(folder, as_person="ann")


def work(opened: DirectDeployment) -> None:
    """Type a hostile text wherever somebody may type one."""
    context = opened.context
    ann, bob = (Actor(person=context.person(id), via="test") for id in ("ann", "bob"))
    registered = events.register(
        context,
        ann,
        "arrived",
        subject=mark("subject") + CONTROLS,
        at=context.now(),
        fields={"cash": "yes", "detail": mark("event-field")},
    )
    (duty,) = registered.opened
    (later,) = events.register(
        context, ann, "arrived", subject="1", at=context.now(), fields={"cash": "no"}
    ).opened
    operations.fill_in(context, ann, later.id, {"place": mark("draft")})
    operations.note(context, ann, duty.id, mark("note") + CONTROLS)
    given = {"place": mark("delivered"), "way": "a"}
    operations.deliver(context, ann, duty.id, given, note=mark("remark"))
    operations.return_(context, bob, duty.id, mark("reason"))
    _request, asked = requests.ask(context, bob, "parked", subject="2", text=mark("request"))
    requests.answer(context, ann, asked.id, mark("answer"))
    holds.hold(context, ann, asked.id, waits_for=mark("waits"), reason=mark("hold"), again=True)
    free = requests.ask_uncovered(context, bob, "yard", subject="3", text=mark("free"))
    requests.answer_uncovered(context, ann, free.id, mark("free-answer"))


class Markup(HTMLParser):
    """Collects the tags of a page with the names of their attributes, and where the page leads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.ways: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        self.found |= {f"{tag} {name}" for name, _value in attrs}
        self.ways += [value or "" for name, value in attrs if name in {"href", "src", "action", "formaction"}]


def of_templates() -> set[str]:
    """Return the tags and attributes that the templates themselves have."""
    text = re.sub(r"{%.*?%}", " ", (TEMPLATES / "page.html").read_text(encoding="utf-8"), flags=re.DOTALL)
    text = re.sub(
        r"{{.*?}}", lambda found: " required" if "required" in found[0] else "x", text, flags=re.DOTALL
    )
    return Markup(text).found | {"input checked", "option selected"}


KNOWN = of_templates()


def must_be_text(text: str, path: str) -> set[str]:
    """Check that a page is the template's markup and nothing else; return the marks that it shows."""
    markup = Markup(text)
    assert markup.found <= KNOWN, (path, markup.found - KNOWN)
    assert all(re.match(r"/(?![/\\])|#", way) for way in markup.ways), (path, markup.ways)
    assert not set(CONTROLS) - set("]52;cA") & set(text), path
    shown = set()
    for name, after in MARK.findall(text):
        assert after.startswith(("&#34;", "…", "</", "\n")) or after == "", (path, name, after)
        shown.add(name)
    return shown


async def crawled(browser: Browser, path: str = "/") -> dict[str, str]:
    """Return every page that links lead to."""
    found: dict[str, str] = {}
    left = [path]
    while left:
        path = left.pop()
        if path in found or path.startswith("/static/"):
            continue
        browser.site.server._rates._left.clear()  # nobody looks at as many pages in a second
        seen = await browser.get(path)
        assert seen.status == 200, (path, seen.words)
        found[path] = seen.text
        ways = (way.partition("#")[0] for way in Markup(seen.text).ways)
        left += [way for way in ways if way and not way.endswith(POSTED)]
    return found


POSTED = ("/deliver", "/fill", "/note", "/take", "/return", "/accept", "/hold", "/resume", "/release", "/answer",
    "/settle", "/take-back", "/cause", "/language", "/logout", "/feed", "/feed/end")  # fmt: skip


@pytest_asyncio.fixture
async def hostile(tmp_path: Path, quick_passwords: None) -> AsyncIterator[RunningSite]:
    opened = a_hostile_company(tmp_path / "company")
    try:
        work(opened)
        give_passwords(opened.folder, "ann", "bob")
        async with running(opened, names_subjects=True) as site:
            yield site
    finally:
        opened.close()


async def test_every_text_is_only_text_on_every_page(hostile: RunningSite) -> None:
    shown: dict[str, set[str]] = defaultdict(set)
    for person in ("ann", "bob"):
        browser = await hostile.person(person)
        for path, text in (await crawled(browser)).items():
            for name in must_be_text(text, path):
                shown[name].add(path)
    missing = {*DECLARED, *TYPED, *NAMED} - shown.keys()
    assert not missing, f"no page shows {sorted(missing)}, so nothing is known of them"
    stranger = hostile.browser()
    for path in ("/login", "/no/page", "/login?next=" + "%22%3E%3Cscript%3E"):
        assert must_be_text((await stranger.get(path)).text, path) <= {"company"}
    wrong = await stranger.log_in(mark("name"), mark("word"), mark("onward"))
    assert must_be_text(wrong.text, "/login") == {"company", "name"}


async def test_what_a_refused_form_shows_again_is_only_text(hostile: RunningSite) -> None:
    browser = await hostile.person("ann")
    pages = [
        text for path, text in (await crawled(browser)).items() if "/new" in path or path.startswith("/duty/")
    ]
    again = set()
    for text in pages:
        for action in set(re.findall(r'action="([^"]+)"', text)) - {"/language", "/logout"}:
            names = re.findall(r'name="([^"]+)"', text)
            typed = {name: mark(f"typed-{number}".translate(DIGITS)) for number, name in enumerate(names)}
            carried = dict(re.findall(r'type="hidden" name="(csrf|kind|what|seen)" value="([^"]*)"', text))
            hostile.server._rates._left.clear()
            seen = await browser.post(action, {**typed, **carried, "once": ""})
            assert seen.status in {200, 404, 409, 422, 429}, (action, seen.words)
            again |= must_be_text(seen.text, action)
    assert any(name.startswith("typed") for name in again), "no form shows what was typed"


DIGITS = str.maketrans("0123456789", "abcdefghij")


async def test_programs_get_texts_as_values_and_calendars_no_lines_of_their_own(hostile: RunningSite) -> None:
    opened = hostile.opened
    token = make_token(opened, department="yard", events=("arrived",))
    for path in ("due?scope=all", "event-types", "scores"):
        status, document, headers = await called(hostile, "GET", f"/api/v1/{path}", token)
        assert status == 200, document
        assert headers["Content-Type"].startswith("application/json")
        assert "\u202e" not in str(document)
    injected = "4\r\nEND:VEVENT\r\nBEGIN:VEVENT\r\nSUMMARY:evil"
    events.register(
        opened.context,
        opened.actor,
        "arrived",
        subject=injected,
        at=opened.context.now(),
        fields={"cash": "yes"},
    )
    secret = tokens.make_feed(opened.context, opened.actor, opened.web_access)
    _status, text, _headers = await called(hostile, "GET", f"/calendar/{secret}.ics")
    live = opened.context.store.read(lambda tx: tx.find(Duty, provider="yard"))
    assert len(Calendar.from_ical(text).walk("VEVENT")) == len(live)
    assert "m-title-m" in text.replace("\r\n ", "")
    assert all(re.match(r"[A-Z-]+[:;]| ", line) for line in text.splitlines())
    status, text, _headers = await called(hostile, "GET", "/metrics", token)
    assert (status, "m-" in text) == (200, False)
