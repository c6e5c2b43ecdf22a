"""How the app follows what others commit."""
