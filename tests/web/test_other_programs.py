"""The calls in docs/other-programs.md, typed as they stand there."""

import asyncio
import json
import re
import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from sla_tracker.services.web_access import tokens
from sla_tracker.services.web_access.tokens import Token, TokenKind
from tests.requirements import go_without
from tests.web.site import URL, RunningSite

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
BLOCK = re.compile(r"```sh\n(.*?)```", re.DOTALL)
CALL = re.compile(r"^curl (?:.*\\\n)*.*$", re.MULTILINE)


def calls_of(page: str) -> list[str]:
    """Return the curl calls of a page."""
    text = (DOCS / page).read_text(encoding="utf-8")
    return [call for block in BLOCK.findall(text) for call in CALL.findall(block)]


def test_both_languages_show_the_same_calls() -> None:
    english, chinese = (calls_of(f"other-programs{suffix}.md") for suffix in ("", ".zh"))
    assert len(english) == 10
    assert chinese == english


def _token(site: RunningSite) -> tuple[str, str]:
    """Return a token that may do all of the page, and an obligation that its department may ask for."""
    catalogue = site.opened.context.catalogue
    asked = next(iter(catalogue.on_request()))[0]
    made = Token(
        hash="",
        kind=TokenKind.API,
        made_at=site.opened.context.now(),
        made_by="lin.tao",
        name="erp",
        department=asked.owed_to(tuple(catalogue.departments))[0],
        events=("vehicle-delivered",),
        may_ask=True,
        may_read=True,
        until=site.opened.context.now().date() + timedelta(days=2),
    )
    return site.access.add_token(made), asked.id


async def test_every_call_of_the_page_works(site: RunningSite) -> None:
    if shutil.which("curl") is None:
        go_without("curl")
    token, obligation = _token(site)
    feed = tokens.make_feed(site.opened.context, site.opened.actor, site.access)
    duty = _references(site)[0]
    failed = {}
    for call in calls_of("other-programs.md"):
        typed = call.replace("https://sla.example.com", site.base).replace("SECRET", feed)
        typed = typed.replace("OBLIGATION", obligation).replace("REFERENCE", duty)
        process = await asyncio.create_subprocess_exec(
            "sh",
            "-c",
            typed.replace("curl -sS", "curl -sS --fail-with-body"),
            env={"PATH": "/usr/local/bin:/usr/bin:/bin", "TOKEN": token},
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )
        output, errors = await process.communicate()
        if process.returncode:
            failed[call] = output.decode() + errors.decode()
        elif "/api/" in call:
            assert json.loads(output)
    assert failed == {}
    assert URL not in site.base


def _references(site: RunningSite) -> list[str]:
    from sla_tracker.domain.duties.duty import Duty

    return [duty.reference for duty in site.opened.context.store.read(lambda tx: tx.find(Duty))]


@pytest.mark.parametrize("page", ["other-programs.md", "other-programs.zh.md"])
def test_the_page_names_every_call(page: str) -> None:
    from sla_tracker.serve.web.programs.api_description import ENDPOINTS, PREFIX

    text = (DOCS / page).read_text(encoding="utf-8")
    for endpoint in ENDPOINTS:
        assert PREFIX + endpoint.path.partition("{")[0].rstrip("/") in text, endpoint.path
