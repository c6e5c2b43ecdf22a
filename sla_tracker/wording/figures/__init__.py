"""Words for figures: rates, ranges, the rows behind a number."""
