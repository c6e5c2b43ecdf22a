"""Words for agreements between departments, and for the limits that they name."""
