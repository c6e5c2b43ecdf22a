"""Prints the page of a report to PDF with the Chromium of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from sla_tracker.errors import N_, Refused
from sla_tracker.report.model import Report
from sla_tracker.report.page import as_page

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome")
SECONDS = 120.0
OWN_STATUS = Path("/proc/self/status")
# What the hardened unit of the service forbids: memory that is written and then run, and namespaces. The page is the
# program's own, and its policy lets no script run.
CONFINED = ("--no-zygote", "--js-flags=--jitless", "--disable-dev-shm-usage")


def browser() -> str:
    """Return the path of an installed browser that can print; empty without one."""
    return next((found for name in BROWSERS if (found := shutil.which(name))), "")


def as_pdf(report: Report) -> bytes:
    """Return a report as PDF; raises Refused where no browser can print it."""
    program = browser()
    if not program:
        raise Refused(
            N_(
                "A PDF needs Chromium, which is not installed here; install it, or write .html and print that to PDF "
                "with any browser."
            )
        )
    with tempfile.TemporaryDirectory() as folder:
        page, target = Path(folder) / "report.html", Path(folder) / "report.pdf"
        page.write_bytes(as_page(report))
        try:
            done = subprocess.run(
                _command(program, folder, page, target),
                capture_output=True,
                timeout=SECONDS,
                check=False,
                env={**os.environ, "HOME": folder},  # the service's cannot be written to
            )
        except (OSError, subprocess.TimeoutExpired) as reason:
            raise Refused(
                N_("{program} did not print the report: {why}"), program=program, why=reason
            ) from reason
        if not target.is_file():
            why = done.stderr.decode(errors="replace").strip()[-200:]
            raise Refused(N_("{program} did not print the report: {why}"), program=program, why=why)
        return target.read_bytes()


def _command(program: str, folder: str, page: Path, target: Path) -> list[str]:
    options = [
        "--headless",
        "--disable-gpu",
        "--disable-extensions",
        "--no-first-run",
        f"--user-data-dir={folder}/profile",
        "--no-pdf-header-footer",
        f"--print-to-pdf={target}",
    ]
    if os.geteuid() == 0 or is_confined():
        options.append("--no-sandbox")  # Chromium refuses to start as root with its sandbox
    if is_confined():
        options += CONFINED
    return [program, *options, page.as_uri()]


def is_confined() -> bool:
    """Return whether this process cannot make a sandbox.

    Under the service's unit, for example, it may get no new rights.
    """
    try:
        return "\nNoNewPrivs:\t1" in OWN_STATUS.read_text(encoding="ascii", errors="replace")
    except OSError:
        return False
