"""Posts JSON over HTTP and reports the outcome: arrived, failed or unknown."""

from __future__ import annotations

import http.client
import json
import socket
import ssl
import urllib.error
import urllib.request
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from sla_tracker.domain.clean import clean
from sla_tracker.errors import N_
from sla_tracker.notify.deadline import SHORT_PAUSE, Deadline
from sla_tracker.notify.secrets import Secret, without
from sla_tracker.services.reminders.messages import Outcome, deferred, failed, unknown
from sla_tracker.value_class import dataclass

LARGEST_ANSWER = 64 * 1024  # bytes
LONGEST_PAUSE = timedelta(hours=6)  # most that a server's Retry-After can delay us
AGENT = "sla-tracker"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """Follows no redirect: messages go only to the address in the settings."""

    def redirect_request(self, *_args: object, **_named: object) -> None:
        return None


class _Connection(http.client.HTTPConnection):
    """A connection that ends with its message's time."""

    def __init__(self, *place: Any, whole: Deadline, **terms: Any) -> None:
        super().__init__(*place, **terms)
        self._whole = whole
        whole.watch(lambda: self.sock)  # while it connects by way of a proxy

    def connect(self) -> None:
        super().connect()
        connected = self.sock  # urllib lets go of it before it reads the answer
        self._whole.watch(lambda: connected)


class _TlsConnection(_Connection, http.client.HTTPSConnection):
    """The same, encrypted."""


class _Plain(urllib.request.HTTPHandler):
    def __init__(self, whole: Deadline) -> None:
        super().__init__()
        self._open = partial(_Connection, whole=whole)

    def http_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._open, request)


class _Encrypted(urllib.request.HTTPSHandler):
    def __init__(self, whole: Deadline, trust: ssl.SSLContext) -> None:
        super().__init__(context=trust)
        self._open = partial(_TlsConnection, whole=whole, context=trust)

    def https_open(self, request: urllib.request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._open, request)


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful answer: HTTP status, and its JSON object if it is one."""

    status: int
    table: Mapping[str, object] | None


@dataclass(frozen=True, slots=True)
class Post:
    """A web address that accepts JSON; `said` removes our secrets from its answers."""

    address: Secret
    trust: ssl.SSLContext
    timeout_seconds: float
    secrets: tuple[Secret, ...] = ()

    @property
    def host(self) -> str:
        """Return the host name, the only part of the address that may be shown."""
        return urlsplit(self.address.reveal()).hostname or "?"

    def said(self, text: object) -> str:
        """Return a text of the server, shortened, cleaned and without our secrets."""
        return clean(without(str(text), self.address, *self._parts(), *self.secrets), limit=200)

    def _parts(self) -> tuple[Secret, ...]:
        """Return the values in the address's query.

        A server may repeat them on their own. Values of fewer than 8 characters are ignored: they would match
        ordinary text.
        """
        pairs = (part.partition("=")[2] for part in urlsplit(self.address.reveal()).query.split("&"))
        return tuple(Secret(value) for value in pairs if len(value) >= 8)

    def send(
        self, body: bytes, headers: Mapping[str, str] | None = None, query: str = ""
    ) -> Answer | Outcome:
        """Post a body; return the answer when successful, else the outcome."""
        request = urllib.request.Request(
            self.address.reveal() + query,
            data=body,
            headers={
                "Content-Type": "application/json; charset=utf-8",
                "User-Agent": AGENT,
                **(headers or {}),
            },
        )
        with Deadline(self.timeout_seconds) as whole:
            answer = self._send(request, whole)
            if isinstance(answer, Answer) and whole.is_over:  # an answer that was cut
                answer = unknown("")
            return answer if isinstance(answer, Answer) else whole.judged(answer, self.host)

    def _send(self, request: urllib.request.Request, whole: Deadline) -> Answer | Outcome:
        opener = urllib.request.build_opener(_NoRedirect(), _Plain(whole), _Encrypted(whole, self.trust))
        try:
            with opener.open(request, timeout=self.timeout_seconds) as response:
                return _answer(response.status, response.read(LARGEST_ANSWER + 1))
        except urllib.error.HTTPError as refusal:
            with refusal:
                return self._refused(refusal)
        except urllib.error.URLError as reason:
            return self._unreachable(reason.reason)
        except (OSError, http.client.HTTPException) as reason:
            return unknown(
                N_("{host} took the message and then broke off ({reason})."),
                host=self.host,
                reason=type(reason).__name__,
            )

    def _unreachable(self, reason: object) -> Outcome:
        """Return the failure with its cause: the name, the certificate or the connection.

        An admin has to check this.
        """
        if isinstance(reason, ssl.SSLError):
            message = N_("{host} has a certificate that is not trusted ({reason}).")
        elif isinstance(reason, socket.gaierror):
            message = N_("There is no server called {host}.")
        else:
            message = N_("{host} cannot be reached ({reason}).")
        return failed(message, pause=SHORT_PAUSE, host=self.host, reason=type(reason).__name__)

    def _refused(self, refusal: urllib.error.HTTPError) -> Outcome:
        if refusal.code == http.client.TOO_MANY_REQUESTS:
            pause = retry_after(refusal.headers.get("Retry-After"))
            return deferred(N_("{host} takes no more messages for a while."), pause=pause, host=self.host)
        if refusal.code in {http.client.BAD_GATEWAY, http.client.GATEWAY_TIMEOUT}:
            return unknown(
                N_("{host} answered {code}: it does not know itself."), host=self.host, code=refusal.code
            )
        return failed(N_("{host} refused the message ({code})."), host=self.host, code=refusal.code)


def retry_after(header: str | None) -> timedelta:
    """Return the pause that a Retry-After header asks for.

    If the header is not in seconds, the pause is a minute.
    """
    seconds = int(header) if header and header.strip().isdecimal() and len(header) < 9 else 60
    return min(timedelta(seconds=max(1, seconds)), LONGEST_PAUSE)


def _answer(status: int, body: bytes) -> Answer:
    try:
        table = json.loads(body) if len(body) <= LARGEST_ANSWER else None
    except ValueError:
        table = None
    return Answer(status, table if isinstance(table, dict) else None)


def encoded(table: Mapping[str, object]) -> bytes:
    """Return a table as a JSON body."""
    return json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode()


def shortened(text: str, most_bytes: int) -> str:
    """Return a text cut to a number of UTF-8 bytes, without splitting a character."""
    raw = text.encode("utf-8", "replace")
    if len(raw) <= most_bytes:
        return text
    return raw[: most_bytes - 3].decode("utf-8", "ignore") + "…"
