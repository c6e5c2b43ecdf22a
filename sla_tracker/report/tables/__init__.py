"""Tables of a report that are made of figures alone."""
