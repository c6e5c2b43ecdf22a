"""A store on a server, which several services share."""
