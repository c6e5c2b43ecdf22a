"""Serves the pages of a trial, on this machine only.

No service is needed: there is one process with one thread for the store.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import tempfile
import time
import webbrowser
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from sla_tracker import i18n
from sla_tracker.config.sections.web import WebSection
from sla_tracker.deployment.direct import DirectDeployment
from sla_tracker.deployment.web_access.kept import KeptAccess
from sla_tracker.domain.people import Actor
from sla_tracker.errors import N_, ExitCode, Forbidden, Refused, SlaError
from sla_tracker.i18n import gettext as _
from sla_tracker.serve import log
from sla_tracker.serve.web.answering import token_of
from sla_tracker.serve.web.exchange import Answer, NoAnswer, Question
from sla_tracker.serve.web.login.logins import Trial
from sla_tracker.serve.web.options import options_of
from sla_tracker.serve.web.terminals.local_terminal import LocalTerminal
from sla_tracker.serve.web.views import replies
from sla_tracker.serve.web.views.visit import Site, Visit
from sla_tracker.services.web_access.tokens import TokenKind

TICK_SECONDS = 60.0


class TrialAnswers:
    """Answers questions over a deployment that this process has open."""

    def __init__(self, opened: DirectDeployment, site: Site) -> None:
        self._opened = opened
        self._site = site
        self._access = KeptAccess(opened.folder)
        # One thread: the store of a process is used by one at a time.
        self._thread = ThreadPoolExecutor(1, "trial")
        self._ticked_at = time.monotonic()

    async def ask(self, question: Question) -> Answer:
        """Return the answer."""
        loop = asyncio.get_running_loop()
        try:
            return await loop.run_in_executor(self._thread, self.answer, question)
        except RuntimeError as error:
            raise NoAnswer from error

    def answer(self, question: Question) -> Answer:
        """Return the answer, in the thread of the store."""
        context = self._opened.context
        today = context.now().astimezone(context.settings.zone).date()
        if name := replies.NAMES.get(question.kind):
            return name(context.people, question, today)
        try:
            if time.monotonic() - self._ticked_at > TICK_SECONDS:
                self._opened.begin()
                self._ticked_at = time.monotonic()
            token = token_of(self._access, question)
            if token is not None and token.kind is TokenKind.API:
                actor = token.actor()
            else:
                actor = Actor(person=context.person(question.person), via=question.via)
            visit = Visit(self._opened.context, actor, question, self._access, self._site, token)
        except Forbidden as problem:
            return Answer(status=403, ended=problem.sentence(), body=problem.sentence())
        except SlaError as problem:
            with i18n.speaking(question.language):
                return replies.refused(problem, question.kind)
        return replies.reply(visit)

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()


# --- sla web open -----------------------------------------------------------------------------------------------------


def open_pages(folder: Path, *, with_browser: bool) -> int:
    """Serve the pages of a trial on this machine until ^C, and return the exit code.

    Raises Refused for a real deployment, ConfigError, StoreError.
    """
    from sla_tracker.deployment.direct import open_deployment

    opened = open_deployment(folder)
    try:
        if not opened.context.settings.trial:
            raise Refused(
                N_(
                    "{folder} is no trial: the pages of a real deployment are those of sla serve, with [web] url."
                ),
                folder=opened.folder,
            )
        with tempfile.TemporaryDirectory(prefix="sla-web-") as state:
            return asyncio.run(_serve(opened, Path(state), with_browser=with_browser))
    finally:
        opened.close()


async def _serve(opened: DirectDeployment, state: Path, *, with_browser: bool) -> int:
    from sla_tracker.serve.web.listening import listen
    from sla_tracker.serve.web.server import WebServer

    url = f"http://localhost:{_free_port()}"
    options = replace(
        options_of(opened.deployment, ""),
        section=WebSection(url=url, listen=url.removeprefix("http://").replace("localhost", "127.0.0.1")),
        origin=url,
        state_folder=state,
    )
    trial = Trial(person=opened.actor.id, name=opened.actor.person.name)
    answers = TrialAnswers(opened, Site(url=url, names_subjects=True))

    def begin(person: str, language: str, rows: int, columns: int) -> LocalTerminal:
        words = [sys.executable, "-m", "sla_tracker", "--deployment", str(opened.folder), "--as", person]
        environment = {**os.environ, "TERM": "xterm-256color", "COLORTERM": "truecolor", "SLA_LANG": language}
        return LocalTerminal(words, environment, rows, columns)

    server = WebServer(options, answers, trial=trial, begin_terminal=begin)

    def begin_showing() -> None:
        names = {"person": trial.person, "word": trial.word}
        sys.stdout.write(_("The trial in the browser: {url}", url=url) + "\n")
        sys.stdout.write(
            _("Log in as {person} or anybody else, with the password {word}; ^C ends it.", **names) + "\n"
        )
        sys.stdout.flush()
        if with_browser:
            _open_browser(state, url, trial)

    try:
        # Whoever tries it wants to read the two lines above, not one for each page.
        with log.silenced():
            await listen(server, None, then=begin_showing)
    finally:
        answers.close()
    return int(ExitCode.OK)


def _open_browser(state: Path, url: str, trial: Trial) -> None:
    """Open the pages, logged in.

    A private file posts the secret, so that it stands in no list of arguments.
    """
    page = state / "open.html"
    page.touch(mode=0o600)
    page.write_text(
        '<!doctype html><meta charset="utf-8"><title>sla</title>'
        f'<form id="f" method="post" action="{url}/open"><input type="hidden" name="secret" value="{trial.secret}">'
        '<button>sla</button></form><script>document.getElementById("f").submit()</script>',
        encoding="utf-8",
    )
    webbrowser.open(page.as_uri())


def _free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])
