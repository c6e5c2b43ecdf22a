"""Terminals in the page: of a session of the service, or of a trial."""
