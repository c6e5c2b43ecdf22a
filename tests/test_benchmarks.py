"""The benchmarks run one by one: each says what it measures and which limits it misses, and the others go on."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as benchmarks

WHOLE_SECONDS = 25 * 60
MADE_UP = {
    "misses": """
from benchmarks._limits import at_least, at_most, not_measured

def main() -> None:
    print("figures")
    not_measured("no server")
    at_most(1.0, 1.0, "kept")
    at_most(1.72, 1.7, "a list / another")
    at_least(150.4, 1_000, "as many")
""",
    "breaks": 'def main() -> None:\n    raise OSError("no room")\n',
    "asserts": 'def main() -> None:\n    assert 1 > 2, "nothing was drawn"\n',
    "skips": 'import pytest\n\ndef main() -> None:\n    pytest.skip("no logins")\n',
    "keeps": 'def main() -> None:\n    print("all is well")\n',
}


@pytest.fixture
def made_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    (tmp_path / "made_up").mkdir()
    for name, text in MADE_UP.items():
        (tmp_path / "made_up" / f"{name}.py").write_text(text, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", f"{Path(__file__).parents[1]}:{tmp_path}")
    return [f"made_up.{name}" for name in MADE_UP]


def test_one_that_fails_does_not_keep_the_others_from_running(
    made_up: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert benchmarks.main(made_up) == 3
    out, err = capfd.readouterr()
    _figures, _, summary = out.partition("== summary\n")
    assert "OSError: no room" in err
    assert "all is well" in out
    remarks = [line for line in summary.splitlines() if ": " in line]
    assert remarks == [
        "made_up.misses: not measured: no server",
        "made_up.misses: missed: a list / another: 1.72, at most 1.7",
        "made_up.misses: missed: as many: 150, at least 1,000",
        "made_up.breaks: failed; its reason stands above",
        "made_up.asserts: missed: nothing was drawn",
        "made_up.skips: not measured: no logins",
    ]
    assert re.findall(r"^(?:made_up\.(\w+)|together) +[\d,]+ +\d+$", summary, re.MULTILINE) == [*MADE_UP, ""]
    assert "No limit was missed" not in summary


def test_one_that_is_stopped_cleans_up() -> None:
    program = "import time\ntry:\n    print('begun', flush=True)\n    time.sleep(60)\nfinally:\n    print('cleaned up')"
    command = [sys.executable, "-c", program]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "begun\n"
        remarks: list[str] = []
        benchmarks._stop(process, remarks)
        assert process.stdout.read() == "cleaned up\n"
    assert remarks == [f"stopped after {benchmarks.LONGEST_SECONDS} seconds"]


def test_each_says_what_it_measures_and_how_long_it_takes(capsys: pytest.CaptureFixture[str]) -> None:
    assert set(benchmarks.LASTS) == set(benchmarks.names())
    assert sum(benchmarks.LASTS.values()) <= WHOLE_SECONDS
    for name in benchmarks.names():
        assert re.fullmatch(rf"== {name}: \S.+\. About \d+ seconds\.", benchmarks.heading(name))
    assert benchmarks.main(["unheard-of"]) == 1
    assert "There is no benchmark unheard-of; there are archives," in capsys.readouterr().err
