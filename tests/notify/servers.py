"""Real servers on loopback that answer as the services do, well and badly."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
CERTIFICATE = HERE / "localhost.crt"
CERTIFICATE_AND_KEY = HERE / "localhost.pem"


@dataclass
class Call:
    """One request as the server saw it."""

    path: str
    headers: Message
    body: bytes

    @property
    def table(self) -> Any:
        return json.loads(self.body)


@dataclass
class Answering:
    """What a server answers, and what it was asked."""

    status: int = 200
    body: bytes = b'{"errcode":0,"errmsg":"ok"}'
    headers: Mapping[str, str] = field(default_factory=dict)
    before: Callable[[], None] = lambda: None
    hang_up: bool = False
    calls: list[Call] = field(default_factory=list)
    url: str = ""


@contextmanager
def a_web_server(answering: Answering) -> Iterator[Answering]:
    """Serve on loopback until the block ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            length = int(self.headers.get("Content-Length", "0"))
            answering.calls.append(Call(self.path, self.headers, self.rfile.read(length)))
            answering.before()
            if answering.hang_up:
                self.connection.shutdown(socket.SHUT_RDWR)
                return
            self.send_response(answering.status)
            for name, value in answering.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answering.body)))
            self.end_headers()
            self.wfile.write(answering.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            return None

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    answering.url = f"http://127.0.0.1:{server.server_address[1]}/robot/send?key=0123456789abcdef-secret"
    try:
        yield answering
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def a_closed_port() -> int:
    """Return a port of this machine on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
