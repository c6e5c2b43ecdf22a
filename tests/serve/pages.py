"""The web part of a host, switched on as an administrator does."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

from aiohttp import ClientSession

from sla_tracker.deployment.web_access.kept import KeptAccess
from sla_tracker.services.web_access.tokens import Token, TokenKind
from tests.serve.host import PEOPLE, SERVICE, Host
from tests.web.site import PASSWORD, Browser, free_port


class Pages:
    """The web part of a host, as a browser finds it."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.port = free_port()

    @property
    def base(self) -> str:
        return f"http://localhost:{self.port}"

    def switch_on(self, limits: str = "") -> None:
        """Name the address in the settings, and give passwords and a token, as an administrator does."""
        text = f'[web]\nurl = "{self.base}"\nlisten = "127.0.0.1:{self.port}"\n\n[serve]\n{limits}'
        self.host.change_settings("[serve]\n", text)
        access = KeptAccess(self.host.deployment)
        for person in PEOPLE:
            access.passwords.change(person, PASSWORD)
        self.token = access.add_token(
            Token(
                hash="",
                kind=TokenKind.API,
                made_at=datetime.now(UTC),
                made_by="lin.tao",
                name="erp",
                department="sales",
                events=("vehicle-delivered",),
                may_read=True,
                until=datetime.now(UTC).date() + timedelta(days=2),
            )
        )
        for file in self.host.deployment.iterdir():
            shutil.chown(file, SERVICE, SERVICE)

    def listens(self) -> bool:
        return self.host.count("web listens") >= 1

    @asynccontextmanager
    async def person(self, id: str) -> AsyncIterator[Browser]:
        async with ClientSession() as http:
            browser = Browser(self, http, self.base)  # type: ignore[arg-type]
            seen = await browser.log_in(id)
            assert seen.status == 200, seen.words
            yield browser
