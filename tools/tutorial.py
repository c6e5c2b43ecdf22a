"""Runs the commands of a tutorial page and compares their output with the page.

A fenced block `sh` is run by bash in one folder, all blocks of a page in order; `sh exit=9` must end with that code.
A block `text` right after it is the expected output; `…` alone on a line stands for any number of lines.
`python -m tools.tutorial PAGE` rewrites the blocks `text`.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

NOW = "2026-11-20T09:00:00+08:00"
BLOCK = re.compile(
    r"^```sh(?: exit=(\d+))?\n(.*?)^```\n(?:\n```text\n(.*?)^```\n)?", re.DOTALL | re.MULTILINE
)
REFERENCE = re.compile(r"\b[0-9a-f]{6}\b")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One block of a page: commands, expected and actual exit code, expected and actual output."""

    commands: str
    wanted: int
    ended: int
    shown: str | None
    said: str

    @property
    def agrees(self) -> bool:
        """Return whether exit code and output are as the page shows."""
        return self.ended == self.wanted and (self.shown is None or _alike(self.shown, self.said))


def steps(page: str, folder: Path, language: str) -> Iterator[Step]:
    """Run the blocks of a page in a folder and yield each with its result."""
    environ = {**os.environ, "SLA_NOW": NOW, "SLA_LANG": language, "PYTHONUNBUFFERED": "1"}
    environ["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environ["PATH"]])
    kept = folder / ".environ"
    kept.touch()
    for found in BLOCK.finditer(page):
        wanted, commands, shown = found.groups()
        script = f"set -a; . {kept}; set +a\n{commands}code=$?; export -p > {kept}; exit $code\n"
        outcome = subprocess.run(
            ["bash", "-c", script],
            cwd=folder,
            env=environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
            check=False,
        )
        said = outcome.stdout.replace(str(folder), "/srv")
        yield Step(
            commands=commands,
            wanted=int(wanted or 0),
            ended=outcome.returncode,
            shown=shown,
            said=said,
        )


def _alike(shown: str, said: str) -> bool:
    pattern = "".join(
        "(?:.*\n)*?" if line == "…" else re.escape(line) + "\n"
        for line in _lines(REFERENCE.sub("REF", shown))
    )
    return (
        re.fullmatch(pattern, "".join(f"{line}\n" for line in _lines(REFERENCE.sub("REF", said)))) is not None
    )


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().splitlines()]


def main(pages: list[str]) -> int:
    """Rewrite the expected output in the pages."""
    for name in pages:
        path = Path(name)
        page = path.read_text(encoding="utf-8")
        with tempfile.TemporaryDirectory() as folder:
            done = iter(steps(page, Path(folder), "zh_CN" if ".zh." in name else "en"))

            def block(found: re.Match[str], done: Iterator[Step] = done) -> str:
                step = next(done)
                if step.ended != step.wanted:
                    sys.stderr.write(f"{step.commands}ended with {step.ended}:\n{step.said}\n")
                if found[3] is None or step.agrees:
                    return found[0]
                said = "\n".join(_lines(step.said))
                return found[0].removesuffix(f"```text\n{found[3]}```\n") + f"```text\n{said}\n```\n"

            path.write_text(BLOCK.sub(block, page), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
