"""A desk of the small company, on Friday 2026-11-20 at 14:00."""

import pytest

from sla_tracker.desk.desk import Desk
from sla_tracker.testing.company import a_desk
from tests.desk.stores import any_store, stores  # noqa: F401 - fixtures


@pytest.fixture
def desk() -> Desk:
    return a_desk()
