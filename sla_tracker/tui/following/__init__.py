"""How the app follows what others commit, and shows what happened."""
