"""Monthly report as a file: Markdown, printable HTML or CSV."""
