"""A session of the service that answers one question of the web process and ends."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import traceback
from typing import NoReturn

from sla_tracker import i18n
from sla_tracker.config.sections.web import LoginWay
from sla_tracker.deployment.web_access.kept import KeptAccess
from sla_tracker.errors import N_, ExitCode, Forbidden, SlaError
from sla_tracker.serve.caller import Caller
from sla_tracker.serve.deployment import ServedDeployment
from sla_tracker.serve.log import fault_sentence, keep_numbered
from sla_tracker.serve.processes import confinement
from sla_tracker.serve.sessions.session import SessionLine
from sla_tracker.serve.web.exchange import Answer, Question, pack, read_question
from sla_tracker.serve.web.views import replies
from sla_tracker.serve.web.views.visit import Site, Visit
from sla_tracker.services.web_access.tokens import Token

QUESTION_SECONDS = 5.0


def serve(opened: ServedDeployment, connection: socket.socket, line: SessionLine) -> NoReturn:
    """Answer one question and end this process, whatever happens."""
    code = int(ExitCode.FAILED)
    try:
        own = opened.adopt_after_fork()
        confinement.close_all_but({0, 1, 2, connection.fileno(), line.channel.fileno(), *own})
        confinement.limit_session()
        connection.settimeout(QUESTION_SECONDS)
        question = read_question(connection)
        connection.settimeout(None)
        line.report(command=f"web {question.kind}", person=question.person)
        connection.sendall(pack(_answered(opened, question, line)))
        code = int(ExitCode.OK)
    except (OSError, ValueError) as error:
        line.report(problem=f"web {type(error).__name__}")
    except Exception as error:
        _keep_fault(opened, line, error)
    finally:
        os._exit(code)


def _answered(opened: ServedDeployment, question: Question, line: SessionLine) -> Answer:
    os.environ.clear()
    i18n.use(i18n.choose(question.language, None, opened.context.settings.language))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # what was begun is finished
    try:
        return answer(opened, question)
    except Exception as error:
        number = _keep_fault(opened, line, error)
        return replies.fault(fault_sentence(type(error).__name__, number), question.kind)


def _keep_fault(opened: ServedDeployment, line: SessionLine, error: Exception) -> str:
    """Keep the details of a fault of the program, and return their number."""
    number = keep_numbered(opened.state_folder, "".join(traceback.format_exception(error)))
    line.report(fault=number or "not kept", problem=type(error).__name__)
    return number


def answer(opened: ServedDeployment, question: Question) -> Answer:
    """Return the answer of the deployment for the person or program of a question."""
    access = KeptAccess(opened.deployment.folder)
    config = opened.deployment.config
    site = Site(
        url=config.web.url.rstrip("/"),
        names_subjects=config.feed.subjects,
        has_passwords=LoginWay.PASSWORD in config.web.login,
    )
    if name := replies.NAMES.get(question.kind):
        return name(opened.present_people(), question, opened.today())
    token = token_of(access, question)
    caller = Caller(uid=-1, login="", person=question.person, token=token, via=question.via)
    try:
        if opened.is_named(caller):
            opened.catch_up()
        opened.adopt(caller, None, None)
        visit = Visit(opened.context, opened.actor, question, access, site, token)
    except Forbidden as problem:
        return Answer(status=403, ended=problem.sentence(), body=problem.sentence())
    except SlaError as problem:
        return replies.refused(problem, question.kind)
    return replies.reply(visit)


def token_of(access: KeptAccess, question: Question) -> Token | None:
    """Return the token that a question names, or None.

    Raises Forbidden for one that has ended.
    """
    if not question.token:
        return None
    with contextlib.suppress(StopIteration):
        return next(one for one in access.tokens() if one.hash == question.token)
    raise Forbidden(N_("This token has ended."))
