"""Group robots of WeCom, DingTalk and Feishu. Each answers HTTP 200 also when it refused; the code inside counts.

Sources: developer.work.weixin.qq.com (群机器人), open.dingtalk.com (自定义机器人), open.feishu.cn (自定义机器人).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import quote_plus

from sla_tracker.domain.reminders.policy import GROUP_MARK
from sla_tracker.errors import N_
from sla_tracker.notify.options import Options
from sla_tracker.notify.secrets import NO_SECRET, Secret
from sla_tracker.notify.web import Answer, Post, encoded, shortened
from sla_tracker.services.reminders.messages import SENT, Letter, Outcome, deferred, failed, unknown

RATE_PAUSE = timedelta(seconds=61)
WECOM_BYTES = 2048
DINGTALK_BYTES = 18_000
FEISHU_BYTES = 18_000
WECOM_TOO_FAST = frozenset({45009, 45033})
DINGTALK_TOO_FAST = frozenset({130101, 130103})
FEISHU_TOO_FAST = frozenset({11232, 11233})
_FEISHU_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def post_of(options: Options, *secrets: Secret) -> Post:
    """Return the web address of a channel."""
    return Post(options.address("url_from"), options.trust(), options.seconds(), secrets)


def judged(
    post: Post, answer: Answer | Outcome, codes: tuple[str, ...], words: tuple[str, ...], fast: frozenset[int]
) -> Outcome:
    """Return what a robot's answer means: the first of `codes` that it holds says whether it took the message."""
    if isinstance(answer, Outcome):
        return answer
    table: Mapping[str, object] = answer.table or {}
    code = next((table[name] for name in codes if name in table), None)
    if code in {0, "0"} and not isinstance(code, bool):
        return SENT
    if not isinstance(code, int | str) or isinstance(code, bool):
        return unknown(
            N_("{host} answered with something that does not say whether it took the message."),
            host=post.host,
        )
    said = next((post.said(table[name]) for name in words if name in table), "")
    if code in fast:
        return deferred(
            N_("{host} takes no more messages for a minute ({code})."),
            pause=RATE_PAUSE,
            host=post.host,
            code=code,
        )
    return failed(
        N_("{host} refused the message: {code} {words}"), host=post.host, code=post.said(code), words=said
    )


@dataclass(frozen=True, slots=True)
class _Robot:
    """What the three robots have in common: they reach a group, and cannot tell a repeat from a new message."""

    post: Post
    secret: Secret = NO_SECRET

    @property
    def recognises(self) -> bool:
        """Say that a message sent twice arrives twice."""
        return False

    def serves(self, recipient: str) -> bool:
        """Say that only groups are reached."""
        return recipient.startswith(GROUP_MARK)


class WeCom(_Robot):
    """Speaks in a WeCom group through its robot's address."""

    __slots__ = ()

    def send(self, letter: Letter) -> Outcome:
        """Send a text that mentions those who are meant; at most 2048 bytes."""
        text: dict[str, object] = {"content": shortened(letter.text, WECOM_BYTES)}
        if letter.mentions:
            text["mentioned_list"] = list(letter.mentions)
        answer = self.post.send(encoded({"msgtype": "text", "text": text}))
        return judged(self.post, answer, ("errcode",), ("errmsg",), WECOM_TOO_FAST)


class DingTalk(_Robot):
    """Speaks in a DingTalk group; signs when the robot was set up with a secret."""

    __slots__ = ()

    def send(self, letter: Letter) -> Outcome:
        """Send a text; addresses of digits are mobile numbers, others user ids."""
        mobiles = [address for address in letter.mentions if address.isdecimal()]
        users = [address for address in letter.mentions if not address.isdecimal()]
        marks = "".join(f" @{address}" for address in letter.mentions)
        body = {
            "msgtype": "text",
            "text": {"content": shortened(letter.text, DINGTALK_BYTES) + marks},
            "at": {"atMobiles": mobiles, "atUserIds": users, "isAtAll": False},
        }
        query = dingtalk_signature(self.secret, round(letter.at.timestamp() * 1000)) if self.secret else ""
        answer = self.post.send(encoded(body), query=query)
        return judged(self.post, answer, ("errcode",), ("errmsg",), DINGTALK_TOO_FAST)


def dingtalk_signature(secret: Secret, milliseconds: int) -> str:
    """Return the signed part of a DingTalk address, as its documentation defines it."""
    text = f"{milliseconds}\n{secret.reveal()}"
    digest = hmac.new(secret.reveal().encode(), text.encode(), hashlib.sha256).digest()
    return f"&timestamp={milliseconds}&sign={quote_plus(base64.b64encode(digest))}"


class Feishu(_Robot):
    """Speaks in a Feishu group; signs when the robot was set up with a secret."""

    __slots__ = ()

    def send(self, letter: Letter) -> Outcome:
        """Send a text; the people's words cannot mention anybody, only we can."""
        words = shortened(letter.text, FEISHU_BYTES).replace("<", "＜")
        marks = "".join(
            f' <at user_id="{address}"></at>' for address in letter.mentions if _FEISHU_ID.fullmatch(address)
        )
        body: dict[str, object] = {"msg_type": "text", "content": {"text": words + marks}}
        if self.secret:
            seconds = round(letter.at.timestamp())
            body |= {"timestamp": str(seconds), "sign": feishu_signature(self.secret, seconds)}
        answer = self.post.send(encoded(body))
        return judged(self.post, answer, ("code", "StatusCode"), ("msg", "StatusMessage"), FEISHU_TOO_FAST)


def feishu_signature(secret: Secret, seconds: int) -> str:
    """Return the signature of a Feishu message: the text is the key, and what is signed is empty."""
    key = f"{seconds}\n{secret.reveal()}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()


def wecom(options: Options) -> WeCom:
    """Set up a WeCom robot from its options."""
    return WeCom(post_of(options))


def dingtalk(options: Options) -> DingTalk:
    """Set up a DingTalk robot from its options."""
    secret = options.secret("secret_from")
    return DingTalk(post_of(options, secret), secret)


def feishu(options: Options) -> Feishu:
    """Set up a Feishu robot from its options."""
    secret = options.secret("secret_from")
    return Feishu(post_of(options, secret), secret)
