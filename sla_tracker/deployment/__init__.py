"""What opens a deployment and looks after it: stores, plugins, backup, migration, health."""
