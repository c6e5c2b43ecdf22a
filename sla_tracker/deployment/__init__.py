"""Opens and maintains a deployment.

Stores, plugins, backup, migration, verification, health.
"""
