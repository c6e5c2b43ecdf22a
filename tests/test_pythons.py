"""Which Pythons it runs on: what is said is what is tried, and one that is too old reads a sentence."""

import ast
import re
import sys
from pathlib import Path

import pytest

from sla_tracker import __main__ as program
from tests.test_repository import PROJECT, ROOT

CLASSIFIER = re.compile(r"Programming Language :: Python :: (3\.\d+)")
# Every one of them, and nothing else of ours, is loaded before the version is looked at and for the sentence about it.
BEFORE = ("sla_tracker/__init__.py", "sla_tracker/__main__.py", "sla_tracker/i18n/__init__.py")
OLDER = (3, 8)


def tried() -> list[str]:
    return [found[1] for line in PROJECT["project"]["classifiers"] if (found := CLASSIFIER.fullmatch(line))]


def test_the_readme_names_the_pythons_that_were_tried() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    (named,) = re.findall(r"tried with\s(.+?) on every change", readme)
    assert re.findall(r"3\.\d+", named) == tried()


def test_the_oldest_that_was_tried_is_the_one_that_is_asked_for() -> None:
    oldest = ".".join(map(str, program.OLDEST))
    assert PROJECT["project"]["requires-python"] == f">={oldest}"
    assert tried()[0] == oldest
    assert f"Python {oldest} or newer" in (ROOT / "README.md").read_text("utf-8")
    assert f"sys.version_info < {program.OLDEST}" in (ROOT / "Makefile").read_text("utf-8")
    assert f"OLDEST = {program.OLDEST}" in (ROOT / "hatch_build.py").read_text("utf-8")


@pytest.mark.parametrize(
    ("lang", "said"),
    [("en", "sla_tracker needs Python 99.0 or newer"), ("zh_CN", "需要 Python 99.0 或更新的版本")],
)
def test_a_python_that_is_too_old_is_told_so(lang: str, said: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "OLDEST", (99, 0))
    monkeypatch.setenv("SLA_LANG", lang)
    with pytest.raises(SystemExit, match=said) as caught:
        program.main()
    assert f"Python {sys.version_info.major}.{sys.version_info.minor}" in str(caught.value)


@pytest.mark.parametrize("name", BEFORE)
def test_an_older_python_can_read_what_tells_it_so(name: str) -> None:
    ast.parse(Path(ROOT, name).read_text("utf-8"), feature_version=OLDER)
