"""Deployments as data: their schema, their defaults, where they lie."""
