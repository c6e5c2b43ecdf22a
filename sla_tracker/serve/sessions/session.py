"""One session: a forked copy of the generation that serves one caller and ends."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import sys
import traceback
from collections.abc import Mapping, Sequence
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import NoReturn, Unpack

from sla_tracker import i18n
from sla_tracker.cli.command_list import COMMANDS
from sla_tracker.cli.main import build
from sla_tracker.domain.clean import clean
from sla_tracker.errors import N_, ExitCode, Forbidden, Refused, SlaError, StoreError, UsageError
from sla_tracker.i18n import gettext as _
from sla_tracker.serve import client, log, notices, wire
from sla_tracker.serve.caller import Caller, RecycledUser, Sharing, login_of, must_be_same_login
from sla_tracker.serve.deployment import ServedDeployment
from sla_tracker.serve.log import fault_sentence, keep_numbered
from sla_tracker.serve.processes import confinement
from sla_tracker.serve.processes.link import MESSAGE_BYTES, SessionFacts
from sla_tracker.serve.sessions.commands import ServedDeployments
from sla_tracker.serve.sessions.conversation import Conversation
from sla_tracker.serve.sessions.files import RelayedFiles
from sla_tracker.serve.sessions.handed_out import files_to_check_by, left_out
from sla_tracker.serve.sessions.interrupts import Interrupts
from sla_tracker.serve.sessions.shared_login import SharedLogin, TerminalQuestions
from sla_tracker.serve.sessions.spool import Spool, make_spool
from sla_tracker.serve.sessions.streams import Streams
from sla_tracker.serve.web.login.attempts import LONGEST_PERSON_SECONDS
from sla_tracker.value_class import dataclass
from sla_tracker.version import VERSION

DEPLOYMENT_VARIABLE = "SLA_DEPLOYMENT"
COMPLETING = "_SLA_COMPLETE"
"""The variable by which a shell asks how a word goes on."""
LOGINS_FOLDER, PEOPLE_FOLDER = "logins", "people"
TERMINAL_QUESTION, TERMINAL_ALLOWED = b"terminal", b"yes"
ATTEMPT = b"attempt "
"""Begins what a session asks and tells of passwords: person, login, and whether it was right."""
SENDING = b"sending"
"""What chores tell when nothing is left to be done but what waits for others."""
SENDS = b"sends "
"""Begins what chores tell of a message that is being sent: its number in the round, and the channel."""
SENT = b"sent "
"""Followed by the number of a message that has been sent, or that failed."""
NEWS = b"changed"
"""What a generation tells its terminals when somebody committed something."""
REPORT_BYTES = 4096
CHECKED_BY_CALLERS = (["plugin", "check"], ["plugin", "diff"])


class Fault(SlaError):
    """A fault of the program; its message is a sentence already."""

    def sentence(self) -> str:
        """Return the sentence."""
        return self.message


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLine:
    """A session's line to its generation.

    The session asks there for a terminal, and reports what it did.
    """

    channel: socket.socket

    def may_open_terminal(self) -> bool:
        """Ask whether the caller may open one more terminal."""
        try:
            self.channel.settimeout(wire.REQUEST_SECONDS)
            self.channel.send(TERMINAL_QUESTION)
            return self.channel.recv(REPORT_BYTES) == TERMINAL_ALLOWED
        except OSError:
            return False

    def fileno(self) -> int:
        """Return the descriptor on which the generation tells of commits."""
        return self.channel.fileno()

    def take(self) -> bool:
        """Take the news of commits; False when the generation is gone."""
        self.channel.setblocking(False)
        try:
            while self.channel.recv(REPORT_BYTES):
                continue
        except BlockingIOError:
            return True
        except OSError:
            return False
        return False

    def tell_changed(self) -> None:
        """Tell the generation, as the watcher of a server, that somebody committed."""
        with suppress(OSError):
            self.channel.send(NEWS)

    def close(self) -> None:
        """Leave the line open: the session still reports on it."""

    def waits(self, person: str, login: str) -> tuple[float, float]:
        """Return the seconds before an answer about a person, and until a login may try."""
        try:
            self.channel.settimeout(wire.REQUEST_SECONDS)
            self.channel.send(ATTEMPT + json.dumps([person, login]).encode())
            held_back, locked = json.loads(self.channel.recv(REPORT_BYTES))
            return float(held_back), float(locked)
        except (OSError, ValueError):
            return LONGEST_PERSON_SECONDS, 0.0

    def note(self, person: str, login: str, *, is_right: bool) -> None:
        """Count a wrong password, or forget the wrong ones after a right one."""
        with suppress(OSError):
            self.channel.send(ATTEMPT + json.dumps([person, login, is_right]).encode())

    def tell_all_else_done(self) -> None:
        """Tell the generation that the chores only send from now on."""
        with suppress(OSError):
            self.channel.send(SENDING)

    def tell_sending(self, number: int, channel: str) -> None:
        """Tell the generation that a channel begins to send a message."""
        with suppress(OSError):
            self.channel.send(SENDS + json.dumps([number, channel]).encode())

    def tell_sent(self, number: int) -> None:
        """Tell the generation that a channel has ended with a message."""
        with suppress(OSError):
            self.channel.send(SENT + str(number).encode())

    def report(self, **facts: Unpack[SessionFacts]) -> None:
        """Report what the log says of this session; the generation may be gone."""
        with suppress(OSError):
            self.channel.send(_shortened(facts))


def _shortened(facts: Mapping[str, object]) -> bytes:
    """Return facts as one message, with texts cut where it would be too long."""
    longest = log.LONGEST
    while True:
        cut = {name: one[:longest] if isinstance(one, str) else one for name, one in facts.items()}
        content = json.dumps(cut).encode()
        if len(content) <= MESSAGE_BYTES or not longest:
            return content
        longest //= 2


def serve(
    opened: ServedDeployment, connection: socket.socket, peer: wire.Peer, line: SessionLine, person: str = ""
) -> NoReturn:
    """Serve one caller and end this process, whatever happens.

    The web process names the `person`. `os._exit` always: an exception that climbed out of here would run what the
    parent has to clean up.
    """
    code = int(ExitCode.FAILED)
    try:
        own = opened.adopt_after_fork()
        confinement.close_all_but({0, 1, 2, connection.fileno(), line.channel.fileno(), *own})
        confinement.limit_session()
        code = _serve(opened, connection, peer, line, person)
    except (wire.BadRequest, wire.CallerGone) as problem:
        line.report(problem=str(problem) or "the caller was gone before the request was complete")
    except wire.AnotherProtocol as problem:
        line.report(problem=f"client {problem}")
        _refuse(connection, _another_version(str(problem)))
    except Exception as error:
        details = "".join(traceback.format_exception(error))
        _refuse(connection, Fault(_keep_fault(opened, line, type(error).__name__, details)))
    finally:
        os._exit(code)


def _serve(
    opened: ServedDeployment, connection: socket.socket, peer: wire.Peer, line: SessionLine, person: str
) -> int:
    with contextlib.suppress(OSError):  # a caller who is gone is noticed by the request that does not come
        connection.sendall(client.packed(client.WELCOME))
    request, descriptors = wire.read_request(connection)
    _adopt_environment(opened, request)
    conversation = Conversation(connection)
    interrupts = Interrupts()
    streams = Streams(request, descriptors, conversation, interrupts)
    try:
        _begin_to_listen(opened, conversation, interrupts)
        caller = _known_caller(opened, peer, request, line, person)
        sharing = None if caller.is_proved else opened.sharing_of(caller)
        if sharing is not None:
            caller = _identified(opened, caller, sharing, request, streams, line)
        spool = _own_folders(opened.state_folder, opened.owner_of(caller))
        opened.adopt(caller, conversation, RelayedFiles(conversation, spool.folder), line, line.report)
    except (SlaError, KeyboardInterrupt) as end:
        interrupts.ignore()
        return _refused(opened, conversation, line, end)
    except OSError as problem:
        interrupts.ignore()
        return _refused(opened, conversation, line, _unusable(problem))
    try:
        code = _run(opened, request.arguments, streams, conversation, line, request.version)
    except KeyboardInterrupt:
        code = client.INTERRUPTED
    finally:
        interrupts.ignore()
        spool.remove()
    conversation.finish(code)
    return code


def _begin_to_listen(opened: ServedDeployment, conversation: Conversation, interrupts: Interrupts) -> None:
    """Let signals and the caller's words end the session."""
    interrupts.begin()
    signal.signal(signal.SIGUSR1, lambda _number, _frame: conversation.end(_stopping()))
    conversation.start(opened.farewell)


def _refused(
    opened: ServedDeployment, conversation: Conversation, line: SessionLine, end: SlaError | KeyboardInterrupt
) -> int:
    """Tell a caller, before the session begins, why nothing is done.

    Returns the exit code.
    """
    if isinstance(end, KeyboardInterrupt):
        conversation.finish(client.INTERRUPTED)
        return client.INTERRUPTED
    conversation.finish(int(end.exit_code), end.sentence())
    if isinstance(end, RecycledUser):
        notices.leave(opened.state_folder, notices.LOGIN, end, cause=end.file)
    line.report(problem=type(end).__name__)
    return int(end.exit_code)


def _unusable(problem: OSError) -> SlaError:
    """Return the error for a folder of the service in which a session cannot work.

    Raises the problem where it is none of a file, and so a fault.
    """
    if problem.filename is None:
        raise problem
    return StoreError(
        N_(
            "The service cannot use {file}: {reason}. Nothing was done; whoever looks after this host makes room "
            "there, or gives it back to the service's login."
        ),
        file=problem.filename,
        reason=problem,
    )


def _known_caller(
    opened: ServedDeployment, peer: wire.Peer, request: wire.CallRequest, line: SessionLine, person: str
) -> Caller:
    """Return who calls, by the present settings; raises Forbidden, UsageError."""
    if person:
        line.report(login=person, command=_command_of(request.arguments) or "web terminal")
        caller = Caller(uid=-1, login="", person=person, via=f"web::{person}")
    else:
        login = login_of(peer.uid)
        line.report(login=login, command=_command_of(request.arguments))
        caller = Caller(uid=peer.uid, login=login, seen=request.seen)
        must_be_same_login(opened.state_folder / LOGINS_FOLDER, caller)
    _must_be_plain(request.arguments)
    if opened.is_named(caller) or opened.sharing_of(caller) is not None:
        opened.catch_up()  # before the person's folders: what is known of plugins is the service's
    return caller


def _identified(
    opened: ServedDeployment,
    caller: Caller,
    sharing: Sharing,
    request: wire.CallRequest,
    streams: Streams,
    line: SessionLine,
) -> Caller:
    """Return the caller as the person who proved it at the terminal.

    Raises Forbidden, Refused, UsageError.
    """
    if not streams.can_ask or "--no-input" in _before_rest(request.arguments) or COMPLETING in os.environ:
        raise Forbidden(
            N_(
                "The login “{login}” is shared by several people, and sla can ask who it is at a terminal only. "
                "Programs get a token: sla web token"
            ),
            login=caller.login,
        )
    streams.open()
    asked = SharedLogin(
        caller=caller,
        sharing=sharing,
        people=opened.present_people(),
        today=opened.today(),
        passwords=opened.passwords,
        attempts=line,
        state=opened.state_folder,
    )
    found = asked.identify(TerminalQuestions())
    line.report(person=found.person)
    return found


def _adopt_environment(opened: ServedDeployment, request: wire.CallRequest) -> None:
    """Take the caller's variables and language over."""
    environment = {**request.environment, DEPLOYMENT_VARIABLE: str(opened.folder)}
    os.environ.clear()
    os.environ.update(environment)
    asked = _asked_language(request.arguments)
    i18n.use(i18n.choose(asked, environ=os.environ, config=opened.context.settings.language))


def _run(
    opened: ServedDeployment,
    arguments: Sequence[str],
    streams: Streams,
    conversation: Conversation,
    line: SessionLine,
    version: str,
) -> int:
    """Run the command line for the caller, and return the exit code."""

    def begin_terminal() -> None:
        if not line.may_open_terminal():
            raise Refused(N_("You have as many terminals open as the service allows; close one first."))
        streams.draw_on_pty()
        conversation.is_terminal = True

    def keep_fault(kind: str, details: str) -> str:
        return _keep_fault(opened, line, kind, details)

    def check_by_caller() -> None:
        _hand_out(opened, version, conversation)
        raise SystemExit(int(ExitCode.OK))

    # Nothing else than checking and comparing is left to the caller's program: installing is done here, or refused.
    is_check = list(arguments[:2]) in CHECKED_BY_CALLERS
    streams.open()
    code = int(ExitCode.FAILED)
    try:
        deployments = ServedDeployments(
            opened, begin_terminal, keep_fault, check_by_caller if is_check else None
        )
        build(deployments).main(list(arguments))
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else code
    except KeyboardInterrupt:
        code = client.INTERRUPTED
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            continue
    return code


def _hand_out(opened: ServedDeployment, version: str, conversation: Conversation) -> None:
    """Send the caller's program the files by which it checks a plugin.

    The program checks once this session has ended. Raises Forbidden for a stranger, UsageError for a program that does
    not know how.
    """
    if not opened.actor.is_named:
        raise Forbidden(N_("Only people of the settings check plugins."))
    if version != VERSION:
        raise _another_version(version)
    for name in left_out(opened.deployment):
        sys.stderr.write(
            _(
                "The plugin {file} is code of the service, and no part of this check: what it declares is missing.",
                file=name,
            )
            + "\n"
        )
    files = files_to_check_by(opened.deployment)
    conversation.tell(client.HERE, *(part for place in files for part in (place.encode(), files[place])))


def _stopping() -> str:
    return _("The service is being stopped or renewed; start sla again in a moment.")


def _keep_fault(opened: ServedDeployment, line: SessionLine, kind: str, details: str) -> str:
    """Keep the details of a fault, and return the sentence for the caller.

    The log has the number under which they are kept.
    """
    number = keep_numbered(opened.state_folder, details)
    line.report(fault=number or "not kept", problem=kind)
    return fault_sentence(kind, number)


def _own_folders(state: Path, owner: str) -> Spool:
    """Give the session the person's folders, and return the spool; raises OSError."""
    own = state / PEOPLE_FOLDER / owner
    own.mkdir(mode=0o700, parents=True, exist_ok=True)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME"):
        os.environ[name] = str(own)
    return make_spool(state)


def _must_be_plain(arguments: Sequence[str]) -> None:
    """Raise UsageError for a call that names another deployment."""
    if any(one == "--deployment" or one.startswith("--deployment=") for one in _before_rest(arguments)):
        raise UsageError(N_("The service has one deployment; leave --deployment out."))


def _before_rest(arguments: Sequence[str]) -> Sequence[str]:
    """Return the arguments before `--`, among which options may stand."""
    return arguments[: list(arguments).index("--")] if "--" in arguments else arguments


def _asked_language(arguments: Sequence[str]) -> str | None:
    """Return the value of `--lang` among the arguments.

    A shared login is asked who it is before the command line is parsed.
    """
    before = list(_before_rest(arguments))
    following = dict(pairwise(before)).get("--lang")
    joined = (one.removeprefix("--lang=") for one in before if one.startswith("--lang="))
    return following or next(joined, None)


def _command_of(arguments: Sequence[str]) -> str:
    """Return the command's name for the log; nothing else that the caller typed."""
    return next((argument for argument in arguments if argument in COMMANDS), "")


def _another_version(theirs: str) -> UsageError:
    return UsageError(
        N_(
            "This sla is version {theirs} and the service is {ours}; they do not understand each other. Whoever looks "
            "after this host renews it: sla serve --install-client FILE"
        ),
        theirs=clean(theirs) or "?",
        ours=VERSION,
    )


def _refuse(connection: socket.socket, problem: SlaError) -> None:
    try:
        connection.sendall(
            client.packed(client.EXIT, str(int(problem.exit_code)).encode(), problem.sentence().encode())
        )
    except OSError:
        return
