"""What things say of themselves, one list for all front ends."""
