"""What a clinic's laboratory owes its wards."""
