"""The command line: every use case as a command; stdout is data, stderr is narration."""
