"""What two departments agree about an obligation: proposals and versions."""
