"""The report of a month as a file that people pass on: Markdown, a page for print, or comma-separated values."""
