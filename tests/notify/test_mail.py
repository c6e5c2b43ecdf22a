"""Mail against a real server with TLS and login, and against one that misbehaves."""

from __future__ import annotations

import asyncio
import email
import email.policy
import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

from sla_tracker.errors import ConfigError
from sla_tracker.i18n import gettext
from sla_tracker.notify.mail import Mail, mail
from sla_tracker.notify.options import Options
from sla_tracker.services.reminders.messages import SENT, Attachment, Outcome, Result
from tests.notify.letters import a_letter
from tests.notify.servers import CERTIFICATE, CERTIFICATE_AND_KEY, a_closed_port

PASSWORD = "correct horse"


@dataclass
class Inbox:
    """Keeps what a server took; `replies` are given instead, by the step they belong to."""

    taken: list[Envelope] = field(default_factory=list)
    replies: dict[str, str] = field(default_factory=dict)
    encrypted: list[bool] = field(default_factory=list)

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, rcpt_options: list[str]
    ) -> str:
        if "RCPT" in self.replies:
            return self.replies["RCPT"]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if "DATA" in self.replies:
            return self.replies["DATA"]
        self.taken.append(envelope)
        assert server.transport is not None
        self.encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        return "250 OK"

    def messages(self) -> list[EmailMessage]:
        return [_parsed(one.content) for one in self.taken]


def _parsed(content: bytes | str | None) -> EmailMessage:
    assert isinstance(content, bytes)
    return email.message_from_bytes(content, policy=email.policy.default)


def allow(_server: Any, _session: Any, _envelope: Any, _mechanism: str, login: Any) -> AuthResult:
    right = isinstance(login, LoginPassword) and (login.login, login.password) == (b"sla", PASSWORD.encode())
    return AuthResult(success=right, handled=False)


def server_context() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE_AND_KEY)
    return context


@contextmanager
def a_mail_server(inbox: Inbox, security: str = "starttls", *, login: bool = True) -> Iterator[int]:
    given: dict[str, Any] = {"hostname": "127.0.0.1", "port": 0, "ready_timeout": 10}
    if login:
        given |= {"authenticator": allow, "auth_required": True}
    if security == "starttls":
        given |= {"tls_context": server_context(), "require_starttls": True}
    elif security == "tls":
        given |= {"ssl_context": server_context(), "auth_require_tls": False}
    else:
        given |= {"auth_require_tls": False}
    controller = OnAnyPort(inbox, **given)
    controller.start()
    try:
        yield controller.found_port
    finally:
        controller.stop()


class OnAnyPort(Controller):
    """Listens on a port that the system chooses."""

    @property
    def found_port(self) -> int:
        assert isinstance(self.server, asyncio.Server)
        port: int = self.server.sockets[0].getsockname()[1]
        return port

    def _trigger_server(self) -> None:
        with socket.create_connection(("127.0.0.1", self.found_port), timeout=5) as probe:
            if self.ssl_context is not None:
                client = ssl.create_default_context(cafile=CERTIFICATE)
                with client.wrap_socket(probe, server_hostname="localhost") as encrypted:
                    encrypted.recv(1024)
            else:
                probe.recv(1024)


def a_mail_channel(
    port: object, security: object = "starttls", password: str = PASSWORD, **table: object
) -> Mail:
    given: dict[str, object] = {
        "host": "localhost",
        "port": port,
        "security": security,
        "user": "sla",
        "password_from": "env:PASSWORD",
        "sender": "sla@example.com",
        "ca_file": str(CERTIFICATE),
        "timeout_seconds": 5,
    }
    return mail(Options("mail", given | table, {"PASSWORD": password}))


def said(outcome: Outcome) -> str:
    return gettext(outcome.problem, **outcome.values)


@pytest.mark.filterwarnings("ignore:Requiring AUTH")  # the server does not count its own TLS as such
@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_letter_arrives_encrypted_after_a_login(security: str) -> None:
    inbox = Inbox()
    with a_mail_server(inbox, security) as port:
        assert a_mail_channel(port, security).send(a_letter()) == SENT
    (message,) = inbox.messages()
    assert inbox.encrypted == [True]
    assert inbox.taken[0].rcpt_tos == ["wang.fang@example.com"]
    assert message["Subject"] == "逾期 1 天：装饰单 · 鄂F·12345"
    assert message["From"] == "SLA <sla@example.com>"
    assert message["To"] == "wang.fang@example.com"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == "<01932f00-0000-7000-8000-0000000000aa@example.com>"
    assert message.get_content().splitlines() == ["逾期 1 天：装饰单", "查看：sla show abcdef"]


def test_a_wrong_password_is_explained_and_not_told() -> None:
    inbox = Inbox()
    with a_mail_server(inbox) as port:
        outcome = a_mail_channel(port, password="hush-hush").send(a_letter())
    assert (outcome.result, outcome.pause) == (Result.FAILED, timedelta(minutes=15))
    assert said(outcome) == ("localhost did not accept the login of sla (535); check user and password_from.")
    assert inbox.taken == []


def test_a_server_without_encryption_is_not_trusted_with_a_password() -> None:
    inbox = Inbox()
    with a_mail_server(inbox, "none", login=False) as port:
        outcome = a_mail_channel(port).send(a_letter())
    assert outcome.result is Result.FAILED
    assert inbox.taken == []


def test_a_certificate_that_nobody_vouches_for_is_refused() -> None:
    with a_mail_server(Inbox()) as port:
        outcome = a_mail_channel(port, ca_file="").send(a_letter())
    assert said(outcome) == "localhost has a certificate that is not trusted (SSLCertVerificationError)."


def test_a_server_that_is_not_there_certainly_took_nothing() -> None:
    port = a_closed_port()
    outcome = a_mail_channel(port).send(a_letter())
    assert (outcome.result, outcome.pause) == (Result.FAILED, timedelta(minutes=1))
    assert said(outcome) == f"localhost:{port} cannot be reached (ConnectionRefusedError)."


@pytest.mark.parametrize(
    ("step", "reply", "final"),
    [
        ("RCPT", "550 no such user", True),
        ("RCPT", "450 try later", False),
        ("DATA", "554 looks like spam", False),
        ("DATA", "451 try later", False),
    ],
)
def test_a_refusal_is_final_only_when_there_is_no_such_person(step: str, reply: str, final: bool) -> None:
    with a_mail_server(Inbox(replies={step: reply})) as port:
        outcome = a_mail_channel(port).send(a_letter())
    assert (outcome.result, outcome.final) == (Result.FAILED, final)
    assert said(outcome) == (
        f"localhost refused the message to wang.fang@example.com at {step} ({reply[:3]})."
    )


@pytest.mark.parametrize(
    "address",
    [
        "wang@example.com\r\nBcc: all@example.com",
        "wang@example.com,li@example.com",
        "wang",
        "",
        "wang@",
        "<wang@example.com>",
        "王芳@example.com",
        "wang@example.com ",
    ],
)
def test_an_address_that_is_none_never_reaches_the_server(address: str) -> None:
    inbox = Inbox()
    with a_mail_server(inbox) as port:
        outcome = a_mail_channel(port).send(a_letter(address=address))
    assert (outcome.result, outcome.final) == (Result.FAILED, True)
    assert inbox.taken == []


def test_no_text_of_a_person_becomes_a_header() -> None:
    inbox = Inbox()
    hostile = "装饰单\r\nBcc: all@example.com\r\n\r\n<script>"
    with a_mail_server(inbox) as port:
        assert a_mail_channel(port).send(a_letter(subject=hostile, text=hostile)) == SENT
    (message,) = inbox.messages()
    assert message["Bcc"] is None
    assert inbox.taken[0].rcpt_tos == ["wang.fang@example.com"]
    assert message["Subject"] == "装饰单 Bcc: all@example.com <script>"


@contextmanager
def a_server_that_hangs_up(after: bytes) -> Iterator[int]:
    """Speak SMTP up to a command, then break the connection."""
    listener = socket.create_server(("127.0.0.1", 0))

    def speak() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rwb") as lines:
            reply, takes_text = b"220 here\r\n", False
            while True:
                lines.write(reply)
                lines.flush()
                line = lines.readline().upper()
                if not line or line.startswith(after):
                    return
                starts_text = line.startswith(b"DATA")
                reply = b"" if takes_text else b"354 go on\r\n" if starts_text else b"250 OK\r\n"
                takes_text = takes_text or starts_text

    thread = threading.Thread(target=speak)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        thread.join(timeout=5)
        listener.close()


@pytest.mark.parametrize(
    ("after", "result"),
    [(b"MAIL", Result.FAILED), (b"RCPT", Result.FAILED), (b".", Result.UNKNOWN)],
)
def test_a_connection_that_breaks_is_unknown_only_once_the_text_was_sent(
    after: bytes, result: Result
) -> None:
    with a_server_that_hangs_up(after) as port:
        outcome = a_mail_channel(port, "none", user="", ca_file="").send(a_letter())
    assert outcome.result is result


@contextmanager
def a_server_that_trickles(after: bytes) -> Iterator[int]:
    """Speak SMTP up to a command, then answer with one byte at a time, as long as somebody listens."""
    listener = socket.create_server(("127.0.0.1", 0))

    def speak() -> None:
        connection, _ = listener.accept()
        with connection, connection.makefile("rb") as lines, suppress(OSError):
            reply = b"220 here\r\n"
            while reply:
                connection.sendall(reply)
                line = lines.readline().upper()
                is_text = not line.startswith((b"EHLO", b"MAIL", b"RCPT", b"DATA"))
                reply = (
                    b""
                    if line.startswith(after)
                    else b"354 go on\r\n"
                    if line == b"DATA\r\n"
                    else b"250 OK\r\n"
                )
                while is_text and line and not line.startswith(after):
                    line = lines.readline()
                    reply = b""
            while True:
                connection.sendall(b"2")
                time.sleep(0.02)

    thread = threading.Thread(target=speak)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        thread.join(timeout=5)
        assert not thread.is_alive()
        listener.close()


@pytest.mark.parametrize(
    ("after", "result"), [(b"EHLO", Result.FAILED), (b"RCPT", Result.FAILED), (b".", Result.UNKNOWN)]
)
def test_a_server_that_answers_a_byte_at_a_time_is_given_up(after: bytes, result: Result) -> None:
    with a_server_that_trickles(after) as port:
        channel = a_mail_channel(port, "none", user="", ca_file="", timeout_seconds=0.1)
        outcome = channel.send(a_letter())
    assert outcome.result is result
    assert said(outcome) == "localhost is too slow: a message was given up after 0.6 s."
    assert outcome.pause is not None  # the next message would take as long
    assert not any(thread.name == "deadline" for thread in threading.enumerate())


USABLE: dict[str, object] = {
    "host": "localhost",
    "user": "sla",
    "password_from": "env:PASSWORD",
    "sender": "sla@example.com",
}


@pytest.mark.parametrize(
    ("table", "sentence"),
    [
        ({"sender": "sla"}, "The channel mail: sender is an e-mail address, such as sla@example.com."),
        (
            {"security": "none", "host": "mail.example.com"},
            'The channel mail: security = "none" is possible on this machine only; use starttls or tls.',
        ),
        ({"security": "ssl"}, "The channel mail: security is one of starttls, tls, none."),
        ({"host": 5}, "The channel mail needs host, a text."),
        ({"port": 70000}, "The channel mail: port is a number above 0, at most 65535."),
        (
            {"ca_file": "/nowhere.pem"},
            "The channel mail: the certificates in /nowhere.pem cannot be read: No such file or directory.",
        ),
        (
            {"password_from": "correct horse"},
            (
                "The channel mail, password_from: A secret is named as env:NAME or file:/path; "
                "it does not stand in the settings itself."
            ),
        ),
    ],
)
def test_wrong_settings_are_explained(table: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError) as caught:
        mail(Options("mail", USABLE | table, {"PASSWORD": PASSWORD}))
    assert caught.value.sentence() == sentence


def test_a_report_goes_as_an_attachment() -> None:
    report = Attachment(name="sla-2026-11.html", kind="text/html", content="<!doctype html>按时".encode())
    message = mail(Options("mail", USABLE, {"PASSWORD": PASSWORD})).message(a_letter(attachments=(report,)))
    (attached,) = message.iter_attachments()
    assert (attached.get_filename(), attached.get_content_type()) == (report.name, report.kind)
    assert attached.get_payload(decode=True) == report.content
