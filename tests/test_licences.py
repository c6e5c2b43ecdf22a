"""The program is MIT: what it is installed with must not ask more of those who pass it on."""

import re
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKED = re.findall(
    r"^([\w.-]+)==[^\s;]+( ;)?", (ROOT / "requirements.lock").read_text("utf-8"), re.MULTILINE
)
PUBLIC = re.compile(r"\bA?GPL|GNU (Affero )?General Public", re.IGNORECASE)
LESSER = re.compile(r"\bLGPL|GNU (Lesser|Library) General Public", re.IGNORECASE)
# docs/decisions.md gives the reason; a name belongs here only with one.
LESSER_ALLOWED = {"psycopg", "psycopg-binary"}


def licence_of(name: str) -> str:
    """Put together what a distribution says of its licence; raise PackageNotFoundError where it is absent."""
    metadata = distribution(name).metadata
    classifiers = [one for one in metadata.get_all("Classifier", []) if one.startswith("License ::")]
    titles = [one.strip().split("\n")[0] for one in metadata.get_all("License", [])]
    return "; ".join([*metadata.get_all("License-Expression", []), *titles, *classifiers])


def licences() -> dict[str, str]:
    found = {}
    for name, marker in LOCKED:
        try:
            found[name] = licence_of(name)
        except PackageNotFoundError:
            assert marker, f"{name} is locked for every system, but not installed"
    return found


def test_every_locked_package_states_its_licence() -> None:
    assert [name for name, licence in licences().items() if not licence] == []


def test_no_locked_package_is_under_a_licence_that_reaches_the_program() -> None:
    assert {name: licence for name, licence in licences().items() if PUBLIC.search(licence)} == {}


def test_a_lesser_licence_is_named_with_its_reason() -> None:
    assert {name for name, licence in licences().items() if LESSER.search(licence)} == LESSER_ALLOWED
    decisions = (ROOT / "docs" / "decisions.md").read_text("utf-8")
    assert re.search(r"psycopg.*LGPL", decisions)


@pytest.mark.parametrize(
    ("licence", "public", "lesser"),
    [
        ("GPL-3.0-or-later", True, False),
        ("AGPL-3.0-only", True, False),
        ("License :: OSI Approved :: GNU General Public License v2 (GPLv2)", True, False),
        ("LGPL-3.0-only", False, True),
        ("License :: OSI Approved :: GNU Lesser General Public License v3 (LGPLv3)", False, True),
        ("MIT", False, False),
    ],
)
def test_the_patterns_tell_the_licences_apart(licence: str, public: bool, lesser: bool) -> None:
    assert bool(PUBLIC.search(licence)) is public
    assert bool(LESSER.search(licence)) is lesser
