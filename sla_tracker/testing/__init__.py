"""Tools for tests of plugins and stores: contract suites, builders and a settable clock."""
