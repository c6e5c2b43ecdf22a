"""One module per section of a deployment's settings, so that each can grow by itself."""
