"""Tools for testing plugins and stores: contracts, builders, a settable clock."""
