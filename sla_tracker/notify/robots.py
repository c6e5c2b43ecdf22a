"""Group robots of WeCom, DingTalk and Feishu.

Each answers HTTP 200 even when it refuses a message; the code in the body tells.

Sources: developer.work.weixin.qq.com (群机器人), open.dingtalk.com (自定义机器人), open.feishu.cn (自定义机器人).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import quote_plus

from sla_tracker.domain.reminders.policy import GROUP_MARK
from sla_tracker.errors import N_
from sla_tracker.notify.options import Options
from sla_tracker.notify.secrets import NO_SECRET, Secret
from sla_tracker.notify.web import Answer, Post, encoded, shortened
from sla_tracker.services.reminders.messages import SENT, Letter, Outcome, deferred, failed, unknown
from sla_tracker.value_class import dataclass

RATE_PAUSE = timedelta(seconds=61)  # the rate limits are per minute
# Longest text of each service, in bytes, and its codes for too many messages.
WECOM_BYTES = 2048
DINGTALK_BYTES = 18_000
FEISHU_BYTES = 18_000
WECOM_TOO_FAST = frozenset({45009, 45033})
DINGTALK_TOO_FAST = frozenset({130101, 130103})
FEISHU_TOO_FAST = frozenset({11232, 11233})
_FEISHU_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


def post_of(options: Options, *secrets: Secret) -> Post:
    """Return the Post of a channel from its options."""
    return Post(options.address("url_from"), options.trust(), options.seconds(), secrets)


def judged(
    post: Post, answer: Answer | Outcome, codes: tuple[str, ...], words: tuple[str, ...], fast: frozenset[int]
) -> Outcome:
    """Return the outcome that a robot's answer means.

    The first of the keys `codes` found in it holds the result code, the first of `words` the message; a code in `fast`
    means too many messages.
    """
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
    """Base of the three robots.

    Robots reach a group and do not detect repeated messages. A reminder message that is longer than `most_bytes` is
    divided beforehand; other text is cut.
    """

    post: Post
    secret: Secret = NO_SECRET

    @property
    def most_bytes(self) -> int:
        """Return the greatest size of a text."""
        raise NotImplementedError

    def size_of(self, text: str) -> int:
        """Return the size of a text in UTF-8 bytes."""
        return len(text.encode("utf-8", "replace"))

    @property
    def recognises(self) -> bool:
        """Return False: a message sent twice arrives twice."""
        return False

    def serves(self, recipient: str) -> bool:
        """Return whether the recipient is a group."""
        return recipient.startswith(GROUP_MARK)


class WeCom(_Robot):
    """Channel that posts to a WeCom group."""

    __slots__ = ()

    @property
    def most_bytes(self) -> int:
        """Return WeCom's limit."""
        return WECOM_BYTES

    def send(self, letter: Letter) -> Outcome:
        """Send a text with mentions; at most 2048 bytes."""
        text: dict[str, object] = {"content": shortened(letter.text, WECOM_BYTES)}
        if letter.mentions:
            text["mentioned_list"] = list(letter.mentions)
        answer = self.post.send(encoded({"msgtype": "text", "text": text}))
        return judged(self.post, answer, ("errcode",), ("errmsg",), WECOM_TOO_FAST)


class DingTalk(_Robot):
    """Channel that posts to a DingTalk group; signs when the robot has a secret."""

    __slots__ = ()

    @property
    def most_bytes(self) -> int:
        """Return DingTalk's limit."""
        return DINGTALK_BYTES

    def send(self, letter: Letter) -> Outcome:
        """Send a text; mentions of digits are mobile numbers, others are user ids."""
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
    """Return the signature parameters of a DingTalk address, as its manual has them."""
    text = f"{milliseconds}\n{secret.reveal()}"
    digest = hmac.new(secret.reveal().encode(), text.encode(), hashlib.sha256).digest()
    return f"&timestamp={milliseconds}&sign={quote_plus(base64.b64encode(digest))}"


class Feishu(_Robot):
    """Channel that posts to a Feishu group; signs when the robot has a secret."""

    __slots__ = ()

    @property
    def most_bytes(self) -> int:
        """Return Feishu's limit."""
        return FEISHU_BYTES

    def size_of(self, text: str) -> int:
        """Return the size in the body that is posted, whose escapes count."""
        return len(json.dumps(_without_marks(text), ensure_ascii=False).encode("utf-8", "replace"))

    def send(self, letter: Letter) -> Outcome:
        """Send a text; `<` in it is replaced so that only our own mentions work."""
        words = shortened(_without_marks(letter.text), FEISHU_BYTES)
        marks = "".join(
            f' <at user_id="{address}"></at>' for address in letter.mentions if _FEISHU_ID.fullmatch(address)
        )
        body: dict[str, object] = {"msg_type": "text", "content": {"text": words + marks}}
        if self.secret:
            seconds = round(letter.at.timestamp())
            body |= {"timestamp": str(seconds), "sign": feishu_signature(self.secret, seconds)}
        answer = self.post.send(encoded(body))
        return judged(self.post, answer, ("code", "StatusCode"), ("msg", "StatusMessage"), FEISHU_TOO_FAST)


def _without_marks(text: str) -> str:
    """Return a text in which nothing is taken for a mention."""
    return text.replace("<", "＜")


def feishu_signature(secret: Secret, seconds: int) -> str:
    """Return the signature of a Feishu message: the HMAC of an empty text.

    Its key is made of time and secret.
    """
    key = f"{seconds}\n{secret.reveal()}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()


def wecom(options: Options) -> WeCom:
    """Return a WeCom channel from its options."""
    return WeCom(post_of(options))


def dingtalk(options: Options) -> DingTalk:
    """Return a DingTalk channel from its options."""
    secret = options.secret("secret_from")
    return DingTalk(post_of(options, secret), secret)


def feishu(options: Options) -> Feishu:
    """Return a Feishu channel from its options."""
    secret = options.secret("secret_from")
    return Feishu(post_of(options, secret), secret)
