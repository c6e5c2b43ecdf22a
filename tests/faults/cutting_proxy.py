"""A TCP proxy on loopback that can lose the answer to a commit, or the question."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum

COMMIT = b"sla.commit_change"


class Cut(Enum):
    """When the connection is cut: never, before the server hears of the commit, or before the client hears back."""

    NEVER = "never"
    QUESTION = "question"
    ANSWER = "answer"


class Proxy:
    """Passes bytes on between clients and a server; `cuts` tells what to do with the next commits, one each."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._lock = threading.Lock()
        self.cuts: list[Cut] = []
        self.cut = 0
        self.port = int(self._listener.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Let nobody in any more; connections that stand go on."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with client, socket.create_connection(self._target) as server:
            losing = threading.Event()
            back = threading.Thread(target=self._answer, args=(server, client, losing), daemon=True)
            back.start()
            with suppress(OSError):
                while content := client.recv(65536):
                    how = self._next(content)
                    if how is Cut.QUESTION:
                        break
                    if how is Cut.ANSWER:
                        losing.set()
                    server.sendall(content)
            with suppress(OSError):
                server.shutdown(socket.SHUT_RDWR)
                client.shutdown(socket.SHUT_RDWR)
            back.join()

    def _answer(self, server: socket.socket, client: socket.socket, losing: threading.Event) -> None:
        """Pass answers on; the one that comes after a commit to be lost is read to the end and thrown away."""
        with suppress(OSError):
            while content := server.recv(65536):
                if losing.is_set():
                    client.shutdown(socket.SHUT_RDWR)
                    return
                client.sendall(content)

    def _next(self, content: bytes) -> Cut:
        with self._lock:
            if not self.cuts or COMMIT not in content:
                return Cut.NEVER
            self.cut += 1
            return self.cuts.pop(0)


@contextmanager
def proxying(port: int) -> Iterator[Proxy]:
    """Run a proxy in front of a server on loopback."""
    proxy = Proxy(("127.0.0.1", port))
    try:
        yield proxy
    finally:
        proxy.close()
