"""The service desk: one function per use case, and the queries; knows core and its ports only."""
