"""What two departments agree about an obligation.

These are proposals, versions, and how they apply.
"""
