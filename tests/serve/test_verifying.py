"""Verifying the store through the service: for people of the settings, and one at a time."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from sla_tracker.errors import Forbidden, StoreBusy
from sla_tracker.serve.caller import Caller
from sla_tracker.serve.deployment import ServedDeployment
from sla_tracker.serve.processes.confinement import only_verification
from sla_tracker.serve.sessions.commands import ServedDeployments


def deployments_for(opened: ServedDeployment, login: str) -> ServedDeployments:
    """Return what a session has that acts for a login."""
    present = replace(opened._newest.now(), strangers_read=True)
    opened._newest._present = present
    opened._caller = Caller(uid=os.geteuid() + 5000, login=login)
    return ServedDeployments(opened, lambda: None, lambda kind, _details: kind)


def test_a_login_that_only_reads_does_not_verify(opened: ServedDeployment) -> None:
    deployments = deployments_for(opened, "stranger")
    assert not opened.actor.is_named
    with pytest.raises(Forbidden, match="Only people"):
        deployments.verify(opened.folder, accept=False, anchors=())


def test_two_do_not_verify_at_once_and_the_next_one_may(opened: ServedDeployment) -> None:
    (login,) = next(iter(opened.present_people().values())).logins
    deployments = deployments_for(opened, login)
    with only_verification(opened.state_folder), pytest.raises(StoreBusy, match="Somebody else"):
        deployments.verify(opened.folder, accept=False, anchors=())
    assert list(deployments.verify(opened.folder, accept=False, anchors=())) == []
