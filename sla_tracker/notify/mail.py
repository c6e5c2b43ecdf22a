"""E-mail over SMTP: STARTTLS or TLS, login, one connection per message.

Text of people is checked before it goes into a header.
"""

from __future__ import annotations

import re
import smtplib
import socket
import ssl
from contextlib import suppress
from datetime import timedelta
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from typing import Any

from sla_tracker.domain.reminders.policy import GROUP_MARK
from sla_tracker.errors import N_, ConfigError
from sla_tracker.notify.deadline import SHORT_PAUSE, Deadline
from sla_tracker.notify.options import Options
from sla_tracker.notify.secrets import Secret
from sla_tracker.services.reminders.messages import (
    SENT,
    Letter,
    Outcome,
    Security,
    failed,
    unencrypted_problem,
    unknown,
)
from sla_tracker.value_class import dataclass

# Longer, because a rejected login or certificate has to be corrected by a person first.
LOGIN_PAUSE = timedelta(minutes=15)
PORTS = {Security.STARTTLS: 587, Security.TLS: 465, Security.NONE: 25}
_ADDRESS = re.compile(
    r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9](?:[A-Za-z0-9.-]{0,250}[A-Za-z0-9])?"
)


class _Watched:
    """A connection that ends with its message's time, from its first byte on."""

    sock: socket.socket | None

    def __init__(self, whole: Deadline, *place: Any, **terms: Any) -> None:
        whole.watch(lambda: self.sock)
        super().__init__(*place, **terms)


class _Server(_Watched, smtplib.SMTP):
    """A mail server, at first without encryption."""


class _TlsServer(_Watched, smtplib.SMTP_SSL):
    """A mail server with encryption from the first byte on."""


@dataclass(frozen=True, slots=True)
class Mail:
    """Channel that sends messages through one mail server."""

    host: str
    port: int
    security: Security
    trust: ssl.SSLContext
    user: str
    password: Secret
    sender: str
    sender_name: str
    timeout_seconds: float

    @property
    def recognises(self) -> bool:
        """Return False: a mail sent twice may arrive twice, despite the same Message-ID."""
        return False

    def serves(self, recipient: str) -> bool:
        """Return whether the recipient is a person; groups are not reached by mail."""
        return not recipient.startswith(GROUP_MARK)

    def send(self, letter: Letter) -> Outcome:
        """Send one message.

        A failure before the text is transferred is certain; a broken connection afterwards is an unknown outcome.
        """
        if not _ADDRESS.fullmatch(letter.address):
            return failed(
                N_("{address} is no e-mail address; correct it in the settings of this person."),
                final=True,
                address=letter.address,
            )
        with Deadline(self.timeout_seconds) as whole:
            return whole.judged(self._send(letter, whole), self.host)

    def _send(self, letter: Letter, whole: Deadline) -> Outcome:
        message = self.message(letter)
        try:
            server = self._connect(whole)
        except smtplib.SMTPAuthenticationError as reason:
            return failed(
                N_("{host} did not accept the login of {user} ({code}); check user and password_from."),
                pause=LOGIN_PAUSE,
                host=self.host,
                user=self.user,
                code=reason.smtp_code,
            )
        except ssl.SSLError as reason:
            return failed(
                N_("{host} has a certificate that is not trusted ({reason})."),
                pause=LOGIN_PAUSE,
                host=self.host,
                reason=type(reason).__name__,
            )
        except (OSError, smtplib.SMTPException) as reason:
            return failed(
                N_("{host} cannot be reached ({reason})."),
                pause=SHORT_PAUSE,
                host=f"{self.host}:{self.port}",
                reason=type(reason).__name__,
            )
        try:
            return self._submit(server, letter, message, whole)
        finally:
            with suppress(OSError, smtplib.SMTPException):
                server.quit()

    def _connect(self, whole: Deadline) -> smtplib.SMTP:
        if self.security is Security.TLS:
            server: smtplib.SMTP = _TlsServer(
                whole, self.host, self.port, timeout=self.timeout_seconds, context=self.trust
            )
        else:
            server = _Server(whole, self.host, self.port, timeout=self.timeout_seconds)
        try:
            if self.security is Security.STARTTLS:
                server.starttls(context=self.trust)
            if self.user:
                server.login(self.user, self.password.reveal())
            server.ehlo_or_helo_if_needed()
        except BaseException:
            server.close()
            raise
        return server

    def _submit(
        self, server: smtplib.SMTP, letter: Letter, message: EmailMessage, whole: Deadline
    ) -> Outcome:
        try:
            for step, reply in (("MAIL", server.mail(self.sender)), ("RCPT", server.rcpt(letter.address))):
                if reply[0] not in {250, 251}:
                    return self._refused(step, reply[0], letter)
        except (OSError, smtplib.SMTPException) as reason:
            return failed(N_("{host} broke off ({reason})."), host=self.host, reason=type(reason).__name__)
        try:
            code, _ = server.data(message.as_bytes())
        except smtplib.SMTPDataError as refusal:
            return self._refused("DATA", refusal.smtp_code, letter)
        except (OSError, smtplib.SMTPException) as reason:
            return unknown(
                N_("{host} took the message and then broke off ({reason})."),
                host=self.host,
                reason=type(reason).__name__,
            )
        if code == 250:
            return SENT
        # Digits that came before the connection was broken off are no answer to the text.
        return unknown("") if whole.is_over else self._refused("DATA", code, letter)

    def _refused(self, step: str, code: int, letter: Letter) -> Outcome:
        return failed(
            N_("{host} refused the message to {address} at {step} ({code})."),
            final=500 <= code < 600 and step == "RCPT",
            host=self.host,
            address=letter.address,
            step=step,
            code=code,
        )

    def message(self, letter: Letter) -> EmailMessage:
        """Return the message as an e-mail.

        Line ends are taken out of its subject, because headers forbid them.
        """
        message = EmailMessage(policy=SMTP_POLICY)
        message["From"] = Address(self.sender_name, addr_spec=self.sender)
        message["To"] = letter.address
        message["Subject"] = " ".join(letter.subject.split())
        message["Date"] = format_datetime(letter.at)
        message["Message-ID"] = f"<{letter.key}@{self.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.text + "\n", cte="base64")
        for one in letter.attachments:
            main, _, sub = one.kind.partition("/")
            message.add_attachment(one.content, maintype=main, subtype=sub, filename=one.name)
        return message


def mail(options: Options) -> Mail:
    """Return a mail channel from its options.

    Without encryption only this machine may be reached.
    """
    host = options.text("host")
    security = Security(options.word("security", tuple(PORTS), Security.STARTTLS))
    sender = options.text("sender")
    if not _ADDRESS.fullmatch(sender):
        raise ConfigError(
            N_("The channel {channel}: sender is an e-mail address, such as sla@example.com."),
            channel=options.channel,
        )
    if problem := unencrypted_problem(host, security):
        raise ConfigError(N_("The channel {channel}: {what}"), channel=options.channel, what=problem)
    user = options.text("user", "")
    return Mail(
        host=host,
        port=int(options.number("port", PORTS[security], 65535)),
        security=security,
        trust=options.trust(),
        user=user,
        password=options.secret("password_from", needed=bool(user)),
        sender=sender,
        sender_name=options.text("sender_name", "SLA"),
        timeout_seconds=options.seconds(),
    )
