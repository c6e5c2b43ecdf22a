"""Checks of `sla doctor`: the deployment, the host and its people."""
