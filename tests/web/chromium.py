"""Debian's Chromium, driven over its own protocol (DevTools), as somebody at a answers or with a phone."""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import os
import shutil
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from tests.requirements import go_without

PROGRAMS = ("chromium", "chromium-browser", "google-chrome")
SECONDS = 20.0


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
        assert "error" not in answer, answer
        result: dict[str, Any] = answer["result"]
        return result

    async def run(self, script: str) -> Any:
        found = await self.call("Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in found, found
        return found["result"].get("value")

    async def until(self, condition: str) -> None:
        """Wait until a script says true."""
        deadline = asyncio.get_running_loop().time() + SECONDS
        while True:
            found = await self.call("Runtime.evaluate", expression=condition, returnByValue=True)
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

    async def picture(self, file: Path, *, whole: bool = False) -> None:
        found = await self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        file.write_bytes(base64.b64decode(found["data"]))


@asynccontextmanager
async def chromium() -> AsyncIterator[Page]:
    """Start a Chromium of one's own and yield its tab; skips the test where there is none."""
    program = next(filter(None, map(shutil.which, PROGRAMS)), None)
    if program is None:
        go_without("chromium")
    folder = Path(tempfile.mkdtemp(prefix="sla-chromium-"))
    words = [program, "--headless=new", "--remote-debugging-port=0", f"--user-data-dir={folder}"]
    words += ["--no-first-run", "--disable-gpu", "--disable-dev-shm-usage", "--lang=en"]
    words += ["--no-sandbox"] if os.geteuid() == 0 else []
    process = await asyncio.create_subprocess_exec(
        *words, "about:blank", stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL
    )
    try:
        port = await _port(folder / "DevToolsActivePort")
        async with ClientSession() as http:
            async with http.get(f"http://127.0.0.1:{port}/json/list") as answer:
                tabs = [tab for tab in await answer.json() if tab["type"] == "page"]
            async with http.ws_connect(tabs[0]["webSocketDebuggerUrl"], max_msg_size=0) as socket:
                page = Page(socket)
                listening = asyncio.create_task(page.listen())
                await page.call("Page.enable")
                await page.call("Runtime.enable")
                yield page
                listening.cancel()
    finally:
        process.kill()
        await process.wait()
        shutil.rmtree(folder, ignore_errors=True)


async def _port(file: Path) -> int:
    deadline = asyncio.get_running_loop().time() + 60
    while not file.exists() or not file.read_text().strip():
        assert asyncio.get_running_loop().time() < deadline, "Chromium did not start"
        await asyncio.sleep(0.05)
    return int(file.read_text().split()[0])
