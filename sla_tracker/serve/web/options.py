"""Settings of the web process, as the deployment's file has them."""

from __future__ import annotations

import hashlib
import pwd
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path

from sla_tracker.config.load import Deployment, read_config
from sla_tracker.config.schema import Config
from sla_tracker.config.sections.serve import ServeSection
from sla_tracker.config.sections.web import OidcSection, WebSection, origin_of
from sla_tracker.domain.text import Text
from sla_tracker.value_class import dataclass

STATE_FILE = "web_sessions.json"
MOST_TERMINALS = ServeSection().terminals


@dataclass(frozen=True, slots=True, kw_only=True)
class WebOptions:
    """What the web process has to know of the deployment.

    `origin` is what browsers send as Origin of our own pages.
    """

    folder: Path
    state_folder: Path
    company: Text
    language: str
    zone: str
    section: WebSection
    origin: str
    oidc: OidcSection = OidcSection()
    terminals: int = MOST_TERMINALS
    """How many one person may have open at once."""

    @property
    def is_secure(self) -> bool:
        """Return whether people come over TLS."""
        return self.origin.startswith("https:")

    @property
    def cookie(self) -> str:
        """Return the name of the cookie; browsers keep `__Host-` to this host and to TLS."""
        return "__Host-sla" if self.is_secure else "sla"

    @property
    def proxy_networks(self) -> tuple[IPv4Network | IPv6Network, ...]:
        """Return the addresses of the company's proxies before the one that connects."""
        return tuple(ip_network(one, strict=False) for one in self.section.proxy_addresses)

    @property
    def proxy_uid(self) -> int | None:
        """Return the user id of the proxy, None for none or an unknown login."""
        try:
            return pwd.getpwnam(self.section.proxy).pw_uid if self.section.proxy else None
        except KeyError:
            return None


def read_options(folder: Path, state: str) -> WebOptions:
    """Return the options of a deployment; raises ConfigError."""
    return options_of(read_config(folder), state)


def options_of(deployment: Deployment, state: str) -> WebOptions:
    """Return the options of a deployment that was read."""
    config = deployment.config
    return WebOptions(
        folder=deployment.folder,
        state_folder=deployment.folder / state,
        company=Text(zh=config.name, en=config.name_en or config.name),
        language=config.language,
        zone=config.zone,
        section=config.web,
        oidc=config.oidc,
        terminals=_terminals(config),
        origin=origin_of(config.web.url),
    )


def _terminals(config: Config) -> int:
    return MOST_TERMINALS if config.serve is None else config.serve.terminals


def mark_of_web(deployment: Deployment) -> str:
    """Return a text that changes whenever the web process has to start anew.

    Empty where there is no web process.
    """
    config = deployment.config
    if not config.web.url:
        return ""
    said = f"{config.web!r} {config.oidc!r} {config.name} {config.name_en} {config.language} {_terminals(config)}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]
