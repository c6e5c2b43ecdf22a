"""Calls of the pages of a service that runs, from a process of any login of the host."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from tests.serve.host import SYSTEM_PYTHON, Host, as_login, environment

# Sends a request as it is given, over TLS or a Unix socket, as often as asked, and prints what comes back.
PROGRAM = """
import http.client, json, socket, ssl, sys
asked = json.load(sys.stdin)
if asked["socket"]:
    connection = http.client.HTTPConnection("localhost", timeout=30)
    connection.sock = socket.socket(socket.AF_UNIX)
    connection.sock.connect(asked["socket"])
else:
    trusting = ssl.create_default_context(cafile=asked["trusted"])
    connection = http.client.HTTPSConnection("localhost", asked["port"], timeout=30, context=trusting)
answers = []
for _time in range(asked["times"]):
    connection.putrequest(asked["method"], asked["path"])
    for name, value in asked["headers"]:
        connection.putheader(name, value)
    body = asked["body"].encode()
    if body:
        connection.putheader("Content-Length", str(len(body)))
    connection.endheaders(body or None)
    answer = connection.getresponse()
    answers.append([answer.status, answer.getheaders(), answer.read().decode()])
print(json.dumps(answers))
"""


@dataclass
class Answered:
    """One response."""

    status: int
    headers: list[tuple[str, str]]
    body: str

    @property
    def words(self) -> str:
        return " ".join(re.sub(r"<[^>]+>", " ", self.body).split())

    def header(self, name: str) -> str:
        return next((value for given, value in self.headers if given.lower() == name.lower()), "")

    def value(self, name: str) -> str:
        found = re.search(rf'name="{name}" value="([^"]*)"', self.body)
        assert found, self.words
        return found[1]


@dataclass
class Visitor:
    """A program that runs as a login and calls the pages; it keeps cookies as a browser does."""

    login: str
    url: str
    socket: str = ""
    trusted: str = ""
    cookies: dict[str, str] = field(default_factory=dict)

    def get(self, path: str, *headers: tuple[str, str]) -> Answered:
        return self.send("GET", path, "", *headers)

    def post(self, path: str, form: Mapping[str, str], *headers: tuple[str, str]) -> Answered:
        kind = ("Content-Type", "application/x-www-form-urlencoded")
        return self.send("POST", path, urlencode(form), ("Origin", self.url), kind, *headers)

    def api(self, method: str, path: str, token: str, **body: Any) -> Answered:
        headers = [("Authorization", f"Bearer {token}")]
        if body:
            headers.append(("Content-Type", "application/json"))
        return self.send(method, path, json.dumps(body) if body else "", *headers)

    def send(self, method: str, path: str, body: str, *headers: tuple[str, str]) -> Answered:
        return self.repeat(1, method, path, body, *headers)[0]

    def repeat(
        self, times: int, method: str, path: str, body: str, *headers: tuple[str, str]
    ) -> list[Answered]:
        """Send the same several times over one connection."""
        cookies = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        sent = [("Accept-Language", "en"), *([("Cookie", cookies)] if cookies else []), *headers]
        asked = {
            "method": method,
            "path": path,
            "headers": sent,
            "body": body,
            "times": times,
            "socket": self.socket,
            "trusted": self.trusted,
            "port": int(self.url.rpartition(":")[2]) if not self.socket else 0,
        }
        done = subprocess.run(
            [*as_login(self.login), SYSTEM_PYTHON, "-I", "-c", PROGRAM],
            input=json.dumps(asked),
            env=environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
            cwd="/",
        )
        assert done.returncode == 0, done.stderr
        answers = [
            Answered(status, [(name, value) for name, value in given], text)
            for status, given, text in json.loads(done.stdout)
        ]
        for name, value in answers[-1].headers:
            if name.lower() == "set-cookie":
                key, _equals, kept = value.partition(";")[0].partition("=")
                self.cookies[key] = kept.strip('"')
        return answers

    def follow(self, answer: Answered, *headers: tuple[str, str]) -> Answered:
        """Go where an answer leads."""
        assert answer.status == 303, (answer.status, answer.words)
        return self.get(answer.header("Location"), *headers)


def serve_pages(host: Host, lines: Sequence[str]) -> None:
    """Put settings of the pages in the place of earlier ones, and wait until they are served."""
    listened = host.count("web listens")
    text = host.settings.read_text(encoding="utf-8")
    before = text[text.index("[web]") if "[web]" in text else text.index("[serve]") :]
    after = "".join(f"{line}\n" for line in (*lines, "[serve]"))
    if before == after:
        return
    host.change_settings(before, after)
    if host.service is not None:
        host.wait_for(lambda: host.count("web listens") > listened)


def of_service(path: Path, mode: int) -> None:
    """Give a file to the service's login, with these rights."""
    import shutil

    from tests.serve.host import SERVICE

    shutil.chown(path, SERVICE, SERVICE)
    path.chmod(mode)
