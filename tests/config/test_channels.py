"""A deployment with channels: what it sets up, what its check-up says, and that secrets stay out of both."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest

from sla_tracker.deployment.direct import DirectDeployment, open_deployment
from sla_tracker.deployment.service import DeploymentService

CHANNELS = """
[notify.mail]
host = "localhost"
security = "none"
sender = "sla@example.com"

[notify.sales-robot]
kind = "wecom"
url_from = "env:SLA_TEST_ROBOT"
departments = ["sales"]

[reminders]
channels = ["mail", "sales-robot", "terminal"]
"""


@contextmanager
def a_deployment(folder: Path) -> Iterator[DirectDeployment]:
    file = DeploymentService().init(folder, config="dealership", trial=True, in_force_from=date(2026, 11, 1))
    text = file.read_text(encoding="utf-8")
    file.write_text(text.replace("# --- trial ---", f"{CHANNELS}\n# --- trial ---", 1), encoding="utf-8")
    deployment = open_deployment(folder)
    try:
        yield deployment
    finally:
        deployment.close()


def test_what_the_settings_name_is_set_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLA_TEST_ROBOT", "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=hush-hush")
    with a_deployment(tmp_path) as deployment:
        channels = deployment.channels()
        assert (sorted(channels.working), dict(channels.broken)) == (["mail", "sales-robot"], {})
        assert deployment.context.settings.reminders.usual_channels == ("mail", "sales-robot", "terminal")
        assert "hush-hush" not in repr(channels)
        assert "hush-hush" not in repr(deployment.context.settings)


def test_the_check_up_names_the_channel_that_lacks_its_secret(tmp_path: Path) -> None:
    with a_deployment(tmp_path) as deployment:
        findings = {finding.about: finding for finding in deployment.check_up()}
        assert findings["Channel mail"].well
        assert not findings["Channel sales-robot"].well
        assert "env:SLA_TEST_ROBOT is empty or not set" in findings["Channel sales-robot"].sentence
