"""Logins by the company's identity provider or proxy, without a password of ours."""
