"""What is compared: departments with the best, a month with what is allowed."""
