"""One company for all tests of who reads what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.reading.company import Company, a_company


@pytest.fixture(scope="session")
def one_company(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Company]:
    """Yield a company whose texts are marked; no test adds to what is hidden."""
    with a_company(tmp_path_factory.mktemp("reading") / "company") as company:
        yield company


@pytest.fixture
def company(one_company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Company:
    """Give the company, in an empty folder for what commands write."""
    monkeypatch.chdir(tmp_path)
    return one_company
