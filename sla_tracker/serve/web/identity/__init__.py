"""Logins without a password of ours: by the company's identity provider, or by a proxy that knows who it is."""
