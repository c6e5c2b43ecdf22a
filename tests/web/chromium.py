"""Debian's Chromium, driven over its own protocol (DevTools), as somebody at a desk or with a phone."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import itertools
import json
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from tests.requirements import go_without

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 20.0


class Navigated(AssertionError):
    """The document that was asked has gone away for another."""


@dataclass
class Page:
    """One tab."""

    socket: ClientWebSocketResponse
    numbers: Any = field(default_factory=lambda: itertools.count(1))
    waiting: dict[int, asyncio.Future[dict[str, Any]]] = field(default_factory=dict)
    events: list[dict[str, Any]] = field(default_factory=list)

    async def listen(self) -> None:
        async for message in self.socket:
            if message.type is not WSMsgType.TEXT:
                continue
            content = json.loads(message.data)
            if "id" in content and content["id"] in self.waiting:
                self.waiting.pop(content["id"]).set_result(content)
            else:
                self.events.append(content)

    async def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        number = next(self.numbers)
        self.waiting[number] = asyncio.get_running_loop().create_future()
        await self.socket.send_json({"id": number, "method": method, "params": parameters})
        answer = await asyncio.wait_for(self.waiting[number], SECONDS)
        if "navigated" in answer.get("error", {}).get("message", ""):
            raise Navigated(answer)
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    async def run(self, script: str) -> Any:
        found = await self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def until(self, condition: str) -> None:
        """Wait until a script, or the promise that it makes, says true."""
        deadline = asyncio.get_running_loop().time() + SECONDS
        while True:
            # A document that goes away answers with an error; the next one is asked again.
            with contextlib.suppress(Navigated):
                found = await self.call(
                    "Runtime.evaluate", expression=condition, returnByValue=True, awaitPromise=True
                )
                if found["result"].get("value"):
                    return
            assert asyncio.get_running_loop().time() < deadline, (condition, await self.text())
            await asyncio.sleep(0.02)

    async def open(self, address: str) -> None:
        await self.run("window.wasHere = true")
        await self.call("Page.navigate", url=address)
        await self.loaded()

    async def loaded(self) -> None:
        """Wait until another document has come."""
        await self.until("window.wasHere === undefined && document.readyState === 'complete'")

    async def text(self) -> str:
        return str(
            (
                await self.call(
                    "Runtime.evaluate",
                    expression="document.body && document.body.innerText",
                    returnByValue=True,
                )
            )["result"].get("value")
        )

    async def fill(self, selector: str, value: str) -> None:
        """Type into a field as somebody does."""
        await self.run(f"document.querySelector({json.dumps(selector)}).focus()")
        await self.call("Input.insertText", text=value)

    async def click(self, selector: str) -> None:
        await self.run(f"document.querySelector({json.dumps(selector)}).click()")

    async def submit(self, selector: str) -> None:
        """Press a button, and wait for the page that it leads to."""
        await self.run("window.wasHere = true")
        await self.click(selector)
        await self.loaded()

    async def size(self, width: int, height: int, *, phone: bool = False) -> None:
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=1,
            mobile=phone,
        )

    def asked(self) -> set[str]:
        """Return every address that the tab asked for."""
        requests = [one["params"] for one in self.events if one.get("method") == "Network.requestWillBeSent"]
        sockets = [one["params"] for one in self.events if one.get("method") == "Network.webSocketCreated"]
        return {one["request"]["url"] for one in requests} | {one["url"] for one in sockets}

    async def press(self, key: str, *, control: bool = False, command: str = "") -> None:
        """Press a key; `command` is what the browser's own menu calls it, such as copy."""
        code = f"Key{key.upper()}"
        facts = {
            "key": key,
            "code": code,
            "windowsVirtualKeyCode": ord(key.upper()),
            "modifiers": 2 if control else 0,
        }
        await self.call(
            "Input.dispatchKeyEvent", type="rawKeyDown", commands=[command] if command else [], **facts
        )
        await self.call("Input.dispatchKeyEvent", type="keyUp", **facts)

    async def shown_as(self, medium: str, scheme: str) -> None:
        """Show the page on a screen or as printed, to somebody who likes it light or dark."""
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        await self.call("Emulation.setEmulatedMedia", media=medium, features=features)

    async def picture(self, file: Path, *, whole: bool = False) -> None:
        found = await self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(found["data"]))


@contextmanager
def chromium() -> Iterator[int]:
    """Run a Chromium and yield the port of its protocol; skips the test where there is none."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        go_without("chromium")
    folder = Path(tempfile.mkdtemp(prefix="sla-chromium-"))
    words = [program, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={folder}"]
    words += ["--no-first-run", "--disable-gpu", "--disable-dev-shm-usage", "--lang=en"]
    words += ["--no-sandbox"] if os.geteuid() == 0 else []
    process = subprocess.Popen(
        [*words, "about:blank"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield _port(folder / "DevToolsActivePort")
    finally:
        process.kill()
        process.wait()
        shutil.rmtree(folder, ignore_errors=True)


def _port(file: Path) -> int:
    deadline = time.monotonic() + 60
    while not file.exists() or not file.read_text().strip():
        assert time.monotonic() < deadline, "Chromium did not start"
        time.sleep(0.05)
    return int(file.read_text().split()[0])


@asynccontextmanager
async def a_tab(port: int) -> AsyncIterator[Page]:
    """Open a tab that shares neither cookies nor files with others, and yield it."""
    place = f"127.0.0.1:{port}"
    async with ClientSession() as http:
        async with http.get(f"http://{place}/json/version") as answer:
            address = (await answer.json())["webSocketDebuggerUrl"]
        async with attached(http, address) as browser:
            context = (await browser.call("Target.createBrowserContext"))["browserContextId"]
            allowed = ["clipboardReadWrite", "clipboardSanitizedWrite"]
            await browser.call("Browser.grantPermissions", permissions=allowed, browserContextId=context)
            made = await browser.call("Target.createTarget", url="about:blank", browserContextId=context)
            async with attached(http, f"ws://{place}/devtools/page/{made['targetId']}") as page:
                for domain in ("Page", "Runtime", "Network"):
                    await page.call(f"{domain}.enable")
                # Else the clipboard refuses a tab that another one of the browser has taken the focus from.
                await page.call("Emulation.setFocusEmulationEnabled", enabled=True)
                yield page
            await browser.call("Target.disposeBrowserContext", browserContextId=context)


@asynccontextmanager
async def attached(http: ClientSession, address: str) -> AsyncIterator[Page]:
    """Speak to a tab, or to the browser itself."""
    async with http.ws_connect(address, max_msg_size=0) as socket:
        page = Page(socket)
        listening = asyncio.create_task(page.listen())
        try:
            yield page
        finally:
            listening.cancel()
