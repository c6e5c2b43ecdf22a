"""Commands that begin a program of their own are refused in a session, with what helps instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from sla_tracker.cli.deployments import ServeRequest
from sla_tracker.errors import ExitCode, Refused
from sla_tracker.serve.deployment import ServedDeployment
from sla_tracker.serve.sessions.commands import ServedDeployments

PAGES = '[web]\nurl = "https://sla.example.com/"\nlisten = "127.0.0.1:8443"\n\n[serve]\n'


def refusal(opened: ServedDeployment, request: ServeRequest) -> str:
    deployments = ServedDeployments(opened, lambda: None, lambda kind, _details: kind)
    with pytest.raises(Refused) as refused:
        deployments.serve(opened.folder, request)
    assert refused.value.exit_code == ExitCode.REFUSED
    return refused.value.sentence()


def test_opening_the_pages_names_their_address(opened: ServedDeployment) -> None:
    request = ServeRequest(opens_trial=True)
    assert "url under [web]" in refusal(opened, request)
    file = opened.deployment.file
    file.write_text(f"{file.read_text(encoding='utf-8')}\n{PAGES}", encoding="utf-8")
    opened.reload()
    assert "https://sla.example.com;" in refusal(opened, request)


def test_another_service_is_begun_on_the_host(opened: ServedDeployment) -> None:
    for request in (ServeRequest(), ServeRequest(check=True), ServeRequest(install_client=Path("sla"))):
        assert f"sla --deployment {opened.folder} serve" in refusal(opened, request)
