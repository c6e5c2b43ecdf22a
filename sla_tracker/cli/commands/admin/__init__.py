"""Commands for administrators: settings, plugins, store, database, completion."""
