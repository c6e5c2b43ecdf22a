"""`sla serve`: the service of a host.

It owns the store and knows its callers by their logins.
"""

from __future__ import annotations

from pathlib import Path

import click

from sla_tracker.cli.deployments import SERVICE_FILE, ServeRequest
from sla_tracker.cli.grammar import Command, option
from sla_tracker.cli.invocation import Invocation
from sla_tracker.errors import N_, UsageError


@click.command(
    "serve",
    cls=Command,
)
@option("--check", is_flag=True, help=N_("Only look whether it could start, and say what is wrong."))
@option("--print-systemd", "as_unit", is_flag=True, help=N_("Print a systemd service and its socket."))
@option(
    "--install-client",
    "target",
    metavar="FILE",
    help=N_("Write the program that the staff's sla is, such as /usr/local/bin/sla."),
)
@option(
    "--service-file",
    metavar="FILE",
    default=SERVICE_FILE,
    help=N_("The file of root that names socket and login; else /etc/sla/service.toml."),
)
@click.pass_obj
def serve_command(
    invocation: Invocation, check: bool, as_unit: bool, target: str | None, service_file: str
) -> int:
    """Run the service."""
    if sum((check, as_unit, target is not None)) > 1:
        raise UsageError(N_("Choose one of --check, --print-systemd and --install-client."))
    request = ServeRequest(
        service_file=Path(service_file),
        check=check,
        print_systemd=as_unit,
        install_client=None if target is None else Path(target),
    )
    folder = Path() if target is not None else invocation.folder()
    return invocation.deployments.serve(folder, request)
