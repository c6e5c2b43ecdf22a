"""Measures a service under load: idle terminals, callers in a closed loop, and waits at half their rate.

Short by default; `SLA_BENCH_TERMINALS=200 SLA_BENCH_SECONDS=180 make bench ARGS=serving` is the whole of it.
Needs root, to call as other logins.
"""

from __future__ import annotations

import os
import select
import subprocess
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from itertools import cycle
from pathlib import Path
from random import Random

from benchmarks._limits import at_most
from tests.serve.host import ADMIN, LI, WANG, Host, a_host, descendants
from tests.serve.terminal import Terminal

TERMINALS = int(os.environ.get("SLA_BENCH_TERMINALS", "8"))
SECONDS = float(os.environ.get("SLA_BENCH_SECONDS", "15"))
CALLERS, ACTING, ACT_SECONDS = 8, 30, 10.0
# Terminals that were begun in one moment read and draw for half a second after their first words.
SETTLE_SECONDS = 5.0
LOGINS = (WANG, LI, ADMIN)
MOST_PRIVATE_MB, MOST_IDLE = 45.0, 0.005  # of one terminal: memory, and share of a processor
MOST_P99 = 10.0  # times the median


class Drain:
    """Reads what terminals draw, so that none of them waits for its screen."""

    def __init__(self, terminals: Sequence[Terminal]) -> None:
        self._masters = [terminal.master for terminal in terminals]
        self._is_over = threading.Event()
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def _read(self) -> None:
        while not self._is_over.is_set():
            ready, _write, _error = select.select(self._masters, [], [], 0.2)
            for master in ready:
                os.read(master, 65536)

    def end(self) -> None:
        """Stop reading."""
        self._is_over.set()
        self._thread.join()


@contextmanager
def a_busy_host(*, running: bool = True) -> Iterator[Host]:
    """Yield a host whose limits let a few logins stand for many people."""
    with a_host(running=False) as host:
        limits = "[serve]\nterminals = 100\ncommands = 100\ncalls_per_second = 1000"
        host.change_settings("[serve]", limits)
        if running:
            host.start()
        yield host


def processor_seconds(pids: Sequence[int]) -> float:
    """Return the processor time that processes have taken."""
    ticks = 0
    for pid in pids:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
        ticks += int(fields[11]) + int(fields[12])
    return ticks / os.sysconf("SC_CLK_TCK")


def private_mb(pid: int) -> float:
    """Return the memory that a process shares with no other."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii").splitlines()
    return sum(int(line.split()[1]) for line in lines if line.startswith("Private_")) / 1024


def idle(host: Host, count: int) -> None:
    """Print and check what open terminals take that nobody touches."""
    assert host.service is not None
    generation = descendants(host.service.pid)[0]
    with ExitStack() as stack:
        opened = [
            stack.enter_context(Terminal(host, login)) for login, _number in zip(cycle(LOGINS), range(count))
        ]
        for terminal in opened:
            terminal.wait_for("2026", 120)
        drain = Drain(opened)
        time.sleep(SETTLE_SECONDS)
        sessions = [pid for pid in descendants(host.service.pid) if pid != generation]
        memory = sorted(private_mb(pid) for pid in sessions)
        before = processor_seconds(sessions)
        time.sleep(SECONDS)
        share = (processor_seconds(sessions) - before) / SECONDS / len(sessions)
        drain.end()
        for terminal in opened:
            terminal.type("q")
    median = memory[len(memory) // 2]
    print(f"{count} idle terminals: {median:.0f} MB private and {share * 100:.2f} % of a processor each")
    at_most(median, MOST_PRIVATE_MB, "MB of memory of its own of an idle terminal")
    at_most(share, MOST_IDLE, "share of a processor of an idle terminal")


class Callers:
    """Logins that call one command after the other, all at once."""

    def __init__(self, host: Host, references: Sequence[str], pause: float = 0.0) -> None:
        self.host, self.references, self._pause = host, references, pause
        self.waits: list[float] = []
        self.failed: list[str] = []

    def run(self, seconds: float) -> None:
        """Call for some seconds."""
        until = time.monotonic() + seconds
        threads = [threading.Thread(target=self._call, args=(number, until)) for number in range(CALLERS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def _call(self, number: int, until: float) -> None:
        chance = Random(number)
        # All at once would be the whole load, however long they wait afterwards.
        time.sleep(self._pause * number / CALLERS)
        while time.monotonic() < until:
            began = time.monotonic()
            wrong = self.one(number, chance)
            self.waits.append(time.monotonic() - began)
            if wrong:
                self.failed.append(wrong)
            time.sleep(self._pause)

    def one(self, _number: int, chance: Random) -> str:
        """Make one call; return what went wrong, or nothing."""
        reference = chance.choice(self.references)
        words = chance.choice(
            (["due"], ["show", reference], ["why", reference], ["score"], ["note", reference, "x"])
        )
        command, environ, home = self.host.call_words(WANG, *words)
        done = subprocess.run(
            command, env=environ, cwd=home, stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
        return f"{words[0]}: {done.stderr.decode()[-200:]}" if done.returncode else ""

    def ratio(self) -> float:
        """Return the slowest of a hundred calls as a multiple of the median."""
        waits = sorted(self.waits)
        return waits[int(len(waits) * 0.99)] / waits[len(waits) // 2]

    def report(self, how: str) -> None:
        """Print the median and the slowest of a hundred calls."""
        median = sorted(self.waits)[len(self.waits) // 2]
        print(
            f"{how}: median {median * 1000:.0f} ms, p99 {median * self.ratio() * 1000:.0f} ms "
            f"({self.ratio():.1f} x, at most {MOST_P99:.0f})"
        )


@contextmanager
def acting_terminals(host: Host) -> Iterator[int]:
    """Open terminals in which somebody presses a key every ten seconds, and yield their number."""
    with ExitStack() as stack:
        acting = [
            stack.enter_context(Terminal(host, login))
            for login, _number in zip(cycle(LOGINS), range(min(ACTING, TERMINALS)))
        ]
        for terminal in acting:
            terminal.wait_for("2026", 120)
        drain = Drain(acting)
        time.sleep(SETTLE_SECONDS)
        over = threading.Event()
        typing = threading.Thread(target=_type, args=(acting, over))
        typing.start()
        try:
            yield len(acting)
        finally:
            over.set()
            typing.join()
            drain.end()


def main() -> None:
    with a_busy_host() as host:
        references = [
            one["reference"] for number in range(6) for one in host.event(WANG, f"鄂F·{number:05}")["opened"]
        ]
        mine = [one for one in references if not host.call(WANG, "note", one, "x", code=None).returncode]
        idle(host, TERMINALS)
        free = Callers(host, mine)
        free.run(SECONDS)
        rate = len(free.waits) / SECONDS
        print(f"{CALLERS} callers at once: {rate:.0f} commands a second")
        half = Callers(host, mine, pause=CALLERS / rate)
        with acting_terminals(host) as count:
            half.run(SECONDS)
        half.report(f"at half that rate with {count} terminals that act")
        assert not free.failed + half.failed, (free.failed + half.failed)[:3]
        at_most(half.ratio(), MOST_P99, "slowest of a hundred calls / the median")
        assert host.call(ADMIN, "verify").returncode == 0


def _type(terminals: Sequence[Terminal], over: threading.Event) -> None:
    for key in cycle("jk"):
        for terminal in terminals:
            terminal.type(key)
        if over.wait(ACT_SECONDS):
            return


if __name__ == "__main__":
    main()
