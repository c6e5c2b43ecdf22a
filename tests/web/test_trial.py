"""`make web`: a trial in the browser of this machine, without a service."""

import asyncio
import os
import re
import shutil
import signal
import sys
from pathlib import Path

import pytest
from aiohttp import ClientSession

from sla_tracker.deployment.direct import DirectDeployment
from sla_tracker.serve.web.login.logins import OPENING_SECONDS, Trial
from tests.requirements import go_without

ROOT = Path(__file__).resolve().parents[2]


async def test_make_web_starts_answers_and_stops(dealer: DirectDeployment, tmp_path: Path) -> None:
    if shutil.which("make") is None:
        go_without("make")
    dealer.close()
    given = tmp_path / "given"
    browser = tmp_path / "browser"
    browser.write_text(
        f'#!/bin/sh\ncp "${{1#file://}}" {given}.part && mv {given}.part {given}\n', encoding="utf-8"
    )
    browser.chmod(0o755)
    process = await asyncio.create_subprocess_exec(
        "make", "-s", "web", f"TRIAL={dealer.folder}", f"BIN={Path(sys.executable).parent}", "READY=",
        cwd=ROOT,
        env={**os.environ, "BROWSER": f"{browser} %s", "SLA_LANG": "en"},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
        start_new_session=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        assert process.stderr is not None
        async with asyncio.timeout(40):
            said = [(await process.stdout.readline()).decode() for _line in range(2)]
            base = said[0].split()[-1]
            assert base.startswith("http://localhost:"), said
            word = re.search(r"password ([0-9a-f]{4}-[0-9a-f]{4})", said[1])
            assert word, said
            while not given.exists():
                await asyncio.sleep(0.02)
            secret = re.search(r'name="secret" value="([^"]+)"', given.read_text(encoding="utf-8"))
            assert secret
            await _look(base, secret[1], word[1])
    finally:
        os.killpg(process.pid, signal.SIGINT)
        _output, errors = await asyncio.wait_for(process.communicate(), 20)
    assert b"{" not in errors, "neither a traceback nor the service's log"
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection("127.0.0.1", int(base.rpartition(":")[2]))


async def _look(base: str, secret: str, word: str) -> None:
    words = [file.read_bytes() for file in Path("/proc").glob("[0-9]*/cmdline") if _is_there(file)]
    assert not any(secret.encode() in line or word.encode() in line for line in words), (
        "others read arguments"
    )
    async with ClientSession() as http:
        async with http.get(f"{base}/healthz") as answer:
            assert (answer.status, await answer.text()) == (200, "ok\n")
        async with http.post(f"{base}/open", data={"secret": secret}) as answer:
            assert answer.status == 200
            assert "王芳" in await answer.text()
    async with ClientSession() as http:
        async with http.post(f"{base}/open", data={"secret": secret}) as answer:
            assert answer.url.path == "/login", "the secret is good once"
        form = {"name": "zhou.min", "password": word}
        async with http.post(f"{base}/login", data=form, headers={"Origin": base}) as answer:
            assert "周敏" in await answer.text()


def _is_there(file: Path) -> bool:
    try:
        return bool(file.read_bytes())
    except OSError:
        return False


def test_the_secret_of_a_trial_is_good_for_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    trial = Trial("wang.fang", "王芳")
    assert not trial.takes("")
    assert not trial.takes("guessed")
    monkeypatch.setattr("time.monotonic", lambda: trial._until + 0.1)
    assert OPENING_SECONDS == 60
    assert not trial.takes(trial.secret)
