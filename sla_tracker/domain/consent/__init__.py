"""What two departments agree about an obligation: proposals, versions, and how they apply."""
