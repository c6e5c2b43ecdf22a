"""Pure rules of the trade: no I/O, no clock, no third-party library but dateutil."""
