"""Reports of a range as files: workbook, page, PDF, tables, Markdown."""
