"""A host whose service runs, for the tests of one module."""

from collections.abc import Iterator

import pytest

from tests.serve.host import Host, a_host


@pytest.fixture(scope="module")
def host() -> Iterator[Host]:
    with a_host() as made:
        yield made


@pytest.fixture(scope="module")
def quiet_host() -> Iterator[Host]:
    """Yield a host whose service does not run."""
    with a_host(running=False) as made:
        yield made


@pytest.fixture
def own_host() -> Iterator[Host]:
    """Yield a host of one test's own, for what the others would notice."""
    with a_host() as made:
        yield made
