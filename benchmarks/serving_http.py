"""Measures a service whose callers half type commands and half ask for pages and documents over HTTP.

As `serving`: short by default, with SLA_BENCH_TERMINALS and SLA_BENCH_SECONDS for the whole. Needs root.
"""

from __future__ import annotations

import http.client
import itertools
import json
import re
from collections.abc import Callable, Sequence
from random import Random
from urllib.parse import urlencode

from benchmarks._limits import at_most
from benchmarks.serving import CALLERS, MOST_P99, SECONDS, Callers, a_busy_host, acting_terminals
from tests.serve.host import ADMIN, WANG, Host
from tests.serve.pages import Pages
from tests.web.site import PASSWORD

WEB_SECONDS = 120  # until an answer
DESKS = 50  # addresses from which callers ask


class MixedCallers(Callers):
    """Callers of whom every other one is a browser or a program."""

    _numbers = itertools.count(1)  # for subjects and keys, of all callers

    def __init__(self, host: Host, pages: Pages, references: Sequence[str], pause: float = 0.0) -> None:
        super().__init__(host, references, pause)
        self._pages = pages
        # Who works is logged in already: a password takes a fifth of a second of a processor, on purpose.
        self._cookies = {number: self._logged_in() for number in range(0, CALLERS, 2)}
        self.registered: list[str] = []

    def _logged_in(self) -> str:
        form = urlencode({"name": "wang.fang", "password": PASSWORD})
        given = {"Origin": self._pages.base, "Content-Type": "application/x-www-form-urlencoded"}
        _status, headers, _said = self._asked("POST", "/login", form, given)
        return headers["Set-Cookie"].partition(";")[0]

    def one(self, number: int, chance: Random) -> str:
        """Make one call; return what went wrong, or nothing."""
        if number % 2:
            return super().one(number, chance)
        reference = chance.choice(self.references)
        asks: Sequence[Callable[[], str]] = (
            lambda: self._page(number, "/"),
            lambda: self._page(number, f"/duty/{reference}"),
            lambda: self._called("GET", "/api/v1/due"),
            lambda: self._called("GET", f"/api/v1/duties/{reference}"),
            self._register,
        )
        return chance.choice(asks)()

    def _register(self) -> str:
        subject = f"鄂F·{next(self._numbers):05}"
        body = {"type": "vehicle-delivered", "subject": subject, "fields": {"cash": "no"}, "again": True}
        wrong = self._called("POST", "/api/v1/events", json.dumps(body))
        if not wrong:
            self.registered.append(subject)
        return wrong

    def _called(self, method: str, path: str, body: str = "") -> str:
        given = {"Authorization": f"Bearer {self._pages.token}"}
        if body:
            given |= {"Content-Type": "application/json", "Idempotency-Key": f"key-{next(self._numbers)}"}
        status, _headers, said = self._asked(method, path, body, given)
        return "" if status < 300 else f"{method} {path}: {status} {said[-200:]}"

    def _page(self, number: int, path: str) -> str:
        status, headers, said = self._asked("GET", path, "", {"Cookie": self._cookies[number]})
        if cookie := headers.get("Set-Cookie"):
            self._cookies[number] = cookie.partition(";")[0]
        is_whole = status == 200 and "</html>" in said and re.search("王芳", said)
        return "" if is_whole else f"GET {path}: {status} {said[-200:]}"

    def _asked(
        self, method: str, path: str, body: str, headers: dict[str, str]
    ) -> tuple[int, http.client.HTTPMessage, str]:
        # As from many desks: one address may ask 30 times a second, which a quick machine exceeds.
        desk = f"127.0.0.{2 + next(self._numbers) % DESKS}"
        connection = http.client.HTTPConnection("127.0.0.1", self._pages.port, WEB_SECONDS, (desk, 0))
        try:
            connection.request(method, path, body.encode() or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            connection.close()


def main() -> None:
    with a_busy_host(running=False) as host:
        pages = Pages(host)
        pages.switch_on()
        host.start()
        host.wait_for(pages.listens)
        references = [
            one["reference"] for number in range(6) for one in host.event(WANG, f"鄂F·{number:05}")["opened"]
        ]
        mine = [one for one in references if not host.call(WANG, "note", one, "x", code=None).returncode]
        free = MixedCallers(host, pages, mine)
        free.run(SECONDS)
        rate = len(free.waits) / SECONDS
        print(f"{CALLERS} callers at once, every other one over HTTP: {rate:.0f} calls a second")
        half = MixedCallers(host, pages, mine, pause=CALLERS / rate)
        with acting_terminals(host) as count:
            half.run(SECONDS)
        half.report(f"at half that rate with {count} terminals that act")
        failed = free.failed + half.failed
        assert not failed, (len(failed), failed[:3])
        registered = [one for one in host.acts() if one["by"] == "api:erp"]
        done = len(free.registered) + len(half.registered)
        assert len(registered) == done, f"{done} events were confirmed, {len(registered)} are on record"
        at_most(half.ratio(), MOST_P99, "slowest of a hundred calls / the median")
        assert host.call(ADMIN, "verify").returncode == 0


if __name__ == "__main__":
    main()
