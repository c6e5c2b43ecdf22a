"""What is behind a report's figures: rows, and the ids by which numbers open them."""
