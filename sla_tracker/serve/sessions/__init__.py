"""Sessions: forked copies of a generation, one for each call of a caller."""
