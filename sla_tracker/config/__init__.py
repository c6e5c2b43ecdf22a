"""Settings of a deployment: schema, defaults, reading and creating."""
