"""README's tour, word for word, over the deployment that `make run` makes."""

import os
import re
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
# In the second, months of the demonstration's past are closed already.
MOMENTS = ("2026-11-20T17:30:00+08:00", "2026-12-01T04:05:00+08:00")


def shell(command: str, folder: Path, now: str = MOMENTS[0]) -> str:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    outcome = subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env={**os.environ, "PATH": path, "SLA_NOW": now, "SLA_DEPLOYMENT": ".run/dealership"},
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )
    assert outcome.returncode == 0, f"{command}\n{outcome.stdout}{outcome.stderr}"
    return outcome.stdout + outcome.stderr


def made(folder: Path, now: str = MOMENTS[0]) -> Path:
    (demo,) = set(re.findall(r"\$\(BIN\)/(sla demo .*)", MAKEFILE))  # that of `make run`, and of `make web`
    shell(demo.replace("$(TRIAL)", ".run/dealership"), folder, now)
    return folder


@pytest.mark.parametrize("now", MOMENTS)
def test_the_tour_does_what_it_says(tmp_path: Path, now: str) -> None:
    folder = made(tmp_path, now)
    (tour,) = re.findall(r"## A tour.*?```sh\n(.*?)```", README, re.DOTALL)
    steps = [line for line in tour.splitlines() if not line.startswith("export")]
    assert len(steps) == 10
    said: dict[str, str] = {}
    reference = ""
    for step in steps:
        if "REF" in step and not reference:
            reference = re.findall(r"(\w{6}) .*装饰单 ", said[steps[0]])[0]
        said[step] = shell(step.replace("REF", reference), folder, now)
    first, second, due, why, *_verdicts, ahead, month, last_month = (said[step] for step in steps)
    assert (first.count("生成"), second.count("生成")) == (2, 3)
    assert reference in due
    third = datetime.fromisoformat(now).date() + timedelta(days=2)
    assert f"3 个自然日后是 {third}" in why
    assert "暂定" in ahead
    assert now[:7] in month
    assert re.search(r"[1-9]\d*/[1-9]", last_month), "last month has something in it"


def test_the_agreement_has_the_obligations_that_are_named(tmp_path: Path) -> None:
    folder = made(tmp_path)
    (named,) = re.findall(r"real agreement: (\d+) obligations", README)
    assert f"约定 {named} 项" in shell("sla doctor", folder)
