"""Commands about figures: months, scores, reports."""
