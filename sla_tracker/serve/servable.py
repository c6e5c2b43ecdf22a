"""Says which deployments a service can share."""

from __future__ import annotations

from sla_tracker.config.deployment import Deployment
from sla_tracker.config.store_kind import StoreKind
from sla_tracker.deployment.stores import keep_address
from sla_tracker.errors import N_, ConfigError


def must_be_servable(deployment: Deployment) -> None:
    """Raise ConfigError for a deployment that the service cannot share.

    Such a deployment is a trial, or its store cannot be shared in this way. The address of a server's store is kept for
    later.
    """
    refuse_unservable(deployment)
    if deployment.config.store.kind is StoreKind.POSTGRES:
        keep_address(deployment)


def refuse_unservable(deployment: Deployment) -> None:
    """Raise ConfigError for a trial, and for a store in memory."""
    if deployment.config.trial.enabled:
        raise ConfigError(
            N_(
                "{folder} is a trial, in which anybody can act as anybody: a service serves real deployments."
            ),
            folder=deployment.folder,
        )
    if deployment.config.store.kind is StoreKind.MEMORY:
        raise ConfigError(
            N_('The service needs a store that stays: [store] kind = "tinydb" or kind = "postgres".')
        )
