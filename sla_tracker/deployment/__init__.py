"""Opens and maintains a deployment: stores, plugins, backup, migration, health."""
