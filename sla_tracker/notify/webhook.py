"""Webhook of the company that accepts reminders as signed JSON.

docs/reminders.md describes the messages.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime

from sla_tracker.errors import N_
from sla_tracker.notify.options import Options
from sla_tracker.notify.robots import post_of
from sla_tracker.notify.secrets import Secret
from sla_tracker.notify.web import Post, encoded
from sla_tracker.services.reminders.messages import SENT, Letter, Line, Outcome, failed
from sla_tracker.value_class import dataclass

VERSION = 1  # of the posted JSON
CODES = ("errcode", "code", "StatusCode")


@dataclass(frozen=True, slots=True)
class Webhook:
    """Channel that posts each message with its key, time and a signature.

    The signature covers time and body.
    """

    post: Post
    secret: Secret
    recognises: bool

    @property
    def names_all(self) -> bool:
        """Return True: the JSON holds every duty of a message."""
        return True

    def serves(self, recipient: str) -> bool:
        """Return True: messages of all recipients go to the one address."""
        return bool(recipient)

    def send(self, letter: Letter) -> Outcome:
        """Post a message.

        An error code in the answer is a failure whatever the HTTP status.
        """
        body = encoded(message(letter))
        stamp = str(round(letter.at.timestamp()))
        headers = {"Idempotency-Key": letter.key, "X-SLA-Timestamp": stamp}
        if self.secret:
            headers["X-SLA-Signature"] = signature(self.secret, stamp, body)
        answer = self.post.send(body, headers)
        if isinstance(answer, Outcome):
            return answer
        table: Mapping[str, object] = answer.table or {}
        code = next((table[name] for name in CODES if name in table), 0)
        if code in {0, "0", 200, "200"}:
            return SENT
        return failed(
            N_("{host} refused the message: {code} {words}"),
            host=self.post.host,
            code=self.post.said(code),
            words="",
        )


def signature(secret: Secret, stamp: str, body: bytes) -> str:
    """Return the HMAC-SHA256 over the time stamp, a full stop and the body."""
    signed = hmac.new(secret.reveal().encode(), stamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={signed.hexdigest()}"


def message(letter: Letter) -> dict[str, object]:
    """Return a message as the table that is posted."""
    return {
        "version": VERSION,
        "key": letter.key,
        "at": _stamp(letter.at),
        "recipient": letter.recipient,
        "address": letter.address,
        "subject": letter.subject,
        "text": letter.text,
        "repeat": letter.repeat,
        "duties": [_duty(line) for line in letter.lines],
    }


def _duty(line: Line) -> dict[str, object]:
    return asdict(line) | {"due_at": _stamp(line.due_at)}


def _stamp(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def webhook(options: Options) -> Webhook:
    """Return a webhook channel from its options."""
    secret = options.secret("secret_from")
    return Webhook(post_of(options, secret), secret, options.flag("recognises_repeats"))
