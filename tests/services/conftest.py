"""A ServiceContext of the small company, on Friday 2026-11-20 at 14:00."""

import pytest

from sla_tracker.services.context import ServiceContext
from sla_tracker.testing.company import a_context
from tests.services.stores import any_store, stores  # noqa: F401 - fixtures


@pytest.fixture
def context() -> ServiceContext:
    return a_context()
