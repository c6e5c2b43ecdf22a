"""Reads sheets of cells from CSV files and Excel workbooks, within fixed limits."""
