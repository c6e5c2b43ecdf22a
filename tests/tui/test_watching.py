"""What others do shows by itself, whichever store lies below; a server that drops a connection costs nothing."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest

from sla_tracker.services import events
from sla_tracker.services.context import ServiceContext
from sla_tracker.services.ports import Store
from sla_tracker.testing.company import a_context, an_actor, local
from sla_tracker.tui.app import SlaApp
from sla_tracker.tui.startup import start_of
from tests.storage.factories import SERVICE, Databases
from tests.tui.trial import a_deployment, quiet, text_of, until, work_some_days

SIZE = (110, 34)


def at_work(store: Store) -> ServiceContext:
    context = a_context(now="2026-11-02 09:00", store=store, name="Trial Motors")
    work_some_days(context)
    return context


def register(context: ServiceContext, plate: str) -> None:
    """Let a colleague at another screen register a delivery."""
    colleague = an_actor(context, "zhao.lei")
    events.register(context, colleague, "vehicle-delivered", subject=plate, at=local("2026-11-20 13:00"))


async def test_what_others_do_shows_by_itself(open_any_store: Callable[[], Store]) -> None:
    with closing(open_any_store()) as mine, closing(open_any_store()) as other:
        app = SlaApp(start_of(a_deployment(context=at_work(mine))))
        context = app.deployment.context
        async with app.run_test(size=SIZE) as pilot:
            await quiet(pilot)
            assert "鄂F·77777" not in text_of(app)
            register(replace(context, store=other), "鄂F·77777")
            await until(pilot, lambda: "鄂F·77777" in text_of(app), 6)
            await quiet(pilot)


@pytest.mark.postgres
async def test_a_dropped_connection_is_made_anew(databases: Databases, database: str) -> None:
    drop = f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{SERVICE}'"
    with closing(databases.store(database)) as mine:
        app = SlaApp(start_of(a_deployment(context=at_work(mine))))
        async with app.run_test(size=SIZE) as pilot:
            await quiet(pilot)
            assert databases.server.execute(drop, database)
            register(app.deployment.context, "鄂F·88888")
            await until(pilot, lambda: "鄂F·88888" in text_of(app), 6)
            assert "NOT REACHABLE" not in text_of(app)
            await quiet(pilot)
