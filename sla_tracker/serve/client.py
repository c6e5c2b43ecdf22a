"""Passes a call of the staff's `sla` to the service of this host.

It also carries out what only the caller may do.

The program is one file on the standard library: `sla serve --install-client FILE` writes it, with the constants below
filled in, to where the staff's PATH finds it. It imports as little as it can, because these imports are most of what a
call costs.

The kernel tells the service who calls. This program in turn believes the service only where root says that it is: the
place of the socket stands in a file that only root can write, never in the environment.
"""

from __future__ import annotations

import _signal
import _socket
import os
import sys

from sla_tracker.serve.finding import NoService, connect
from sla_tracker.serve.seen_commit import keep_seen_commit, read_seen_commit
from sla_tracker.serve.sentences import _

# `_signal`, because `signal` imports enum, which costs as much as the rest.
TYPE_CHECKING = False  # what type checkers take for true; the module that says so costs more than a call
if TYPE_CHECKING:
    from sla_tracker.serve.relay import Relay

# --- filled in by `sla serve --install-client` -----------------------------------------------------------------------

SERVICE_FILE = "/etc/sla/service.toml"
VERSION = ""
DIRECT: tuple[str, ...] = ()
"""The command that works on a deployment without the service."""

# --- what both sides of the socket agree on --------------------------------------------------------------------------

PROTOCOL = 1
HEADER_BYTES = 5  # one byte for the kind of a message, four for the length of what follows
LARGEST_REQUEST = 64 * 1024  # bytes
STREAMS = 3

REQUEST, SIGNAL, ANSWER = b"R", b"S", b"a"  # from the caller
WELCOME, EXIT, CHECKPOINT, OPEN, DISCARD, PRINT, TERMINAL, REFUSAL, HERE = (
    b"W",
    b"E",
    b"C",
    b"O",
    b"D",
    b"P",
    b"T",
    b"X",
    b"H",
)  # to the caller

READING, CREATING, CREATING_PRIVATELY, REPLACING = b"r", b"x", b"p", b"w"
VARIABLES = (
    "TERM",
    "COLORTERM",
    "NO_COLOR",
    "COLUMNS",
    "LINES",
    "SLA_LANG",
    "LANG",
    "LC_ALL",
    "LC_MESSAGES",
    "_SLA_COMPLETE",
    "COMP_WORDS",
    "COMP_CWORD",
)
LONGEST_VARIABLE = 4096  # bytes

# Refusals that the service sends before it knows the caller's language.
FULL, STARTING, TOO_FAST, NO_ROOM = b"full", b"starting", b"too-fast", b"no-room"

# --- this program ----------------------------------------------------------------------------------------------------

USAGE, NO_SERVICE, UNKNOWN_OUTCOME, BUSY, FAILED, INTERRUPTED = 2, 7, 8, 10, 1, 130
CHUNK = 65536
# A service that is being renewed lets sessions end for up to 30 s, and its start takes a while, too.
WELCOME_SECONDS = 90.0
NOT_ASKED_FOR = 1  # EPERM
A_FOLDER = 21  # EISDIR
PASSED_ON = {
    _signal.SIGINT: b"INT",
    _signal.SIGTERM: b"TERM",
    _signal.SIGHUP: b"HUP",
    _signal.SIGQUIT: b"QUIT",
}
OWN_COMMANDS = frozenset({"init", "demo", "serve"})
PRINTER, PRINTER_SECONDS = "lp", 20
# Folders of files that the service hands out to check by, with their endings: data, and never code.
HANDED_OUT = {"plugins": (".toml",), "calendars": (".toml", ".ics", ".csv")}
SETTINGS = "sla_tracker.toml"


def main(arguments: list[str]) -> int:
    """Run one call through the service, and return its exit code."""
    try:
        return _run(arguments)
    except KeyboardInterrupt:
        return INTERRUPTED


def _run(arguments: list[str]) -> int:
    _open_streams()
    if wants_direct(arguments):
        return _run_directly(arguments)
    try:
        connection = connect(SERVICE_FILE)
    except NoService as problem:
        return _fail(str(problem), NO_SERVICE)
    return Call(connection, arguments).run()


def wants_direct(arguments: list[str]) -> bool:
    """Tell whether a call names a deployment of its own, or makes one."""
    if os.environ.get("SLA_DEPLOYMENT"):
        return True
    typed = arguments[: arguments.index("--")] if "--" in arguments else arguments
    if any(argument == "--deployment" or argument.startswith("--deployment=") for argument in typed):
        return True
    is_value = False
    for argument in typed:
        if not is_value and not argument.startswith("-"):
            return argument in OWN_COMMANDS
        is_value = argument in {"--as", "--lang"}
    return False


def _run_directly(arguments: list[str]) -> int:
    if not DIRECT:
        return _fail(
            _("This sla only speaks to the service; leave --deployment and SLA_DEPLOYMENT out."), USAGE
        )
    try:
        os.execv(DIRECT[0], [*DIRECT, *arguments])
    except OSError as error:
        return _fail(
            _("{program} cannot be started: {reason}", program=DIRECT[0], reason=error.strerror), FAILED
        )


def _open_streams() -> None:
    """Open the null device for each closed stream.

    Otherwise the socket would become the caller's output.
    """
    for descriptor in range(STREAMS):
        try:
            os.fstat(descriptor)
        except OSError:
            os.open(os.devnull, os.O_RDWR)


def _fail(sentence: str, code: int) -> int:
    """Print a sentence and return the exit code."""
    try:
        os.write(2, f"{sentence}\n".encode(getattr(sys.stderr, "encoding", None) or "utf-8", "replace"))
    except OSError:
        pass
    return code


# --- messages --------------------------------------------------------------------------------------------------------


def packed(kind: bytes, *fields: bytes) -> bytes:
    """Return a message: its kind, its length, and its fields with NUL bytes between."""
    content = b"\0".join(fields)
    return kind + len(content).to_bytes(HEADER_BYTES - 1, "big") + content


def attached(*descriptors: int) -> list[tuple[int, int, bytes]]:
    """Return the ancillary part of a message that passes descriptors."""
    content = b"".join(descriptor.to_bytes(4, sys.byteorder) for descriptor in descriptors)
    return [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, content)] if descriptors else []


class Messages:
    """Reads whole messages, with the descriptors that came along, from a connection."""

    def __init__(self, connection: _socket.socket) -> None:
        self._connection = connection
        self._content = b""
        self._descriptors: list[int] = []

    def receive(self) -> bool:
        """Read once; False at the end of the connection."""
        content, extra, _flags, _address = self._connection.recvmsg(
            CHUNK, _socket.CMSG_SPACE(4 * STREAMS), _socket.MSG_CMSG_CLOEXEC
        )
        for level, kind, numbers in extra:
            if (level, kind) == (_socket.SOL_SOCKET, _socket.SCM_RIGHTS):
                self._descriptors += [
                    int.from_bytes(numbers[at : at + 4], sys.byteorder)
                    for at in range(0, len(numbers) - 3, 4)
                ]
        self._content += content
        return bool(content)

    def next(self) -> tuple[bytes, list[bytes]] | None:
        """Return the kind and fields of the next whole message, or None."""
        length = int.from_bytes(self._content[1:HEADER_BYTES], "big")
        if len(self._content) < HEADER_BYTES or len(self._content) < HEADER_BYTES + length:
            return None
        kind, content = self._content[:1], self._content[HEADER_BYTES : HEADER_BYTES + length]
        self._content = self._content[HEADER_BYTES + length :]
        return kind, content.split(b"\0")

    def take_descriptor(self) -> int:
        """Return the oldest descriptor that came along."""
        return self._descriptors.pop(0)


# --- one call --------------------------------------------------------------------------------------------------------


class Call:
    """Sends one call, then does what the service asks until it sends the exit code."""

    def __init__(self, connection: _socket.socket, arguments: list[str]) -> None:
        self._connection = connection
        self._arguments = arguments
        self._messages = Messages(connection)
        self._relay: Relay | None = None
        self._code: int | None = None
        self._created: dict[bytes, str] = {}
        self._said: list[str] = []
        self._seen = (b"", b"")
        self._handed_out: list[bytes] = []

    def run(self) -> int:
        """Return the exit code of the call."""
        for number in PASSED_ON:
            _signal.signal(number, lambda number, _frame: self._pass_on(number))
        try:
            if self._is_welcome():
                self._request()
                self._connection.settimeout(None)
                self._converse()
        except OSError:
            pass  # the connection broke; what is missing now is the exit code
        finally:
            if self._relay is not None:
                self._relay.end(plain=self._code is None or self._code > INTERRUPTED)
        for sentence in self._said:
            _fail(sentence, FAILED)
        if self._code is None:
            return _fail(
                _("The service ended before it answered; look at sla log whether this was done."),
                UNKNOWN_OUTCOME,
            )
        return _run_here(self._handed_out, self._arguments) if self._handed_out else self._code

    def _is_welcome(self) -> bool:
        """Wait until the service takes the call.

        Nothing is sent before, so that a call is done or was never heard.
        """
        self._connection.settimeout(WELCOME_SECONDS)
        try:
            while self._messages.receive():
                message = self._messages.next()
                if message is not None:
                    return message[0] == WELCOME or not self._obey(*message)
        except OSError:
            pass
        sentence = _(
            "The service takes no calls ({place}). Whoever looks after this host looks why: systemctl status sla",
            place=SERVICE_FILE,
        )
        self._said.append(sentence)
        self._code = NO_SERVICE
        return False

    def _request(self) -> None:
        terminals = [os.isatty(descriptor) for descriptor in range(STREAMS)]
        own = list(range(STREAMS))
        if terminals[0]:
            # The service never gets a terminal to read from. In the background there is nobody to ask either.
            own[0] = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
            terminals[0] = os.tcgetpgrp(0) == os.getpgrp() if _controls(0) else True
        self._seen = read_seen_commit(SERVICE_FILE)
        fields = [
            str(PROTOCOL).encode(),
            VERSION.encode(),
            (getattr(sys.stdout, "encoding", None) or "utf-8").encode(),
            "".join("1" if terminal else "0" for terminal in terminals).encode(),
            *self._seen,
            str(len(self._arguments)).encode(),
            *(argument.encode("utf-8", "surrogateescape") for argument in self._arguments),
            *(
                f"{name}={os.environ[name]}".encode("utf-8", "surrogateescape")
                for name in VARIABLES
                if name in os.environ
            ),
        ]
        message = packed(REQUEST, *fields)
        try:
            sent = self._connection.sendmsg([message], attached(*own))
            if sent < len(message):  # an empty send fails, too, once the session has closed the connection
                self._connection.sendall(message[sent:])
        except OSError:
            pass  # a session that refuses may close before it has read everything; its answer is read next

    def _pass_on(self, number: int) -> None:
        """Pass a signal of this process on to the session."""
        try:
            self._connection.sendall(packed(SIGNAL, PASSED_ON[number]))
        except OSError:
            pass

    def _converse(self) -> None:
        while True:
            while (message := self._messages.next()) is not None:
                if self._obey(*message):
                    return
            if self._relay is not None:
                self._relay.until_readable(self._connection)
            if not self._messages.receive():
                return

    def _obey(self, kind: bytes, fields: list[bytes]) -> bool:
        """Do what a message asks; True for the last one."""
        if kind == EXIT:
            self._code = int(fields[0])
            self._said += [field.decode("utf-8", "replace") for field in fields[1:] if field]
        elif kind == REFUSAL:
            self._said.append(_refusal(fields[0]))
            self._code = BUSY
        elif kind == CHECKPOINT:
            problem = keep_seen_commit(SERVICE_FILE, fields, self._seen)
            self._said += [problem] if problem else []
        elif kind == OPEN:
            self._open(*fields)
        elif kind == DISCARD:
            self._discard(fields[0])
        elif kind == HERE:
            self._handed_out = fields
        elif kind == PRINT:
            self._answer(fields[0], *_printed(b"\0".join(fields[1:])))
        elif kind == TERMINAL:
            from sla_tracker.serve.relay import Relay

            cannot_stop = _("This cannot be suspended here; answer it, or end it with ^C.")
            self._relay = Relay(self._messages.take_descriptor(), cannot_stop)
            self._answer(fields[0], *self._relay.modes())
            self._relay.begin()
        return kind in {EXIT, REFUSAL}

    def _answer(self, number: bytes, *fields: bytes, descriptor: int | None = None) -> None:
        message = packed(ANSWER, number, *fields)
        try:
            self._connection.sendmsg([message], attached(*([] if descriptor is None else [descriptor])))
        except OSError:
            pass  # a session that ^C ended waits for no answer; its exit code is still to be read

    def _open(self, number: bytes, mode: bytes, raw: bytes) -> None:
        """Open a regular file as the caller, for the service to read or to write."""
        path = os.path.abspath(os.path.expanduser(os.fsdecode(raw)))
        flags = {
            READING: os.O_RDONLY,
            CREATING: os.O_WRONLY | os.O_CREAT | os.O_EXCL,
            CREATING_PRIVATELY: os.O_WRONLY | os.O_CREAT | os.O_EXCL,
            REPLACING: os.O_WRONLY | os.O_CREAT,
        }[mode]
        try:
            if not (self.was_named(raw) if mode == READING else self.may_be_written(raw)):
                raise PermissionError(NOT_ASKED_FOR, os.strerror(NOT_ASKED_FOR))
            descriptor = os.open(
                path,
                flags | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NOCTTY | os.O_NONBLOCK,
                0o600 if mode == CREATING_PRIVATELY else 0o666,
            )
        except (OSError, ValueError) as error:
            reason = getattr(error, "errno", None) or 22
            if isinstance(error, FileExistsError) and os.path.isdir(path):
                reason = A_FOLDER  # else one would be asked whether to write over it
            self._answer(number, str(reason).encode(), os.fsencode(path))
            return
        try:
            if os.fstat(descriptor).st_mode & 0o170000 != 0o100000:
                self._answer(number, b"22", os.fsencode(path))
                return
            os.set_blocking(descriptor, True)
            if mode == REPLACING:
                os.ftruncate(descriptor, 0)
            if mode in {CREATING, CREATING_PRIVATELY}:
                self._created[number] = path
            self._answer(number, b"0", os.fsencode(path), descriptor=descriptor)
        finally:
            os.close(descriptor)

    def was_named(self, raw: bytes) -> bool:
        """Tell whether a path is an argument, or was typed on the session's terminal.

        The service may not ask for any other path.
        """
        path = os.path.normpath(os.fsdecode(raw))
        values = [part for one in self._arguments for part in (one, one.partition("=")[2]) if part]
        is_typed = self._relay is not None and self._relay.keyboard.has_typed(raw)
        return is_typed or path in map(os.path.normpath, values)

    def may_be_written(self, raw: bytes) -> bool:
        """Tell whether a file may be written for the service.

        The file must have been named, or have one of a dialog's names in a folder that was named. A file that begins
        with a dot or lies elsewhere could be one that programs of this login obey.
        """
        folder, slash, name = raw.rpartition(b"/")
        typed = self._relay is not None and self._relay.keyboard.has_typed(folder + slash)
        return self.was_named(raw) or ((not slash or typed) and name[:1] not in {b"", b"."})

    def _discard(self, number: bytes) -> None:
        path = self._created.pop(number, "")
        if path:
            try:
                os.unlink(path)
            except OSError:
                pass


def _controls(descriptor: int) -> bool:
    """Tell whether a terminal is this process's controlling one."""
    try:
        os.tcgetpgrp(descriptor)
    except OSError:
        return False
    return True


def _refusal(word: bytes) -> str:
    if word == TOO_FAST:
        return _("Too many calls in one second; try again in a moment.")
    if word == STARTING:
        return _("The service is still starting; try again in a moment.")
    if word == NO_ROOM:
        return _("The host has no room for another process now; try again in a moment.")
    return _("You have too many calls open at once; end one, then try again.")


def _printed(text: bytes) -> tuple[bytes, bytes]:
    """Send a text to the printer command as the caller; return exit code and output."""
    import subprocess

    try:
        done = subprocess.run(
            [PRINTER], input=text, capture_output=True, timeout=PRINTER_SECONDS, check=False
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return b"1", str(getattr(error, "strerror", None) or error).encode("utf-8", "replace")
    return str(done.returncode).encode(), (done.stderr or done.stdout)[:4096].replace(b"\0", b"")


def _run_here(files: list[bytes], arguments: list[str]) -> int:
    """Run a call in this login's own program over files that the service handed out.

    Returns its exit code. The call runs code of the caller, which the service does not.
    """
    import shutil
    import subprocess
    import tempfile

    if not DIRECT:
        return _fail(_("This sla only speaks to the service, and code of yours does not run there."), USAGE)
    folder = tempfile.mkdtemp(prefix="sla-check-")
    try:
        for place, content in zip(files[::2], files[1::2], strict=True):
            _put(folder, os.fsdecode(place), content)
        environment = {name: value for name, value in os.environ.items() if name != "SLA_DEPLOYMENT"}
        words = [*DIRECT, "--deployment", folder, *arguments]
        return subprocess.run(words, env=environment, check=False).returncode
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        return _fail(_("{program} cannot be started: {reason}", program=DIRECT[0], reason=reason), FAILED)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _put(root: str, place: str, content: bytes) -> None:
    """Write a file that was handed out, unless it is code or lies elsewhere."""
    folder, _slash, name = place.rpartition("/")
    is_plain = name == os.path.basename(name) and not name.startswith(".")
    if place != SETTINGS and not (is_plain and name.endswith(HANDED_OUT.get(folder, ("\0",)))):
        return
    os.makedirs(os.path.join(root, folder), mode=0o700, exist_ok=True)
    with open(os.path.join(root, place), "xb") as stream:
        stream.write(content)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
