"""Tools for the tests of plugins and stores: contract suites, builders and a clock that stands still."""
