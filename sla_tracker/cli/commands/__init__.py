"""The commands, one file per group; a module is imported only when one of its commands is called."""
