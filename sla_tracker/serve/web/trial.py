"""The pages of a trial, on this machine only: one process, one thread for the store, no service."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor

from sla_tracker import i18n
from sla_tracker.deployment.direct import DirectDeployment
from sla_tracker.deployment.web_access.kept import KeptAccess
from sla_tracker.domain.people import Actor
from sla_tracker.errors import Forbidden, SlaError
from sla_tracker.serve.web.answering import token_of
from sla_tracker.serve.web.exchange import Answer, Kind, NoAnswer, Question
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
        if question.kind is Kind.WHO:
            return replies.who(context.people, question, today)
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
                return replies.refused(problem)
        return replies.reply(visit)

    def close(self) -> None:
        """End the thread."""
        self._thread.shutdown()
