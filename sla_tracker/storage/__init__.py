"""Where everything is kept: the codec, and one module per store behind the desk's port."""
